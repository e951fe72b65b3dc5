"""Open scans with any number of frames and any kind of pixels, and refuse large ones."""

import math
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import numpy
from PIL import Image

from spacy_clinical.errors import CodedError, CodedValueError, Errors
from spacy_clinical.forms.limits import check_n_pages
from spacy_clinical.forms.quiet import quiet_libraries

# 10,000 by 10,000 pixels: A3 at 700 dots an inch.
MAX_PIXELS = 100_000_000
# Larger images are reduced for OCR: A4 at 600 dots an inch.
MAX_OCR_PIXELS = 40_000_000
# PDFs are drawn with fewer dots an inch where pages are large, but not with fewer than:
MIN_DPI = 150
# Where a file does not say how many dots an inch has.
DEFAULT_DPI = 200
# Formats that are opened. Pillow has more, some of which run other programs.
FORMATS = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP")
# Rows of pixels that are worked on together.
ROWS = 256

# Reads a frame; the name is for messages.
Frame = Callable[[str], Image.Image]


def list_frames(
    data: bytes, *, name: str, max_pixels: int, max_pages: int
) -> Iterator[Frame]:
    """Find the frames of an image, to be read one after the other.

    What is too large is refused before it is unpacked.

    YIELDS: For each frame a function that reads it: upright as its camera says, in
        8-bit grey. A single frame is read at once.
    RAISES ValueError: C503, C504, C505, for what is no image, too large, or of too many
        frames.
    """
    image = _open(data, name, max_pixels)
    n_frames = _count_frames(image, max_pages)
    check_n_pages(n_frames, name=name, max_pages=max_pages)

    def read(index: int, where: str) -> Image.Image:
        try:
            with quiet_libraries():
                if n_frames > 1:
                    image.seek(index)
                check_size(*image.size, name=where, max_pixels=max_pixels)
                return make_grey(image)
        # Each kind of image has errors of its own.
        except Exception as error:
            raise _describe(error, where, max_pixels) from None

    if n_frames == 1:
        only = read(0, name)
        yield lambda where: only
        return
    for i in range(n_frames):
        yield lambda where, i=i: read(i, where)  # type: ignore[misc]


def _open(data: bytes, name: str, max_pixels: int) -> Image.Image:
    try:
        with quiet_libraries():
            image = Image.open(BytesIO(data), formats=FORMATS)
            check_size(*image.size, name=name, max_pixels=max_pixels)
            return image
    except Exception as error:
        raise _describe(error, name, max_pixels) from None


def _describe(error: Exception, name: str, max_pixels: int) -> Exception:
    if isinstance(error, CodedError):
        return error
    if isinstance(error, Image.DecompressionBombError):
        return CodedValueError(Errors.C504.format(name=name, max_pixels=max_pixels))
    return CodedValueError(Errors.C503.format(name=name, kind=type(error).__name__))


def _count_frames(image: Image.Image, limit: int) -> int:
    """Count frames, up to one more than a limit."""
    n_frames = 1
    try:
        with quiet_libraries():
            if image.format != "TIFF":
                return min(int(getattr(image, "n_frames", 1)), limit + 1)
            # Pillow would go through all of them, however many there are.
            while n_frames <= limit:
                image.seek(n_frames)
                n_frames += 1
            return n_frames
    except EOFError:
        return n_frames
    # The next frame is broken: reading it will say so.
    except Exception:
        return n_frames + 1


def check_size(width: int, height: int, *, name: str, max_pixels: int) -> None:
    """Check the size of an image.

    RAISES ValueError: C503 and C504, for no pixels or too many.
    """
    if width < 1 or height < 1:
        raise CodedValueError(Errors.C503.format(name=name, kind="no pixels"))
    if width * height > max_pixels:
        raise CodedValueError(Errors.C504.format(name=name, max_pixels=max_pixels))


def fit_dpi(width: float, height: float, dpi: int) -> int:
    """Limit the resolution so that a page is not too large for OCR.

    width, height (inches): Of the page.
    RETURNS: At most what is asked for.
    """
    fitting = int(math.sqrt(MAX_OCR_PIXELS / max(width * height, 1e-9)))
    return min(dpi, max(fitting, MIN_DPI))


def shrink(image: Image.Image, width: int) -> Image.Image:
    """Shrink an image that is wider than a number of pixels."""
    if image.width <= width:
        return image
    size = width, max(round(image.height * width / image.width), 1)
    return image.resize(size, Image.Resampling.LANCZOS)


def make_grey(image: Image.Image) -> Image.Image:
    """Turn pixels of any kind into 8-bit grey, on white where they are transparent.

    The picture is turned as its camera says, and made smaller if it is large.
    """
    size = max(image.size)
    if image.width * image.height > MAX_OCR_PIXELS and image.format == "JPEG":
        # A JPEG can be unpacked at half its size.
        image.draft("L", (image.width // 2, image.height // 2))
    image.load()
    dpi = _read_dpi(image)
    grey = _turn_upright(_make_grey(image), image)
    n_pixels = grey.width * grey.height
    if n_pixels > MAX_OCR_PIXELS:
        grey = grey.reduce(math.ceil(math.sqrt(n_pixels / MAX_OCR_PIXELS)))
    if dpi is not None:
        scale = max(grey.size) / size
        grey.info["dpi"] = (dpi * scale, dpi * scale)
    return grey


def _make_grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _spread(image)
    if "transparency" in image.info or image.mode in ("PA", "La", "RGBa"):
        image = image.convert("RGBA")
    grey = image.convert("L")
    if "A" in image.getbands():
        white = Image.new("L", image.size, 255)
        return Image.composite(grey, white, image.getchannel("A"))
    return grey


def _spread(image: Image.Image) -> Image.Image:
    """Scale numbers of any range to 0 to 255."""
    pixels = numpy.asarray(image)
    blocks = [slice(i, i + ROWS) for i in range(0, len(pixels), ROWS)]
    ends = [_find_ends(pixels[block]) for block in blocks]
    low = min((end[0] for end in ends), default=math.inf)
    high = max((end[1] for end in ends), default=-math.inf)
    # A page of one shade is blank.
    grey = numpy.full(pixels.shape, 255, dtype="uint8")
    if high > low and math.isfinite(high - low):
        for block in blocks:
            values = numpy.nan_to_num(
                pixels[block].astype("float64"), nan=high, posinf=high, neginf=low
            )
            grey[block] = (values - low) * 255 / (high - low)
    return Image.fromarray(grey)


def _find_ends(pixels: Any) -> tuple[float, float]:
    """Find the smallest and the largest number, of those that are finite."""
    finite = pixels[numpy.isfinite(pixels)]
    if not finite.size:
        return math.inf, -math.inf
    return float(finite.min()), float(finite.max())


def _turn_upright(grey: Image.Image, image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(0x0112)
    # Metadata may be broken where pixels are not.
    except Exception:
        return grey
    method = TURNS.get(orientation) if isinstance(orientation, int) else None
    return grey if method is None else grey.transpose(method)


# As EXIF counts them.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _read_dpi(image: Image.Image) -> float | None:
    try:
        dpi = float(image.info["dpi"][0])
    except (KeyError, TypeError, ValueError, IndexError, ArithmeticError):
        return None
    return dpi if math.isfinite(dpi) else None


def get_dpi(image: Image.Image) -> int:
    """Get the resolution that a file states; a usual one if that is not plausible."""
    dpi = _read_dpi(image) or 0.0
    return round(dpi) if 50 <= dpi <= 2400 else DEFAULT_DPI
