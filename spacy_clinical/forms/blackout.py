"""Black out boxes in the pictures of a form's pages, and make a file of them.

The new file has nothing but pixels: no text layer, fields, attachments or metadata.
"""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageStat

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.forms.images import MAX_PIXELS, check_size
from spacy_clinical.forms.pages import Box

# Around a box, as a part of its height: letters may reach beyond it.
MARGIN = 0.15
# A page without words must be as even as an empty one, in shades of grey.
MAX_SPREAD = 4.0
# What stands for a page that can't be shown, in pixels.
EMPTY_SIZE = (850, 1100)
_POINTS = 72.0
_JPEG_QUALITY = 85
# Pillow's formats, by the suffix of the original; others become PNG.
_FORMATS = {
    ".pdf": "PDF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
}


def black_out(
    picture: bytes | None,
    page: Mapping[str, Any],
    boxes: Sequence[Box],
    *,
    name: str,
) -> Image.Image:
    """Black out boxes in the picture of a page.

    picture: Of the page, rotated as its words were read.
    page: What `doc._.pages` says of it.
    boxes: In the page's units.
    name: Of the file, for messages.
    RAISES ValueError: C896, if there is no picture, or the page was not read.
    """

    def refuse(reason: str) -> CodedValueError:
        message = Errors.C896.format(page=page["number"], name=name, reason=reason)
        return CodedValueError(message)

    if page["error"]:
        raise refuse("it can't be read")
    if picture is None:
        raise refuse("there is no picture of it")
    image = Image.open(BytesIO(picture)).convert("L")
    check_size(*image.size, name=name, max_pixels=MAX_PIXELS)
    if not page["n_words"]:
        # Nothing was read on it, so nothing can be found on it.
        if ImageStat.Stat(image).stddev[0] > MAX_SPREAD:
            raise refuse("no words were read on it, but it isn't empty")
        return image
    if not (page["width"] > 0 and page["height"] > 0):
        raise refuse("its size is unknown")
    across, down = image.width / page["width"], image.height / page["height"]
    pen = ImageDraw.Draw(image)
    for x0, y0, x1, y1 in boxes:
        margin = MARGIN * (y1 - y0)
        pen.rectangle(
            (
                int((x0 - margin) * across) - 1,
                int((y0 - margin) * down) - 1,
                int((x1 + margin) * across) + 1,
                int((y1 + margin) * down) + 1,
            ),
            fill=0,
        )
    return image


def make_empty() -> Image.Image:
    """Make what stands for a page that isn't written."""
    return Image.new("L", EMPTY_SIZE, 255)


def make_file(
    images: Iterable[Image.Image], pages: Sequence[Mapping[str, Any]], suffix: str
) -> tuple[bytes, str]:
    """Make a file of pictures.

    images: Of the pages, at least one.
    pages: What `doc._.pages` says of them.
    suffix: Of the original.
    RETURNS: The content, and the suffix.
    """
    kind = _FORMATS.get(suffix.lower(), "PNG")
    first, *others = images
    if others and kind in ("JPEG", "PNG"):
        kind, suffix = "TIFF", ".tif"
    elif kind == "PNG":
        suffix = ".png"
    options: dict[str, Any] = {}
    if kind == "PDF":
        width = pages[0]["width"] if pages and pages[0]["unit"] == "pt" else 0
        options["resolution"] = _POINTS * first.width / width if width > 0 else 100.0
    if kind in ("JPEG", "PDF"):
        options["quality"] = _JPEG_QUALITY
    if kind in ("PDF", "TIFF"):
        options |= {"save_all": True, "append_images": others}
    buffer = BytesIO()
    # A copy of the pixels alone: pictures carry metadata in their `info`.
    Image.frombytes("L", first.size, first.tobytes()).save(buffer, kind, **options)
    return buffer.getvalue(), suffix.lower()
