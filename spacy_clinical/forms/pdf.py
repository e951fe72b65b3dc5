"""Read PDFs: words of the text layer, and pictures of pages that have none."""

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from spacy_clinical.errors import Errors
from spacy_clinical.forms.images import check_size
from spacy_clinical.forms.pages import Box, FormPage, Word

# PDF's units an inch.
POINTS = 72
# PDFium rounds places on the page to whole numbers: count in hundredths of a point.
PRECISION = 100
# What PDFium gives for characters that the file does not say.
UNKNOWN = {"\x00", "\ufffe", "\uffff"}
# Characters whose angle is looked at.
MAX_ANGLES = 2000
# Fewer words than this, and a page that has pictures is taken for a scan.
MIN_WORDS = 3


def open_pdf(
    data: bytes, *, name: str, max_pages: int, password: str | None
) -> pdfium.PdfDocument:
    """Open a PDF.

    RAISES ValueError: C501, C502 and C505, if it is encrypted, broken or too long.
    """
    try:
        document = pdfium.PdfDocument(data, password=password)
        n_pages = len(document)
    except pdfium.PdfiumError as error:
        code = Errors.C501 if "assword" in str(error) else Errors.C502
        raise ValueError(code.format(name=name)) from None
    if n_pages > max_pages:
        raise ValueError(
            Errors.C505.format(name=name, n_pages=n_pages, max_pages=max_pages)
        )
    if not n_pages:
        raise ValueError(Errors.C502.format(name=name))
    return document


def read_text_layer(page: Any) -> FormPage:
    """Read the words of a page with their boxes, in points.

    A page whose text is shown sideways or upside down is turned.
    """
    text = page.get_textpage()
    quarters = find_quarters(page, text)
    width, height = page.get_size()
    if quarters % 2:
        width, height = height, width
    view = View(page, width, height, quarters)
    words: list[Word] = []
    characters: list[str] = []
    boxes: list[Box] = []
    for character, box in _list_characters(view, text):
        starts_anew = boxes and box is not None and _is_apart(boxes[-1], box)
        if (character.isspace() or starts_anew) and characters:
            words.append(_make_word(characters, boxes))
            characters, boxes = [], []
        if not character.isspace() and box is not None:
            characters.append(character)
            boxes.append(box)
    if characters:
        words.append(_make_word(characters, boxes))
    return FormPage(width, height, "pt", words, "text layer", 90.0 * quarters)


def find_quarters(page: Any, text: Any) -> int:
    """By how many quarters of a circle clockwise a page must be turned to be read."""
    turns = [0, 0, 0, 0]
    for i in range(min(text.count_chars(), MAX_ANGLES)):
        angle = raw.FPDFText_GetCharAngle(text, i)
        if angle >= 0 and not chr(raw.FPDFText_GetUnicode(text, i)).isspace():
            # The file counts against the clock, and its pages are shown turned.
            quarter = round(angle / (math.pi / 2)) - page.get_rotation() // 90
            turns[quarter % 4] += 1
    return turns.index(max(turns))


@dataclass(frozen=True)
class View:
    """A page as it is looked at: its size in points, and by how much it was turned."""

    page: Any
    width: float
    height: float
    quarters: int

    def place(self, x: float, y: float) -> tuple[float, float]:
        """From the file's own coordinates to points from the upper left corner."""
        across, down = ctypes.c_int(), ctypes.c_int()
        size = round(self.width * PRECISION), round(self.height * PRECISION)
        raw.FPDF_PageToDevice(self.page, 0, 0, *size, self.quarters, x, y, across, down)
        return across.value / PRECISION, down.value / PRECISION


def _list_characters(view: View, text: Any) -> Iterator[tuple[str, Box | None]]:
    """The characters of a page, in the file's order, and where they are."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    for i in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, i)
        character = chr(code) if code < 0x110000 else "\ufffd"
        if character in UNKNOWN or 0xD800 <= code < 0xE000:
            continue
        found = raw.FPDFText_GetCharBox(text, i, left, right, bottom, top)
        if not found or raw.FPDFText_IsGenerated(text, i) == 1:
            yield character, None
            continue
        first = view.place(left.value, top.value)
        last = view.place(right.value, bottom.value)
        x0, x1 = sorted((first[0], last[0]))
        y0, y1 = sorted((first[1], last[1]))
        yield character, (x0, y0, x1, y1)


def _is_apart(before: Box, box: Box) -> bool:
    """Whether a character starts a word though no space is before it.

    Forms often place labels and values without any.
    """
    height = max(before[3] - before[1], box[3] - box[1], 1.0)
    overlap = min(before[3], box[3]) - max(before[1], box[1])
    is_lower = overlap < 0.2 * height and abs(box[1] - before[1]) > 0.5 * height
    gap = box[0] - before[2]
    return is_lower or gap > 0.6 * height or gap < -2 * height


def _make_word(characters: list[str], boxes: list[Box]) -> Word:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return Word("".join(characters), (min(x0), min(y0), max(x1), max(y1)))


def is_scan(page: Any, read: FormPage) -> bool:
    """Whether a page must be looked at to be read: it has a picture and no words."""
    if len(read.words) >= MIN_WORDS:
        return False
    kinds = {item.type for item in page.get_objects(max_depth=3)}
    return bool(kinds & {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH})


def draw_page(page: Any, *, dpi: int, name: str, max_pixels: int) -> Image.Image:
    """Draw a page in 8-bit grey.

    RAISES ValueError: C503 and C504, if it has no size or one too large.
    """
    scale = dpi / POINTS
    width, height = page.get_size()
    size = round(width * scale), round(height * scale)
    check_size(*size, name=name, max_pixels=max_pixels)
    image: Image.Image = page.render(scale=scale, grayscale=True).to_pil().convert("L")
    image.info["dpi"] = (dpi, dpi)
    return image
