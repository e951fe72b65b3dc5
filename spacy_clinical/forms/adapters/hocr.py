"""hOCR: HTML with boxes, as Tesseract, OCRopus and others write it.

SOURCE: hOCR 1.2, http://kba.github.io/hocr-spec/1.2/.
"""

import re
from html.parser import HTMLParser

from spacy_clinical.forms.pages import FormPage, Word

BOX = re.compile(r"\bbbox\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)")
CONFIDENCE = re.compile(r"\bx_wconf\s+([\d.]+)")


def read_hocr(data: bytes) -> list[FormPage]:
    """Read the words of all pages, in pixels."""
    parser = _Parser()
    parser.feed(data.decode("utf8", errors="replace"))
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
            self.depth += 1
            return
        values = {key: value or "" for key, value in attrs}
        kinds = values.get("class", "").split()
        if "ocr_page" in kinds:
            box = BOX.search(values.get("title", ""))
            _, _, width, height = map(float, box.groups()) if box else (0.0,) * 4
            self.pages.append(FormPage(width, height, "px", [], "hocr"))
        elif "ocrx_word" in kinds:
            self.depth, self.title, self.parts = 1, values.get("title", ""), []

    def handle_endtag(self, tag: str) -> None:
        if not self.depth:
            return
        self.depth -= 1
        box = BOX.search(self.title)
        text = "".join(self.parts).strip()
        if self.depth or not box or not text or not self.pages:
            return
        x0, y0, x1, y1 = map(float, box.groups())
        sure = CONFIDENCE.search(self.title)
        confidence = min(float(sure[1]) / 100, 1.0) if sure else None
        self.pages[-1].words.append(Word(text, (x0, y0, x1, y1), confidence))

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.parts.append(data)
