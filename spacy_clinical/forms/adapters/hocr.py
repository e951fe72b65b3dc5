"""Read hOCR: HTML with boxes, as Tesseract, OCRopus and others write it.

SOURCE: hOCR 1.2, http://kba.github.io/hocr-spec/1.2/.
"""

import re
from html.parser import HTMLParser

from spacy_clinical.forms.adapters.adapter import (
    Adapter,
    Content,
    Settings,
    make_fault,
    open_text,
)
from spacy_clinical.forms.checks import add_lines, add_word, to_number
from spacy_clinical.forms.limits import check_n_pages
from spacy_clinical.forms.pages import FormPage, Word

BOX = re.compile(r"\bbbox\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)")
# Classes of lines of text.
LINES = {
    *("ocr_line", "ocrx_line", "ocr_textfloat", "ocr_caption", "ocr_header"),
    "ocr_footer",
}
CONFIDENCE = re.compile(r"\bx_wconf\s+([\d.]+)")
# Elements without an end tag.
VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"),
    "wbr",
}
# Characters: of a part of the file that is parsed at once, and of a tag or a comment.
# Python's parser takes quadratic time for tags without an end.
PART, MAX_TAG, MAX_LAST_TAG = 16_384, 65_536, 1024


def read_hocr(content: Content, settings: Settings) -> list[FormPage]:
    """Read the words of all pages, in pixels.

    Lines of engines that write none are split in proportion to their characters.

    RAISES ValueError: C505, if there are too many pages; C508, for tags without end.
    """
    parser = _Parser()
    text = content.text.decode("utf8", errors="replace")
    name, deadline = settings.name, settings.deadline
    for start in range(0, len(text), PART):
        parser.feed(text[start : start + PART])
        check_n_pages(len(parser.pages), name=name, max_pages=settings.max_pages)
        if len(parser.rawdata) > MAX_TAG:
            raise make_fault(name, "HOCR", "a tag or a comment has no end")
        if deadline.is_over:
            return [*parser.pages, FormPage(0, 0, "", error=deadline.describe(name))]
    if len(parser.rawdata) <= MAX_LAST_TAG:
        parser.close()
    return parser.pages


class _Parser(HTMLParser):
    """Collect the text inside of elements of the class `ocrx_word`, and that of lines
    which have none."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pages: list[FormPage] = []
        self.depth = 0
        self.title = ""
        self.parts: list[str] = []
        # The line that is open, how deep, and whether words were found in it.
        self.line_depth = 0
        self.line_title = ""
        self.line_parts: list[str] = []
        self.has_words = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self.handle_data(" ")
            return
        self.line_depth += bool(self.line_depth)
        if self.depth:
            self.depth += 1
            return
        values = {key: value or "" for key, value in attrs}
        kinds = values.get("class", "").split()
        title = values.get("title", "")
        if "ocr_page" in kinds:
            box = BOX.search(title)
            _, _, width, height = map(to_number, box.groups()) if box else (0.0,) * 4
            self.pages.append(FormPage(width, height, "px", [], "hocr"))
        elif "ocrx_word" in kinds:
            self.depth, self.title, self.parts = 1, title, []
            self.has_words = True
        elif LINES.intersection(kinds) and not self.line_depth:
            self.line_depth, self.line_title = 1, title
            self.line_parts, self.has_words = [], False

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.depth:
            self.depth -= 1
            if not self.depth:
                self._add(self.title, self.parts, is_line=False)
        if self.line_depth:
            self.line_depth -= 1
            if not self.line_depth and not self.has_words:
                self._add(self.line_title, self.line_parts, is_line=True)

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.parts.append(data)
        if self.line_depth:
            self.line_parts.append(data)

    def _add(self, title: str, parts: list[str], *, is_line: bool) -> None:
        box = BOX.search(title)
        text = "".join(parts).strip()
        if not box or not text or not self.pages:
            return
        x0, y0, x1, y1 = map(to_number, box.groups())
        sure = CONFIDENCE.search(title)
        confidence = to_number(sure[1]) / 100 if sure else None
        word = Word(text, (x0, y0, x1, y1), confidence)
        if is_line:
            add_lines(self.pages[-1], [word])
        else:
            add_word(self.pages[-1], word)


def _recognizes(content: Content) -> bool:
    return content.start.startswith(b"<")


HOCR = Adapter(
    "HOCR", frozenset({".hocr", ".html"}), _recognizes, open_text("HOCR", read_hocr)
)
