"""Draw pictures of the pages of forms, rotated as their words were read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any

from PIL import Image

from spacy_clinical.forms.adapters.adapter import Page
from spacy_clinical.forms.quiet import quiet_libraries

JPEG_QUALITY = 60
# In pixels, before a page is turned.
WIDTH = 1200


def draw_pages(
    pages: Sequence[Page], facts: Sequence[Mapping[str, Any]]
) -> Iterator[bytes | None]:
    """Draw the pages of an open file in grey, as JPEG, one after the other.

    facts: What `doc._.pages` says of them.
    YIELDS: For each page, None where there is no picture of it, as of what other
        engines have read, and of pages that can't be read.
    """
    for page, fact in zip(pages, facts, strict=True):
        picture = None
        if not fact["error"]:
            # A form that was read is shown, with a picture or without.
            with suppress(Exception), quiet_libraries():
                picture = _encode(page.draw(WIDTH), fact["rotation"])
        yield picture


def _encode(picture: Image.Image | None, rotation: float) -> bytes | None:
    if picture is None:
        return None
    buffer = BytesIO()
    turned = picture.rotate(-rotation, expand=True, fillcolor=255)
    turned.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()
