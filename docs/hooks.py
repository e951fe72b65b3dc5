"""Adapt the README and other files of the project for the site."""

import re
from typing import Any

PICTURE = re.compile(r"\]\(docs/([\w.-]+)\)")
# Links to files that aren't pages of the site.
FILE = re.compile(
    r"\[(`?[^\]]+`?)\]\((?:configs|benchmarks|scripts|project|examples|spacy_clinical|LICENSE|CONTRIBUTING)[^)]*\)"
)


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Adjust the paths of images, and replace links to files by their names."""
    # Snippets are inserted later, so read them now.
    for name in re.findall(r'^--8<-- "([^"]+)"$', markdown, re.M):
        with open(name, encoding="utf8") as file:
            markdown = markdown.replace(f'--8<-- "{name}"', file.read())
    return FILE.sub(r"\1", PICTURE.sub(r"](\1)", markdown))
