"""hOCR: HTML with boxes, as Tesseract, OCRopus and others write it.

SOURCE: hOCR 1.2, http://kba.github.io/hocr-spec/1.2/.
"""

import re
from html.parser import HTMLParser

from spacy_clinical.errors import Errors
from spacy_clinical.forms.checks import add_word, to_number
from spacy_clinical.forms.limits import Deadline, check_n_pages
from spacy_clinical.forms.pages import FormPage, Word

BOX = re.compile(r"\bbbox\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)")
CONFIDENCE = re.compile(r"\bx_wconf\s+([\d.]+)")
# Elements that have no end.
VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "wbr",
}
# Characters: of a part of the file that is parsed at once, and of a tag or a comment.
# Python's parser takes ever longer for what has no end.
PART, MAX_TAG, MAX_LAST_TAG = 16_384, 65_536, 1024


def read_hocr(
    data: bytes, *, name: str, max_pages: int, deadline: Deadline
) -> list[FormPage]:
    """Read the words of all pages, in pixels.

    name: Of the file, for messages.
    RAISES ValueError: C505, if there are too many pages; C508, for tags without end.
    """
    parser = _Parser()
    text = data.decode("utf8", errors="replace")
    for start in range(0, len(text), PART):
        parser.feed(text[start : start + PART])
        check_n_pages(len(parser.pages), name=name, max_pages=max_pages)
        if len(parser.rawdata) > MAX_TAG:
            reason = "a tag or a comment has no end"
            raise ValueError(Errors.C508.format(name=name, kind="HOCR", reason=reason))
        if deadline.is_over:
            return [*parser.pages, FormPage(0, 0, "", error=deadline.describe(name))]
    if len(parser.rawdata) <= MAX_LAST_TAG:
        parser.close()
    return parser.pages


class _Parser(HTMLParser):
    """Collect the text inside of elements of the class `ocrx_word`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pages: list[FormPage] = []
        self.depth = 0
        self.title = ""
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth:
            self.depth += tag not in VOID
            return
        values = {key: value or "" for key, value in attrs}
        kinds = values.get("class", "").split()
        if "ocr_page" in kinds:
            box = BOX.search(values.get("title", ""))
            _, _, width, height = map(to_number, box.groups()) if box else (0.0,) * 4
            self.pages.append(FormPage(width, height, "px", [], "hocr"))
        elif "ocrx_word" in kinds:
            self.depth, self.title, self.parts = 1, values.get("title", ""), []

    def handle_endtag(self, tag: str) -> None:
        if not self.depth or tag in VOID:
            return
        self.depth -= 1
        if self.depth:
            return
        box = BOX.search(self.title)
        text = "".join(self.parts).strip()
        if not box or not text or not self.pages:
            return
        x0, y0, x1, y1 = map(to_number, box.groups())
        sure = CONFIDENCE.search(self.title)
        confidence = to_number(sure[1]) / 100 if sure else None
        add_word(self.pages[-1], Word(text, (x0, y0, x1, y1), confidence))

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.parts.append(data)
