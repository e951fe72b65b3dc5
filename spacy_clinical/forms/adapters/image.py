"""Read scans: PNG, JPEG, TIFF with many pages, and other images."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from PIL import Image

from spacy_clinical.forms.adapters.adapter import Adapter, Content, Page, Settings
from spacy_clinical.forms.images import Frame, list_frames, shrink
from spacy_clinical.forms.ocr import find_tesseract, read_page
from spacy_clinical.forms.pages import FormPage

STARTS = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    *(b"GIF8", b"BM", b"RIFF"),
)


def _recognizes(content: Content) -> bool:
    return content.head.startswith(STARTS)


@contextmanager
def _open(content: Content, settings: Settings) -> Iterator[list[Page]]:
    find_tesseract()
    frames = list_frames(
        content.data,
        name=settings.name,
        max_pixels=settings.max_pixels,
        max_pages=settings.max_pages,
    )
    yield [
        Page(partial(_read, frame, settings), partial(_draw, frame, settings.name))
        for frame in frames
    ]


def _read(frame: Frame, settings: Settings, where: str) -> FormPage:
    language, deadline = settings.language, settings.deadline
    return read_page(frame(where), name=where, language=language, deadline=deadline)


def _draw(frame: Frame, name: str, width: int) -> Image.Image:
    return shrink(frame(name), width)


IMAGE = Adapter(
    "image",
    frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"}),
    _recognizes,
    _open,
)
