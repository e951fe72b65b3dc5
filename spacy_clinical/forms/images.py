"""Open scans: any number of frames, any kind of pixels, none too large."""

import warnings
from collections.abc import Iterator
from io import BytesIO

import numpy
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from spacy_clinical.errors import Errors

# 16,000 by 12,500 pixels: A3 at 1,000 dots an inch.
MAX_PIXELS = 200_000_000
# Where a file does not say how many dots an inch has.
DEFAULT_DPI = 200


def open_frames(data: bytes, *, name: str, max_pixels: int) -> Iterator[Image.Image]:
    """Open the frames of an image, upright as its camera says, in 8-bit grey.

    max_pixels: Of one frame; what is larger is refused before it is unpacked.
    RAISES ValueError: C503 and C504, for what is no image or too large.
    """
    with warnings.catch_warnings():
        # Our own limit is checked; Pillow's would only warn, as of broken metadata.
        warnings.simplefilter("ignore")
        try:
            with Image.open(BytesIO(data)) as image:
                for frame in ImageSequence.Iterator(image):
                    check_size(*frame.size, name=name, max_pixels=max_pixels)
                    yield make_grey(ImageOps.exif_transpose(frame))
        except Image.DecompressionBombError:
            raise ValueError(
                Errors.C504.format(name=name, max_pixels=max_pixels)
            ) from None
        except (UnidentifiedImageError, OSError, SyntaxError, EOFError) as error:
            kind = type(error).__name__
            raise ValueError(Errors.C503.format(name=name, kind=kind)) from None


def check_size(width: int, height: int, *, name: str, max_pixels: int) -> None:
    """RAISES ValueError: C503 and C504, for no pixels or too many."""
    if not width or not height:
        raise ValueError(Errors.C503.format(name=name, kind="no pixels"))
    if width * height > max_pixels:
        raise ValueError(Errors.C504.format(name=name, max_pixels=max_pixels))


def make_grey(image: Image.Image) -> Image.Image:
    """Turn pixels of any kind into 8-bit grey, on white where they are transparent."""
    dpi = image.info.get("dpi")
    if image.mode.startswith("I") or image.mode == "F":
        pixels = numpy.asarray(image, dtype="float64")
        low, high = float(pixels.min()), float(pixels.max())
        # A page of one shade is blank.
        scaled = (pixels - low) * 255 / (high - low) if high > low else pixels * 0 + 255
        grey = Image.fromarray(scaled.astype("uint8"))
    else:
        if "A" in image.getbands() or "transparency" in image.info:
            coloured = image.convert("RGBA")
            white = Image.new("RGBA", coloured.size, "white")
            image = Image.alpha_composite(white, coloured)
        grey = image.convert("L")
    if dpi:
        grey.info["dpi"] = dpi
    return grey


def get_dpi(image: Image.Image) -> int:
    """Dots an inch, as the file says; a usual value where it says nothing likely."""
    found = image.info.get("dpi", (0, 0))[0]
    return round(float(found)) if 50 <= found <= 2400 else DEFAULT_DPI
