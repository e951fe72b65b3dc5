"""Read a form of any kind: a PDF, a scan, or what another engine has read of one."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_clinical.errors import Errors
from spacy_clinical.extensions import record_error
from spacy_clinical.forms.adapters.alto import read_alto
from spacy_clinical.forms.adapters.cloud import (
    is_azure,
    is_textract,
    read_azure,
    read_textract,
)
from spacy_clinical.forms.adapters.hocr import read_hocr
from spacy_clinical.forms.adapters.tesseract import read_tesseract_tsv
from spacy_clinical.forms.document import make_form_doc
from spacy_clinical.forms.images import MAX_PIXELS, open_frames
from spacy_clinical.forms.ocr import find_tesseract, read_scan
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.forms.pdf import draw_page, is_scan, open_pdf, read_text_layer

# "auto": pages without a text layer only.
Ocr = Literal["auto", "always", "never"]

MAX_PAGES = 500
# Where in a file its kind is looked for.
HEAD = 4096
BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError)


def read_form(
    source: str | Path | bytes,
    vocab: Vocab,
    *,
    name: str = "",
    ocr: Ocr = "auto",
    language: str = "eng",
    dpi: int = 300,
    timeout: float = 120.0,
    max_pages: int = MAX_PAGES,
    max_pixels: int = MAX_PIXELS,
    password: str | None = None,
    watch: Callable[[int], None] | None = None,
) -> Doc:
    """Read a form into a Doc with a box and a page for each token.

    PDFs are read by their text layer, pages without one by OCR (Tesseract); scans may be
    PNG, JPEG, TIFF with many pages, and what else Pillow opens. Of what another engine
    has read, hOCR, ALTO, Tesseract's TSV, and the JSON of AWS Textract and Azure are
    known. A page that can't be read stays empty, and `doc._.pages` says why.

    source: A path, or the content of a file.
    name: What messages and `doc._.pages` call the file; its own name if it has one.
    ocr: Whether to look at pages: "auto", "always" or "never".
    language: As Tesseract names it, such as "eng" or "eng+spa".
    dpi: Dots an inch that pages of PDFs are drawn with for OCR.
    timeout (seconds): For each time that Tesseract runs.
    max_pages: Of one file; more are refused.
    max_pixels: Of one page; more are refused.
    password: Of an encrypted PDF.
    watch: Called with the number of each page when it has been read.
    RAISES ValueError: C501 to C505 and C508, C509, for files that can't be read.
    RAISES OSError: C506, if OCR is needed and Tesseract is missing, and what the
        system raises for files that can't be opened.
    """
    if isinstance(source, bytes):
        data, name = source, name or "-"
    else:
        data, name = Path(source).read_bytes(), name or Path(source).name
    limits = {"name": name, "max_pixels": max_pixels}
    scanning = {"language": language, "timeout": timeout}
    kind = find_kind(data)
    if kind == "pdf":
        document = open_pdf(data, name=name, max_pages=max_pages, password=password)
        pages = _read_pdf(document, ocr, dpi, scanning, limits)
    elif kind == "image":
        pages = _read_frames(data, scanning, limits, max_pages)
    else:
        pages = iter(_read_other(data, kind, name))
    read = []
    for number, page in enumerate(pages, start=1):
        read.append(page)
        if watch is not None:
            watch(number)
    return make_form_doc(vocab, read, source=name)


def read_forms(
    paths: Iterable[str | Path], vocab: Vocab, **options: Any
) -> Iterator[Doc]:
    """Read forms one after the other.

    options: Those of `read_form`.
    YIELDS: A Doc for each file. One that can't be read gets an empty Doc that says
        why in `doc._.clinical_error`; the others are not affected.
    """
    for path in paths:
        try:
            yield read_form(path, vocab, **options)
        except (ValueError, OSError, MemoryError) as error:
            doc = make_form_doc(vocab, [], source=Path(path).name)
            record_error(doc, "read_form", error)
            yield doc


def find_kind(data: bytes) -> str:
    """Tell what a file is by its content.

    RETURNS: "pdf", "image", "json", "hocr", "alto", "tsv", or "" for none of them.
    """
    head = data[:HEAD]
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(
        (b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"GIF8", b"BM", b"RIFF")
    ) or head.startswith((b"II+\x00", b"MM\x00+")):
        return "image"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith((b"{", b"[")):
        return "json"
    if text.startswith(b"level\tpage_num"):
        return "tsv"
    if text.startswith(b"<"):
        return "alto" if b"<alto" in head or b":alto" in head else "hocr"
    return ""


def make_pages(
    words: Iterable[str],
    boxes: Iterable[tuple[float, float, float, float]],
    *,
    width: float,
    height: float,
    unit: str = "px",
) -> list[FormPage]:
    """Make a page of plain words and boxes (x0, y0, x1, y1 from the upper left)."""
    found = [Word(word, box) for word, box in zip(words, boxes, strict=True)]
    return [FormPage(width, height, unit, found, "words")]


def _read_pdf(
    document: Any, ocr: Ocr, dpi: int, scanning: Any, limits: Any
) -> Iterator[FormPage]:
    name = limits["name"]
    try:
        for number in range(1, len(document) + 1):
            where = f"{name}, page {number}"
            try:
                page = document[number - 1]
                read = read_text_layer(page)
                if ocr == "always" or (ocr == "auto" and is_scan(page, read)):
                    find_tesseract()
                    image = draw_page(page, dpi=dpi, **{**limits, "name": where})
                    read, _ = read_scan(image, **{**scanning, "name": where})
                page.close()
            # PDFium's own errors are of this kind.
            except (RuntimeError, ValueError, OSError) as error:
                yield _fail(error, where)
            else:
                yield read
    finally:
        document.close()


def _read_frames(
    data: bytes, scanning: Any, limits: Any, max_pages: int
) -> Iterator[FormPage]:
    find_tesseract()
    name = limits["name"]
    for number, frame in enumerate(open_frames(data, **limits), start=1):
        if number > max_pages:
            raise ValueError(
                Errors.C505.format(name=name, n_pages="more", max_pages=max_pages)
            )
        where = f"{name}, page {number}"
        try:
            page, _ = read_scan(frame, **{**scanning, "name": where})
        except OSError as error:
            page = _fail(error, where)
        yield page


def _fail(error: Exception, where: str) -> FormPage:
    """An empty page that says why. Errors of libraries may quote: theirs don't count.

    RAISES OSError: C506, which no other page would escape.
    """
    message = str(error)
    if message.startswith("[C506]"):
        raise error
    if not message.startswith("[C5"):
        message = Errors.C503.format(name=where, kind=type(error).__name__)
    return FormPage(0.0, 0.0, "", error=message)


def _read_other(data: bytes, kind: str, name: str) -> list[FormPage]:
    pages: list[FormPage] = []
    try:
        if kind == "json":
            values = json.loads(data)
            if is_textract(values):
                pages = read_textract(values)
            elif is_azure(values):
                pages = read_azure(values)
        elif kind == "alto":
            pages = read_alto(data, name=name)
        elif kind == "hocr":
            pages = read_hocr(data)
        elif kind == "tsv":
            pages = read_tesseract_tsv(data)
    except BROKEN as error:
        if str(error).startswith("[C5"):
            raise
        reason = type(error).__name__
        raise ValueError(
            Errors.C508.format(name=name, kind=kind.upper(), reason=reason)
        ) from None
    if not pages:
        raise ValueError(Errors.C509.format(name=name))
    return pages
