"""Pictures of the pages of forms, turned as their words were read."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from PIL import Image

from spacy_clinical.forms.images import MAX_PIXELS, open_frames
from spacy_clinical.forms.limits import MAX_PAGES
from spacy_clinical.forms.pdf import POINTS, draw_page, open_pdf
from spacy_clinical.forms.read import find_kind

JPEG_QUALITY = 60


def draw_pages(
    data: bytes,
    pages: Sequence[Mapping[str, Any]],
    *,
    name: str,
    width: int = 1200,
    max_pixels: int = MAX_PIXELS,
    max_pages: int = MAX_PAGES,
    password: str | None = None,
) -> Iterator[bytes | None]:
    """Draw the pages of a PDF or a scan in grey, as JPEG.

    data: Content of the file.
    pages: What `doc._.pages` says of it.
    width (pixels): Of a page before it is turned, at most.
    YIELDS: For each page, None where there is no picture of it, as of what other
        engines have read.
    """
    kind = find_kind(data)
    if kind == "pdf":
        pictures = _draw_pdf(data, name, width, max_pixels, max_pages, password)
    elif kind == "image":
        frames = open_frames(data, name=name, max_pixels=max_pixels)
        pictures = (frame and _shrink(frame, width) for frame in frames)
    else:
        pictures = iter(())
    for page in pages:
        picture = next(pictures, None)
        if picture is None or page["error"]:
            yield None
        else:
            angle = -page["rotation"]
            yield _encode(picture.rotate(angle, expand=True, fillcolor=255))


def _draw_pdf(
    data: bytes,
    name: str,
    width: int,
    max_pixels: int,
    max_pages: int,
    password: str | None,
) -> Iterator[Image.Image | None]:
    document = open_pdf(data, name=name, max_pages=max_pages, password=password)
    try:
        for page in document:
            dpi = max(int(width * POINTS / max(page.get_width(), 1.0)), 10)
            try:
                yield draw_page(
                    page, dpi=min(dpi, 200), name=name, max_pixels=max_pixels
                )
            # PDFium's own errors are of this kind. The page's words are shown without.
            except (RuntimeError, ValueError, OSError):
                yield None
    finally:
        document.close()


def _encode(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()


def _shrink(image: Image.Image, width: int) -> Image.Image:
    if image.width <= width:
        return image
    size = width, max(round(image.height * width / image.width), 1)
    return image.resize(size, Image.Resampling.LANCZOS)
