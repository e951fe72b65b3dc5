"""Read a form of any kind: a PDF, a scan, or what another engine has read of one."""

import codecs
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_clinical.errors import CodedError, CodedValueError, Errors, get_own_message
from spacy_clinical.extensions.attributes import record_error
from spacy_clinical.files.json_text import read_json
from spacy_clinical.files.regular import (
    describe_error,
    read_regular,
    show_path,
)
from spacy_clinical.forms.adapters.alto import read_alto
from spacy_clinical.forms.adapters.cloud import (
    is_azure,
    is_textract,
    read_azure,
    read_textract,
)
from spacy_clinical.forms.adapters.hocr import read_hocr
from spacy_clinical.forms.adapters.tesseract import read_tesseract_tsv
from spacy_clinical.forms.checks import check_page
from spacy_clinical.forms.document import make_form_doc
from spacy_clinical.forms.images import MAX_PIXELS, Frame, fit_dpi, list_frames
from spacy_clinical.forms.limits import (
    MAX_BYTES,
    MAX_CHARACTERS,
    MAX_FORM_WORDS,
    MAX_PAGES,
    MAX_TEXT_BYTES,
    MAX_VALUES,
    PAGE_TIMEOUT,
    TIMEOUT,
    Deadline,
    check_amount,
)
from spacy_clinical.forms.ocr import find_tesseract, read_scan
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.forms.pdf import (
    POINTS,
    draw_page,
    is_scan,
    open_pdf,
    read_text_layer,
)
from spacy_clinical.forms.quiet import quiet_libraries
from spacy_clinical.forms.squares import read_squares
from spacy_clinical.forms.widgets import add_to_scan

# "auto": pages without a text layer only.
Ocr = Literal["auto", "always", "never"]
# Reads a page; the name is for messages.
PageReader = Callable[[str], FormPage]

# Where in a file its kind is looked for.
HEAD = 4096
# Before a text in UTF-16 or UTF-32, longest first.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class _Settings(NamedTuple):
    """How to read one file: see `read_form`."""

    name: str
    ocr: Ocr
    language: str
    dpi: int
    deadline: Deadline
    max_pages: int
    max_pixels: int
    password: str | None


def read_form(
    source: str | Path | bytes,
    vocab: Vocab,
    *,
    name: str = "",
    ocr: Ocr = "auto",
    language: str = "eng",
    dpi: int = 300,
    timeout: float = TIMEOUT,
    max_pages: int = MAX_PAGES,
    max_pixels: int = MAX_PIXELS,
    password: str | None = None,
    watch: Callable[[int], None] | None = None,
) -> Doc:
    """Read a form into a Doc with a box and a page for each token.

    PDFs are read by their text layer and the fields that are filled in, pages without a
    text layer by OCR (Tesseract), boxes to tick there by their pixels; scans may be
    PNG, JPEG, TIFF with many pages, and what else Pillow opens. Of what another engine
    has read, hOCR, ALTO, Tesseract's TSV, and the JSON of AWS Textract and Azure are
    known. A page that can't be read stays empty, and `doc._.pages` says why; so it does
    where words are left out. The other limits are in `spacy_clinical.forms.limits`.

    source: A path, or the content of a file.
    name: What messages and `doc._.pages` call the file; its own name if it has one.
    ocr: Whether to look at pages: "auto", "always" or "never".
    language: As Tesseract names it, such as "eng" or "eng+spa".
    dpi: Dots an inch that pages of PDFs are drawn with for OCR.
    timeout (seconds): For the file. Pages that are not begun then say so; those before
        are kept. Tesseract is stopped.
    max_pages: Of one file; more are refused before any is read.
    max_pixels: Of one page; more are refused before it is unpacked or drawn.
    password: Of an encrypted PDF.
    watch: Called with the number of each page when it has been read.
    RAISES ValueError: C501 to C505, C508, C509, C514 and C517, for files that can't be read;
        C350, for whatever nobody foresaw.
    RAISES OSError: C315, C506 and C513, for what is no file, if OCR is needed and
        Tesseract is missing, and for files that are too large; and what the system
        raises for files that can't be opened.
    """
    name = name or ("-" if isinstance(source, bytes) else show_path(Path(source).name))
    deadline = Deadline(timeout)
    settings = _Settings(
        name, ocr, language, dpi, deadline, max_pages, max_pixels, password
    )
    pages = _read_pages(source, settings)
    read = []
    while (page := _get_next(pages, name)) is not None:
        read.append(page)
        if watch is not None:
            watch(len(read))
    try:
        return make_form_doc(vocab, read, source=name)
    except Exception as error:
        raise CodedValueError(describe_error(error, name)) from None


def read_forms(
    paths: str | Path | Iterable[str | Path], vocab: Vocab, **options: Any
) -> Iterator[Doc]:
    """Read forms one after the other.

    options: Those of `read_form`, such as `timeout` for each file.
    YIELDS: A Doc for each file. One that can't be read gets an empty Doc that says
        why in `doc._.clinical_error`; the others are not affected.
    """
    for path in [paths] if isinstance(paths, str | Path) else paths:
        try:
            doc = read_form(path, vocab, **options)
        # Whatever is wrong with a file, the others are read.
        except Exception as error:
            name = show_path(Path(path).name)
            doc = make_form_doc(vocab, [], source=name)
            record_error(doc, "read_form", error)
            message = describe_error(error, name)
            doc._.clinical_error = {**doc._.clinical_error, "message": message}
        yield doc


def _get_next(pages: Iterator[FormPage], name: str) -> FormPage | None:
    """The next page of a file. Errors of libraries may quote it: theirs don't pass.

    RAISES ValueError: C350, for errors without a code.
    RAISES OSError: What the system raises.
    """
    try:
        with quiet_libraries():
            return next(pages, None)
    except Exception as error:
        if isinstance(error, CodedError) or (
            isinstance(error, OSError) and error.errno
        ):
            raise
        raise CodedValueError(describe_error(error, name)) from None


def _read_pages(source: str | Path | bytes, settings: _Settings) -> Iterator[FormPage]:
    """Read the pages of a file, each as far as it can be."""
    if isinstance(source, bytes):
        data = source
    else:
        data = read_regular(Path(source), max_bytes=MAX_BYTES)
    deadline, n_words = settings.deadline, 0
    for number, reader in enumerate(_list_readers(data, settings), start=1):
        where = f"{settings.name}, page {number}"
        # A file of one page is always begun.
        if number > 1 and deadline.is_over:
            page = FormPage(0.0, 0.0, "", error=deadline.describe(where))
        else:
            page = _read_page(reader, where)
        n_words += len(page.words)
        if n_words > MAX_FORM_WORDS:
            message = Errors.C514.format(
                name=settings.name, limit=MAX_FORM_WORDS, what="words"
            )
            page = FormPage(page.width, page.height, page.unit, error=message)
        yield page


def _read_page(reader: PageReader, where: str) -> FormPage:
    """Read a page; an empty one says why it can't be read.

    RAISES OSError: C506, which no other page would escape.
    """
    try:
        return check_page(reader(where), where)
    # Whatever is wrong with a page, the others are read.
    except Exception as error:
        if isinstance(error, CodedError) and error.code == "C506":
            raise
        message = get_own_message(error) or Errors.C503.format(
            name=where, kind=type(error).__name__
        )
        return FormPage(0.0, 0.0, "", error=message)


def _list_readers(data: bytes, settings: _Settings) -> Iterator[PageReader]:
    kind = find_kind(data)
    if kind == "pdf":
        yield from _list_pdf(data, settings)
    elif kind == "image":
        find_tesseract()
        frames = list_frames(
            data,
            name=settings.name,
            max_pixels=settings.max_pixels,
            max_pages=settings.max_pages,
        )
        for frame in frames:
            yield partial(_read_frame, frame, settings)
    else:
        for page in _read_other(data, kind, settings):
            yield partial(_get_page, page)


def _get_page(page: FormPage, where: str) -> FormPage:
    return page


def find_kind(data: bytes) -> str:
    """Tell what a file is by its content.

    RETURNS: "pdf", "image", "json", "hocr", "alto", "tsv", or "" for none of them.
    """
    head = data[:HEAD]
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            head = head.decode(encoding, errors="ignore").encode("utf8")
            break
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


def _list_pdf(data: bytes, settings: _Settings) -> Iterator[PageReader]:
    document = open_pdf(
        data,
        name=settings.name,
        max_pages=settings.max_pages,
        password=settings.password,
    )
    try:
        for index in range(len(document)):
            yield partial(_read_pdf_page, document, index, settings)
    finally:
        document.close()


def _read_pdf_page(
    document: Any, index: int, settings: _Settings, where: str
) -> FormPage:
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
            image = draw_page(page, dpi=dpi, name=where, max_pixels=settings.max_pixels)
            scan = _read_scan(image, settings, where)
            read = add_to_scan(scan, read, scale=dpi / POINTS)
        return read
    finally:
        page.close()


def _read_frame(frame: Frame, settings: _Settings, where: str) -> FormPage:
    return _read_scan(frame(where), settings, where)


def _read_scan(image: Any, settings: _Settings, where: str) -> FormPage:
    timeout = min(settings.deadline.left, PAGE_TIMEOUT)
    page, turned = read_scan(
        image, name=where, language=settings.language, timeout=timeout
    )
    return read_squares(page, turned)


def _read_other(data: bytes, kind: str, settings: _Settings) -> list[FormPage]:
    """Read the pages of a file of text.

    RAISES ValueError: C508 and C509, if it is broken or unknown; C505 and C514, if it
        is too long.
    """
    name, max_pages = settings.name, settings.max_pages
    check_amount(len(data), name=name, limit=MAX_TEXT_BYTES, what="bytes")
    pages: list[FormPage] = []
    timing = {"deadline": settings.deadline}
    try:
        if kind == "json":
            pages = _read_json(data, name, max_pages)
        elif kind == "alto":
            pages = read_alto(data, name=name, max_pages=max_pages, **timing)
        elif kind == "hocr":
            text = _make_utf8(data)
            pages = read_hocr(text, name=name, max_pages=max_pages, **timing)
        elif kind == "tsv":
            text = _make_utf8(data)
            pages = read_tesseract_tsv(text, name=name, max_pages=max_pages)
    # Such as numbers where lists should be.
    except Exception as error:
        if isinstance(error, CodedError):
            raise
        reason = type(error).__name__
        raise CodedValueError(
            Errors.C508.format(name=name, kind=kind.upper(), reason=reason)
        ) from None
    if not pages:
        raise CodedValueError(Errors.C509.format(name=name))
    return pages


def _read_json(data: bytes, name: str, max_pages: int) -> list[FormPage]:
    n_values = sum(data.count(mark) for mark in (b",", b"[", b"{"))
    check_amount(n_values, name=name, limit=MAX_VALUES, what="values")
    values = read_json(data)
    if is_textract(values):
        return read_textract(values, name=name, max_pages=max_pages)
    if is_azure(values):
        return read_azure(values, name=name, max_pages=max_pages)
    return []


def _make_utf8(data: bytes) -> bytes:
    """Write a text in UTF-16 or UTF-32 as UTF-8; others stay as they are."""
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").encode("utf8")
    return data
