"""Show parameters, returns and errors in docstrings as lists."""

import re
from typing import Any

import griffe

# "name (unit): meaning", and its indented continuation lines.
ITEM = re.compile(
    r"^(?P<names>[a-zA-Z_][\w, ]*?)(?P<note> \([^)]*\))?: (?P<text>.+(?:\n    .+)*)$",
    re.M,
)
KEYWORD = re.compile(r"^(?P<word>RETURNS|YIELDS|RAISES|SOURCE)(?P<rest>.*)$", re.M)


class Lists(griffe.Extension):
    """Converts these lines of docstrings to Markdown lists."""

    def on_object(self, *, obj: Any, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = reformat(obj.docstring.value)


def reformat(text: str) -> str:
    """Convert lines about parameters and results to Markdown lists."""
    text = KEYWORD.sub(lambda m: f"- **{m['word'].capitalize()}**{m['rest']}", text)
    return ITEM.sub(_make_item, text)


def _make_item(match: re.Match[str]) -> str:
    names = ", ".join(f"`{name.strip()}`" for name in match["names"].split(","))
    body = match["text"].replace("\n    ", "\n  ")
    return f"- {names}{match['note'] or ''}: {body}"
