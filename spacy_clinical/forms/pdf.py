"""Read PDFs: words of the text layer, and pictures of pages that have none."""

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy
import pypdfium2 as pdfium
from PIL import Image, ImageDraw
from pypdfium2 import raw

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.forms.acroform import is_xfa_only, read_widgets
from spacy_clinical.forms.images import check_size
from spacy_clinical.forms.pages import Box, FormPage, Word, cover, sort_corners
from spacy_clinical.forms.pdf_rulings import read_rulings
from spacy_clinical.forms.widgets import TICKED, add_words

# PDF's units an inch.
POINTS = 72
# PDFium rounds places on the page to whole numbers: count in hundredths of a point.
PRECISION = 100
# What PDFium gives for characters that the file does not say.
UNKNOWN = {"\x00", "\ufffe", "\uffff"}
SOFT_HYPHEN = "\u00ad"
# The greatest distance of copies of a character, in heights of its line and in points.
SHIFT, MAX_SHIFT = 0.12, 1.0
# Names of bold fonts ("Helvetica-Bold", "Arial,Bold", "NotoSans-SemiBold"), a flag that
# descriptors of fonts have, and bytes of a name that are read.
BOLD = re.compile(r"bold|black|heavy|(?:^|[-,_ ])(?:bd|demi)\b", re.IGNORECASE)
FORCE_BOLD = 1 << 18
MAX_NAME = 256
# Characters whose angle is looked at.
MAX_ANGLES = 2000
# The least contrast of a drawn mark with paper, in shades of grey.
MIN_CONTRAST = 120
# A page with pictures and fewer words than this counts as a scan.
MIN_WORDS = 3


def open_pdf(
    data: bytes, *, name: str, max_pages: int, password: str | None
) -> pdfium.PdfDocument:
    """Open a PDF.

    Fields of fillable forms are made ready to be read and drawn. No script is run.

    RAISES ValueError: C501, C502, C505 and C517, if it is encrypted, broken, too long,
        or a form that is XFA only.
    """
    try:
        document = pdfium.PdfDocument(data, password=password)
        n_pages = len(document)
    except pdfium.PdfiumError:
        is_locked = raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD
        code = Errors.C501 if is_locked else Errors.C502
        raise CodedValueError(code.format(name=name)) from None
    if n_pages > max_pages:
        raise CodedValueError(
            Errors.C505.format(name=name, n_pages=n_pages, max_pages=max_pages)
        )
    if not n_pages:
        raise CodedValueError(Errors.C502.format(name=name))
    if document.get_formtype() != raw.FORMTYPE_NONE:
        if is_xfa_only(document):
            raise CodedValueError(Errors.C517.format(name=name))
        document.init_forms()
    return document


def read_text_layer(page: Any) -> FormPage:
    """Read the words of a page with their boxes, in points.

    A page whose text is shown sideways or upside down is turned. What a viewer doesn't
    show, as it lies outside of the page's CropBox, is left out; what is printed twice
    at the same place, to look bold, counts once.
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
    is_bold = False
    last: Glyph | None = None
    copies = Copies()
    for i, character, glyph in _list_characters(view, text):
        if glyph is not None and not character.isspace():
            is_shown = view.shows(glyph.box)
            if not is_shown or copies.has(character, glyph):
                continue
        starts_anew = last is not None and glyph is not None and _is_apart(last, glyph)
        if (character.isspace() or starts_anew) and characters:
            words.append(_make_word(characters, boxes, is_bold))
            characters, boxes = [], []
        if not character.isspace() and glyph is not None:
            if not characters:
                is_bold = is_in_bold(text, i)
            characters.append(character)
            boxes.append(glyph.box)
            last = glyph
    if characters:
        words.append(_make_word(characters, boxes, is_bold))
    widgets = read_widgets(page, partial(place_box, view))
    widgets = [widget for widget in widgets if view.shows(widget.box)]
    return FormPage(
        width,
        height,
        "pt",
        add_words(words, widgets),
        "text layer",
        90.0 * quarters,
        widgets=widgets,
        rulings=read_rulings(page, view.place).list_boxes(),
    )


def find_quarters(page: Any, text: Any) -> int:
    """Find by how many quarter turns clockwise a page must be rotated to be read."""
    turns = [0, 0, 0, 0]
    for i in range(min(text.count_chars(), MAX_ANGLES)):
        if not chr(raw.FPDFText_GetUnicode(text, i)).isspace():
            quarter = _get_quarter(text, i)
            if quarter is not None:
                # PDFium counts both angles clockwise.
                turns[-(quarter + page.get_rotation() // 90) % 4] += 1
    return turns.index(max(turns))


def _get_quarter(text: Any, i: int) -> int | None:
    """Get the quarter turns clockwise of a character on the page as it is stored; None
    if PDFium can't tell."""
    angle = raw.FPDFText_GetCharAngle(text, i)
    return round(angle / (math.pi / 2)) % 4 if angle >= 0 else None


@dataclass(frozen=True)
class View:
    """A page as it is looked at: its size in points, and by how much it was turned."""

    page: Any
    width: float
    height: float
    quarters: int

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Convert the file's coordinates to points from the upper left corner."""
        across, down = ctypes.c_int(), ctypes.c_int()
        size = round(self.width * PRECISION), round(self.height * PRECISION)
        raw.FPDF_PageToDevice(self.page, 0, 0, *size, self.quarters, x, y, across, down)
        return across.value / PRECISION, down.value / PRECISION

    def shows(self, box: Box) -> bool:
        """Check whether the middle of a box is on what is shown of the page."""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return 0 <= x <= self.width and 0 <= y <= self.height

    def get_turn(self, text: Any, i: int) -> int:
        """Get the quarter turns clockwise of a character as the page is looked
        at."""
        quarter = _get_quarter(text, i)
        if quarter is None:
            return 0
        return (quarter + self.page.get_rotation() // 90 + self.quarters) % 4


class Glyph(NamedTuple):
    """A character on the page.

    box: Around what it paints.
    span: From where to where it goes in the direction in which its line is read.
    line: From the top to the bottom of what any character of its font may paint, as its
        line is looked at.
    turn (quarters clockwise): By how much it is turned.
    """

    box: Box
    span: tuple[float, float]
    line: tuple[float, float]
    turn: int


class Copies:
    """The characters of a page so far, to find those that are printed again."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, int, int], list[tuple[float, float]]] = {}

    def has(self, character: str, glyph: Glyph) -> bool:
        """Check whether the same character was at nearly this place; note it if not."""
        x0, y0, x1, y1 = glyph.box
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        reach = min(MAX_SHIFT, SHIFT * (glyph.line[1] - glyph.line[0]))
        column, row = int(x // MAX_SHIFT), int(y // MAX_SHIFT)
        for i in (column - 1, column, column + 1):
            for j in (row - 1, row, row + 1):
                for ox, oy in self.seen.get((character, i, j), ()):
                    if abs(ox - x) <= reach and abs(oy - y) <= reach:
                        return True
        self.seen.setdefault((character, column, row), []).append((x, y))
        return False


def is_in_bold(text: Any, i: int) -> bool:
    """Check whether a character is written in a bold font, by the font's name and flags."""
    name, flags = ctypes.create_string_buffer(MAX_NAME), ctypes.c_int()
    n_bytes = raw.FPDFText_GetFontInfo(text, i, name, MAX_NAME, flags)
    if not n_bytes:
        return False
    known = name.value.decode("utf8", errors="replace")
    return bool(flags.value & FORCE_BOLD) or BOLD.search(known) is not None


def _list_characters(view: View, text: Any) -> Iterator[tuple[int, str, Glyph | None]]:
    """List the characters of a page by number, in the file's order, with their places."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    loose = raw.FS_RECTF()
    for i in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, i)
        character = chr(code) if code < 0x110000 else "\ufffd"
        if character in UNKNOWN or 0xD800 <= code < 0xE000:
            continue
        has_box = raw.FPDFText_GetCharBox(text, i, left, right, bottom, top)
        if not has_box or raw.FPDFText_IsGenerated(text, i) == 1:
            yield i, character, None
            continue
        # A soft hyphen that is painted is a hyphen.
        character = "-" if character == SOFT_HYPHEN else character
        box = place_box(view, left.value, top.value, right.value, bottom.value)
        full = box
        if raw.FPDFText_GetLooseCharBox(text, i, loose):
            full = place_box(view, loose.left, loose.top, loose.right, loose.bottom)
        yield i, character, _make_glyph(box, full, view.get_turn(text, i))


def _make_glyph(box: Box, full: Box, turn: int) -> Glyph:
    (x0, y0, x1, y1), (fx0, fy0, fx1, fy1) = box, full
    if turn == 0:
        return Glyph(box, (x0, x1), (fy0, fy1), turn)
    if turn == 1:
        return Glyph(box, (y0, y1), (-fx1, -fx0), turn)
    if turn == 2:
        return Glyph(box, (-x1, -x0), (-fy1, -fy0), turn)
    return Glyph(box, (-y1, -y0), (fx0, fx1), turn)


def place_box(view: View, left: float, top: float, right: float, bottom: float) -> Box:
    """Convert the file's coordinates to a box on the page as it is looked at."""
    return sort_corners((*view.place(left, top), *view.place(right, bottom)))


def _is_apart(before: Glyph, glyph: Glyph) -> bool:
    """Check whether a character starts a word though no space is before it.

    Forms often place labels and values without any.
    """
    height = max(before.line[1] - before.line[0], glyph.line[1] - glyph.line[0], 1.0)
    overlap = min(before.line[1], glyph.line[1]) - max(before.line[0], glyph.line[0])
    gap = glyph.span[0] - before.span[1]
    return (
        before.turn != glyph.turn
        or overlap < 0.3 * height
        or gap > 0.4 * height
        or gap < -1.5 * height
    )


def _make_word(characters: list[str], boxes: list[Box], is_bold: bool) -> Word:
    return Word("".join(characters), cover(boxes), is_bold=is_bold)


def is_scan(page: Any, read: FormPage) -> bool:
    """Check whether a page needs OCR: it has a picture and no words."""
    # Values of fields don't count: the page below them may be a scan.
    if sum(word.widget < 0 for word in read.words) >= MIN_WORDS:
        return False
    kinds = {item.type for item in page.get_objects(max_depth=3)}
    return bool(kinds & {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH})


def draw_page(page: Any, *, dpi: int, name: str, max_pixels: int) -> Image.Image:
    """Draw a page in 8-bit grey, with what is in its fields.

    RAISES ValueError: C503 and C504, if it has no size or one too large.
    """
    scale = dpi / POINTS
    width, height = page.get_size()
    size = round(width * scale), round(height * scale)
    check_size(*size, name=name, max_pixels=max_pixels)
    image: Image.Image = page.render(scale=scale, grayscale=True).to_pil().convert("L")
    _draw_ticks(page, image, scale)
    image.info["dpi"] = (dpi, dpi)
    return image


def _draw_ticks(page: Any, image: Image.Image, scale: float) -> None:
    """Cross boxes that are ticked where the file has no picture of that.

    PDFium makes one only of boxes whose state is called "Yes".
    """
    width, height = page.get_size()
    view = View(page, width, height, quarters=0)
    pen = ImageDraw.Draw(image)
    for widget in read_widgets(page, partial(place_box, view)):
        x0, y0, x1, y1 = (round(value * scale) for value in widget.box)
        if widget.kind not in TICKED or not widget.value or not view.shows(widget.box):
            continue
        inside = image.crop((x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)))
        if int(numpy.ptp(numpy.asarray(inside, dtype="int64"))) < MIN_CONTRAST:
            pen.line((x0, y0, x1, y1), fill=0, width=max(round(scale), 1))
            pen.line((x0, y1, x1, y0), fill=0, width=max(round(scale), 1))
