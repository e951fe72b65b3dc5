"""Draw pages: as pictures, clean or as a bad copy, and as PDFs with a text layer."""

import ctypes
import random
from io import BytesIO
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFilter
from pypdfium2 import raw

from synthetic_forms.page import (
    MEASURED,
    Font,
    Page,
    PlacedWord,
    choose_font,
    load_font,
)


def draw_page(page: Page, *, dpi: int = 200) -> Image.Image:
    """Draw a page in grey."""
    scale = dpi / 72
    size = round(page.width * scale), round(page.height * scale)
    image = Image.new("L", size, 255)
    pen = ImageDraw.Draw(image)
    for line in page.lines:
        pen.line([value * scale for value in line], fill=60, width=max(round(scale), 1))
    for word in page.words:
        font = load_font(word.font.path, max(round(word.font.size * scale), 4))
        if word.is_turned:
            _draw_turned(image, word, font, scale)
            continue
        pen.text((word.x * scale, word.y * scale), word.text, font=font, fill=0)
    image.info["dpi"] = (dpi, dpi)
    return image


def _draw_turned(image: Image.Image, word: PlacedWord, font: Any, scale: float) -> None:
    x0, y0, x1, y1 = (round(value * scale) for value in word.box)
    label = Image.new("L", (max(y1 - y0, 1), max(x1 - x0, 1)), 255)
    ImageDraw.Draw(label).text((0, 0), word.text, font=font, fill=0)
    image.paste(label.rotate(90, expand=True), (x0, y0))


def degrade(image: Image.Image, rng: random.Random) -> Image.Image:
    """Make a bad copy: fewer dots, tilted, blurred, faded and speckled."""
    width, height = image.size
    share = rng.uniform(0.5, 0.8)
    small = image.resize((round(width * share), round(height * share)))
    small = small.rotate(
        rng.uniform(-1.5, 1.5), Image.Resampling.BICUBIC, fillcolor=255
    )
    small = small.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.6)))
    faded = small.point(lambda value: min(255, round(value * 0.8 + 45)))
    noise = Image.effect_noise(faded.size, rng.uniform(10, 35))
    speckled = Image.blend(faded, noise, 0.12)
    dpi = image.info["dpi"][0] * share
    speckled.info["dpi"] = (dpi, dpi)
    return speckled


def write_pdf(page: Page) -> bytes:
    """Write a PDF of a page, with its typefaces where they can be embedded.

    PDFium embeds TrueType only. Words in others are set in one that is like theirs, as
    wide as they are.
    """
    document = pdfium.PdfDocument.new()
    paper = document.new_page(page.width, page.height)
    fonts: dict[str, object] = {}
    for word in page.words:
        used = find_truetype(word.font)
        if used.path not in fonts:
            fonts[used.path] = _load(document, used.path)
        item = raw.FPDFPageObj_CreateTextObj(document, fonts[used.path], used.size)
        text = (word.text + "\x00").encode("utf-16-le")
        units = ctypes.cast(text, ctypes.POINTER(ctypes.c_ushort))
        raw.FPDFText_SetText(item, units)
        stretch = word.font.get_length(word.text) / max(used.get_length(word.text), 0.1)
        ascent = load_font(word.font.path, MEASURED).getmetrics()[0]
        rise = ascent * word.font.size / MEASURED
        if word.is_turned:
            x, y = word.box[0] + rise, page.height - word.box[3]
            raw.FPDFPageObj_Transform(item, 0, stretch, -1, 0, x, y)
        else:
            y = page.height - word.y - rise
            raw.FPDFPageObj_Transform(item, stretch, 0, 0, 1, word.x, y)
        raw.FPDFPage_InsertObject(paper, item)
    for x0, y0, x1, y1 in page.lines:
        stroke = raw.FPDFPageObj_CreateNewPath(x0, page.height - y0)
        raw.FPDFPath_LineTo(stroke, x1, page.height - y1)
        raw.FPDFPath_SetDrawMode(stroke, 0, True)
        raw.FPDFPage_InsertObject(paper, stroke)
    raw.FPDFPage_GenerateContent(paper)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def find_truetype(font: Font) -> Font:
    """Find a font, or a TrueType one that is like it."""
    path = font.path or ""
    if path.endswith(".ttf"):
        return font
    bold = "Bold" in path or "Demi" in path
    kinds = {"Mono": "mono", "Sans": "sans"}
    family = next((kinds[k] for k in kinds if k in path), "serif")
    found = choose_font(random.Random(0), f"{family} (TrueType)", font.size, bold=bold)
    if found.path is None:
        raise OSError("Install the Liberation fonts: PDFs need one that is TrueType.")
    return found


def _load(document: pdfium.PdfDocument, path: str) -> object:
    with open(path, "rb") as handle:
        data = handle.read()
    array = (ctypes.c_ubyte * len(data)).from_buffer_copy(data)
    return raw.FPDFText_LoadFont(
        document, array, len(data), raw.FPDF_FONT_TRUETYPE, True
    )
