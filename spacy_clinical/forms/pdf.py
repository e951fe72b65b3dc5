"""Read PDFs: words of the text layer, and pictures of pages that have none."""

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from spacy_clinical.errors import Errors
from spacy_clinical.forms.images import check_size
from spacy_clinical.forms.pages import Box, FormPage, Word, cover

# PDF's units an inch.
POINTS = 72
# PDFium rounds places on the page to whole numbers: count in hundredths of a point.
PRECISION = 100
# What PDFium gives for characters that the file does not say.
UNKNOWN = {"\x00", "\ufffe", "\uffff"}
SOFT_HYPHEN = "\u00ad"
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
    last: Glyph | None = None
    for character, glyph in _list_characters(view, text):
        starts_anew = last is not None and glyph is not None and _is_apart(last, glyph)
        if (character.isspace() or starts_anew) and characters:
            words.append(_make_word(characters, boxes))
            characters, boxes = [], []
        if not character.isspace() and glyph is not None:
            characters.append(character)
            boxes.append(glyph.box)
            last = glyph
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


class Glyph(NamedTuple):
    """A character on the page.

    box: Around what it paints.
    line: From the top to the bottom of what any character of its font may paint.
    """

    box: Box
    line: tuple[float, float]


def _list_characters(view: View, text: Any) -> Iterator[tuple[str, Glyph | None]]:
    """The characters of a page, in the file's order, and where they are."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    loose = raw.FS_RECTF()
    for i in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, i)
        character = chr(code) if code < 0x110000 else "\ufffd"
        if character in UNKNOWN or 0xD800 <= code < 0xE000:
            continue
        found = raw.FPDFText_GetCharBox(text, i, left, right, bottom, top)
        if not found or raw.FPDFText_IsGenerated(text, i) == 1:
            yield character, None
            continue
        # Painted, it is a hyphen.
        character = "-" if character == SOFT_HYPHEN else character
        box = _place_box(view, left.value, top.value, right.value, bottom.value)
        line = box[1], box[3]
        if raw.FPDFText_GetLooseCharBox(text, i, loose):
            full = _place_box(view, loose.left, loose.top, loose.right, loose.bottom)
            line = full[1], full[3]
        yield character, Glyph(box, line)


def _place_box(view: View, left: float, top: float, right: float, bottom: float) -> Box:
    first, last = view.place(left, top), view.place(right, bottom)
    x0, x1 = sorted((first[0], last[0]))
    y0, y1 = sorted((first[1], last[1]))
    return x0, y0, x1, y1


def _is_apart(before: Glyph, glyph: Glyph) -> bool:
    """Whether a character starts a word though no space is before it.

    Forms often place labels and values without any.
    """
    height = max(before.line[1] - before.line[0], glyph.line[1] - glyph.line[0], 1.0)
    overlap = min(before.line[1], glyph.line[1]) - max(before.line[0], glyph.line[0])
    gap = glyph.box[0] - before.box[2]
    return overlap < 0.3 * height or gap > 0.4 * height or gap < -1.5 * height


def _make_word(characters: list[str], boxes: list[Box]) -> Word:
    return Word("".join(characters), cover(boxes))


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
