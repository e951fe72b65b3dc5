"""Convert HTML to plain text. Needs lxml.

Blocks become lines, paragraphs and headings have an empty line before them, cells of
tables are separated by tabs, items of lists start with "- " or a number. What a browser
doesn't show is left out, and so is text that is struck out. The values of text fields
and of checkboxes are part of the text.
"""

import re
from collections.abc import Mapping

from spacy_clinical.notes.markup.blocks import TextBlocks

_LINES = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "caption", "center"),
        *("dd", "details", "dir", "div", "dl", "dt", "fieldset", "figcaption"),
        *("figure", "footer", "form", "header", "hr", "html", "legend", "li", "main"),
        *("menu", "nav", "ol", "optgroup", "pre", "section", "summary", "table"),
        *("tbody", "textarea", "tfoot", "thead", "tr", "ul"),
    }
)
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
BREAKING_TAGS = _LINES | _PARAGRAPHS | {"br", "td", "th"}
INLINE_TAGS = frozenset(
    {
        *("a", "abbr", "b", "big", "code", "em", "font", "i", "label", "mark", "small"),
        *("span", "strong", "sub", "sup", "tt", "u"),
    }
)
_HIDDEN = frozenset(
    {
        *("audio", "button", "canvas", "head", "iframe", "math", "noscript", "object"),
        *("script", "style", "svg", "template", "title", "video"),
        *("del", "s", "strike"),
    }
)
_STYLE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|text-decoration[\w-]*\s*:[^;]*line-through)",
    re.I,
)
_PRESERVED = re.compile(r"(?:^|;)\s*white-space\s*:\s*(?:pre|break-spaces)", re.I)
_TYPED = frozenset({"", "text", "number", "date", "email", "search", "tel", "time"})


# As in HTML's tokenizer: the start of a tag, and quotes inside it.
_MARK = re.compile(r"<(?:!--|(?P<name>/?[A-Za-z][^\s/>]*)|[!?/])")
_TAG_STOP = re.compile(r">|=\s*(?:(?P<quote>[\"'])|[^\s>]*)")
_COMMENT_END = re.compile("--!?>")
# Elements whose content has no tags. Where the end tag of these is missing, all that
# follows isn't shown.
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.I)
    for name in ("iframe", "script", "style", "title")
}

# A slash at the end of a tag that belongs to a value.
_VALUE_END = re.compile(r"=\s*[^\s\"'=>]*/>\Z")


class HtmlText:
    """Build plain text from the events of lxml's parser of HTML."""

    def __init__(self) -> None:
        self.blocks = TextBlocks()
        self._tags: list[str] = []
        self._waiting: list[str] = []
        # The depths at which hidden text and preformatted text began.
        self._hidden: int | None = None
        self._preserved: int | None = None
        self._is_after_pre = False
        self._is_power = False
        self._lists: list[int | None] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take a start tag."""
        self._add_waiting()
        self._tags.append(tag)
        if self._hidden is not None:
            return
        style = attributes.get("style", "")
        if _is_hidden(tag, attributes, style):
            self._hidden = len(self._tags)
            return
        if self._preserved is None and (
            tag in ("pre", "textarea") or _PRESERVED.search(style)
        ):
            self._preserved = len(self._tags)
            self._is_after_pre = tag == "pre"
        if tag in ("td", "th"):
            self.blocks.start_cell()
        elif tag == "tr":
            self.blocks.start_row()
        elif tag == "br":
            self.blocks.break_line()
        elif tag in _PARAGRAPHS:
            self.blocks.start_paragraph()
        elif tag in _LINES:
            self.blocks.start_line()
        self._start_other(tag, attributes)

    def end(self, tag: str) -> None:
        """Take an end tag."""
        self._add_waiting()
        depth = len(self._tags)
        if self._tags:
            self._tags.pop()
        if self._hidden is not None:
            if self._hidden == depth:
                self._hidden = None
            return
        if self._preserved == depth:
            self._preserved = None
        if tag in ("ul", "ol", "menu", "dir") and self._lists:
            self._lists.pop()
        if tag == "tr":
            self.blocks.end_row()
        elif tag == "li":
            self.blocks.end_item()
        elif tag == "p":
            self.blocks.start_paragraph()
        elif tag in _LINES or tag in _PARAGRAPHS:
            self.blocks.start_line()
        if tag == "sup":
            self._is_power = False

    def data(self, text: str) -> None:
        """Take text, which may come in pieces."""
        if self._hidden is None and text:
            self._waiting.append(text)

    def close(self) -> str:
        """Finish reading, and return the text."""
        self._add_waiting()
        return self.blocks.finish()

    def _add_waiting(self) -> None:
        if not self._waiting:
            return
        text = "".join(self._waiting)
        self._waiting.clear()
        if self._is_power:
            text = self.blocks.mark_power(text)
            self._is_power = False
        if self._preserved is None:
            self.blocks.add(text)
            return
        if self._is_after_pre:
            text = text.removeprefix("\r").removeprefix("\n")
            self._is_after_pre = False
        self.blocks.add_lines(text)

    def _start_other(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in ("ul", "menu", "dir"):
            self._lists.append(None)
        elif tag == "ol":
            start = attributes.get("start", "")
            self._lists.append(int(start) if re.fullmatch(r"\d{1,6}", start) else 1)
        elif tag == "li":
            self.blocks.start_item(self._make_mark())
        elif tag == "sup":
            self._is_power = True
        elif tag == "input":
            self._add_input(attributes)

    def _make_mark(self) -> str:
        indent = "  " * (min(len(self._lists), 10) - 1)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number}. "

    def _add_input(self, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("type", "").strip().lower()
        if kind in ("checkbox", "radio"):
            self.blocks.add("[x] " if "checked" in attributes else "[ ] ")
        elif kind in _TYPED:
            self.blocks.add(f" {attributes.get('value', '')} ")


def _is_hidden(tag: str, attributes: Mapping[str, str], style: str) -> bool:
    if tag == "option":
        return "selected" not in attributes
    return tag in _HIDDEN or "hidden" in attributes or bool(_STYLE.search(style))


def convert_html(text: str) -> str:
    """Convert HTML, whole or a part of it, to plain text.

    RAISES ValueError: If it ends within a tag or a comment, whose text would be lost.
    """
    # Only this form needs it.
    from lxml import etree

    if _is_cut_off(text):
        raise ValueError("cut off")
    # The parser calls the methods of its target, and builds no tree, so that tags may
    # be nested in any depth.
    parser = etree.HTMLParser(target=HtmlText(), huge_tree=True, encoding="utf-8")
    parser.feed(text.encode("utf8", "replace"))
    result: str = parser.close()
    return result


def _is_cut_off(text: str) -> bool:
    """Check whether HTML ends within a tag, a comment or an element that isn't
    shown."""
    place = 0
    while (match := _MARK.search(text, place)) is not None:
        place = _find_end(text, match)
        if place < 0:
            return True
        raw = _RAW.get((match["name"] or "").lower())
        if raw is not None and not _is_empty(text[match.start() : place]):
            end = raw.search(text, place)
            if end is None:
                return True
            place = end.start()
    return False


def _is_empty(tag: str) -> bool:
    """Check whether a tag stands for an empty element to lxml, as it does in XHTML."""
    return tag.endswith("/>") and _VALUE_END.search(tag) is None


def _find_end(text: str, mark: re.Match[str]) -> int:
    """Find where a tag or a comment ends; -1 if it doesn't."""
    place = mark.end()
    if mark[0] == "<!--":
        end = _COMMENT_END.search(text, place - 2)
        return end.end() if end is not None else -1
    if not mark["name"]:
        return text.find(">", place - 1) + 1 or -1
    while (stop := _TAG_STOP.search(text, place)) is not None:
        place = stop.end()
        if stop[0] == ">":
            return place
        if stop["quote"]:
            place = text.find(stop["quote"], place) + 1
            if not place:
                return -1
    return -1
