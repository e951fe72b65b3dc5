"""Read forms of any kind: PDFs, scans, and the output of other OCR engines."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_clinical.errors import CodedError, CodedValueError, Errors, get_own_message
from spacy_clinical.extensions.attributes import record_error
from spacy_clinical.files.regular import describe_error, read_regular, show_path
from spacy_clinical.forms.adapters.adapter import Content, Ocr, Page, Settings
from spacy_clinical.forms.adapters.table import find_adapter
from spacy_clinical.forms.checks import check_page
from spacy_clinical.forms.document import make_form_doc
from spacy_clinical.forms.images import MAX_PIXELS
from spacy_clinical.forms.limits import (
    MAX_BYTES,
    MAX_FORM_WORDS,
    MAX_PAGES,
    TIMEOUT,
    Deadline,
)
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.forms.pictures import draw_pages
from spacy_clinical.forms.quiet import quiet_libraries


class OpenForm(NamedTuple):
    """A form that has been read, and whose file is still open.

    pictures: Of its pages, drawn on demand: JPEG, or None where there is none.
    """

    doc: Doc
    pictures: Iterator[bytes | None]


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
    text layer by OCR (Tesseract), checkboxes there by their pixels; scans may be
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
        C350, for unexpected faults.
    RAISES OSError: C315, C506 and C513, for what is no file, if OCR is needed and
        Tesseract is missing, and for files that are too large; and what the system
        raises for files that can't be opened.
    """
    options = {"name": name, "ocr": ocr, "language": language, "dpi": dpi}
    limits = {"timeout": timeout, "max_pages": max_pages, "max_pixels": max_pixels}
    settings = {**options, **limits, "password": password}
    with open_form(source, vocab, watch=watch, **settings) as form:
        return form.doc


def read_forms(
    paths: str | Path | Iterable[str | Path], vocab: Vocab, **options: Any
) -> Iterator[Doc]:
    """Read forms one after the other.

    options: Those of `read_form`, such as `timeout` for each file.
    YIELDS: A Doc for each file. One that can't be read gets an empty Doc that says
        why in `doc._.clinical_error`; the others are not affected.
    """
    for form in open_forms(paths, vocab, **options):
        yield form.doc


@contextmanager
def open_form(
    source: str | Path | bytes,
    vocab: Vocab,
    *,
    watch: Callable[[int], None] | None = None,
    **options: Any,
) -> Iterator[OpenForm]:
    """Read a form as `read_form` does, and keep its file open to draw its pages.

    The file is opened once: whatever replaces it, words and pictures are of one form.

    watch, options: See `read_form`.
    """
    settings = _make_settings(source, **options)
    with ExitStack() as stack:
        with _guard(settings.name):
            if not isinstance(source, bytes):
                source = read_regular(Path(source), max_bytes=MAX_BYTES)
            content = Content(source, settings.name)
            opened = find_adapter(content).open(content, settings)
            pages = stack.enter_context(opened)
        reader = _read_pages(pages, settings)
        read: list[FormPage] = []
        while (page := _get_next(reader, settings.name)) is not None:
            read.append(page)
            if watch is not None:
                watch(len(read))
        with _guard(settings.name):
            doc = make_form_doc(vocab, read, source=settings.name)
        yield OpenForm(doc, draw_pages(pages, doc._.pages))


def open_forms(
    paths: str | Path | Iterable[str | Path], vocab: Vocab, **options: Any
) -> Iterator[OpenForm]:
    """Read forms as `read_forms` does; each is open until the next is asked for."""
    for path in [paths] if isinstance(paths, str | Path) else paths:
        with ExitStack() as stack:
            try:
                form = stack.enter_context(open_form(path, vocab, **options))
            # Whatever is wrong with a file, the others are read.
            except Exception as error:
                name = options.get("name") or show_path(Path(path).name)
                doc = make_form_doc(vocab, [], source=name)
                record_error(doc, "read_form", error)
                message = describe_error(error, name)
                doc._.clinical_error = {**doc._.clinical_error, "message": message}
                form = OpenForm(doc, iter(()))
            yield form


def _make_settings(
    source: str | Path | bytes,
    *,
    name: str = "",
    timeout: float = TIMEOUT,
    **options: Any,
) -> Settings:
    name = name or ("-" if isinstance(source, bytes) else show_path(Path(source).name))
    return Settings(name, Deadline(timeout), **options)


@contextmanager
def _guard(name: str) -> Iterator[None]:
    """Keep errors of libraries from passing, as they may quote the file.

    RAISES ValueError: C350, for errors without a code.
    RAISES OSError: What the system raises.
    """
    try:
        with quiet_libraries():
            yield
    except Exception as error:
        if isinstance(error, CodedError) or (
            isinstance(error, OSError) and error.errno
        ):
            raise
        raise CodedValueError(describe_error(error, name)) from None


def _get_next(pages: Iterator[FormPage], name: str) -> FormPage | None:
    with _guard(name):
        return next(pages, None)


def _read_pages(pages: Sequence[Page], settings: Settings) -> Iterator[FormPage]:
    """Read the pages of a file, each as far as it can be."""
    deadline, n_words = settings.deadline, 0
    for number, page in enumerate(pages, start=1):
        where = f"{settings.name}, page {number}"
        # A file of one page is always begun.
        if number > 1 and deadline.is_over:
            read = FormPage(0.0, 0.0, "", error=deadline.describe(where))
        else:
            read = _read_page(page, where)
        n_words += len(read.words)
        if n_words > MAX_FORM_WORDS:
            message = Errors.C514.format(
                name=settings.name, limit=MAX_FORM_WORDS, what="words"
            )
            read = FormPage(read.width, read.height, read.unit, error=message)
        yield read


def _read_page(page: Page, where: str) -> FormPage:
    """Read a page; an empty one says why it can't be read.

    RAISES OSError: C506, which no other page would escape.
    """
    try:
        return check_page(page.read(where), where)
    # Whatever is wrong with a page, the others are read.
    except Exception as error:
        if isinstance(error, CodedError) and error.code == "C506":
            raise
        message = get_own_message(error) or Errors.C503.format(
            name=where, kind=type(error).__name__
        )
        return FormPage(0.0, 0.0, "", error=message)


def make_pages(
    words: Iterable[str],
    boxes: Iterable[tuple[float, float, float, float]],
    *,
    width: float,
    height: float,
    unit: str = "px",
) -> list[FormPage]:
    """Make a page of plain words and boxes (x0, y0, x1, y1 from the upper left)."""
    page_words = [Word(word, box) for word, box in zip(words, boxes, strict=True)]
    return [FormPage(width, height, unit, page_words, "words")]
