"""Read PDFs by their text layer, and pages without one by OCR."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from PIL import Image

from spacy_clinical.forms.adapters.adapter import Adapter, Content, Page, Settings
from spacy_clinical.forms.images import fit_dpi
from spacy_clinical.forms.limits import MAX_CHARACTERS, check_amount
from spacy_clinical.forms.ocr import find_tesseract, read_page
from spacy_clinical.forms.pages import FormPage
from spacy_clinical.forms.pdf import (
    POINTS,
    draw_page,
    is_scan,
    open_pdf,
    read_text_layer,
)
from spacy_clinical.forms.widgets import add_to_scan

# Dots an inch of pictures for pages of HTML.
MIN_DPI, MAX_DPI = 10, 200


def _recognizes(content: Content) -> bool:
    return b"%PDF-" in content.head[:1024]


@contextmanager
def _open(content: Content, settings: Settings) -> Iterator[list[Page]]:
    document = open_pdf(
        content.data,
        name=settings.name,
        max_pages=settings.max_pages,
        password=settings.password,
    )
    try:
        yield [
            Page(
                partial(_read, document, index, settings),
                partial(_draw, document, index, settings),
            )
            for index in range(len(document))
        ]
    finally:
        document.close()


def _read(document: Any, index: int, settings: Settings, where: str) -> FormPage:
    page = document[index]
    try:
        text = page.get_textpage()
        n_characters = text.count_chars()
        text.close()
        check_amount(n_characters, name=where, limit=MAX_CHARACTERS, what="characters")
        read = read_text_layer(page)
        if settings.ocr == "always" or (settings.ocr == "auto" and is_scan(page, read)):
            find_tesseract()
            width, height = page.get_size()
            dpi = fit_dpi(width / POINTS, height / POINTS, settings.dpi)
            scan = read_page(
                draw_page(page, dpi=dpi, name=where, max_pixels=settings.max_pixels),
                name=where,
                language=settings.language,
                deadline=settings.deadline,
            )
            read = add_to_scan(scan, read, scale=dpi / POINTS)
        return read
    finally:
        page.close()


def _draw(document: Any, index: int, settings: Settings, width: int) -> Image.Image:
    page = document[index]
    try:
        dpi = int(width * POINTS / max(page.get_width(), 1.0))
        return draw_page(
            page,
            dpi=min(max(dpi, MIN_DPI), MAX_DPI),
            name=settings.name,
            max_pixels=settings.max_pixels,
        )
    finally:
        page.close()


PDF = Adapter("PDF", frozenset({".pdf"}), _recognizes, _open)
