"""Define adapters, each of which recognizes and reads files of one kind."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property, partial
from typing import Any, Literal, NamedTuple, TypeAlias

from PIL import Image

from spacy_clinical.errors import CodedError, CodedValueError, Errors
from spacy_clinical.files.byte_order import find_marked_encoding
from spacy_clinical.files.json_text import read_json
from spacy_clinical.forms.images import MAX_PIXELS
from spacy_clinical.forms.limits import (
    MAX_PAGES,
    MAX_TEXT_BYTES,
    MAX_VALUES,
    Deadline,
    check_amount,
)
from spacy_clinical.forms.pages import FormPage

# "auto": pages without a text layer only.
Ocr = Literal["auto", "always", "never"]

# The bytes at the start of a file that its kind is recognized by.
HEAD = 4096


class Settings(NamedTuple):
    """Settings for reading a file: see `read_form`."""

    name: str
    deadline: Deadline
    ocr: Ocr = "auto"
    language: str = "eng"
    dpi: int = 300
    max_pages: int = MAX_PAGES
    max_pixels: int = MAX_PIXELS
    password: str | None = None


class Content:
    """The content of a file, with what adapters need to recognize it.

    name: Of the file, for messages.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name

    @cached_property
    def head(self) -> bytes:
        """The first bytes; in UTF-8, if they are of a text in UTF-16 or UTF-32."""
        return _make_utf8(self.data[:HEAD], errors="ignore")

    @cached_property
    def start(self) -> bytes:
        """The first bytes without white space before them."""
        return self.head.lstrip(b"\xef\xbb\xbf \t\r\n")

    @property
    def text(self) -> bytes:
        """All of a text, in UTF-8."""
        return _make_utf8(self.data, errors="replace")

    @property
    def json(self) -> Any:
        """The parsed JSON; None if it isn't JSON.

        RAISES ValueError: C514, if there are too many of them.
        """
        return self._parsed[0]

    @property
    def json_fault(self) -> str:
        """The type of the error if it starts like JSON and can't be parsed; else ""."""
        return self._parsed[1]

    @cached_property
    def _parsed(self) -> tuple[Any, str]:
        if not self.start.startswith((b"{", b"[")):
            return None, ""
        self.check_size()
        n_values = sum(self.data.count(mark) for mark in (b",", b"[", b"{"))
        check_amount(n_values, name=self.name, limit=MAX_VALUES, what="values")
        try:
            return read_json(self.data), ""
        except (ValueError, RecursionError) as error:
            return None, type(error).__name__

    def check_size(self) -> None:
        """Check the size of a file of text.

        RAISES ValueError: C514, if it is too large.
        """
        n_bytes = len(self.data)
        check_amount(n_bytes, name=self.name, limit=MAX_TEXT_BYTES, what="bytes")


def _make_utf8(data: bytes, *, errors: str) -> bytes:
    """Write a text in UTF-16 or UTF-32 as UTF-8; others stay as they are."""
    encoding = find_marked_encoding(data[:4])
    if not encoding:
        return data
    return data.decode(encoding, errors=errors).encode("utf8")


def draw_nothing(width: int) -> Image.Image | None:
    """Return no picture of a page: files of other engines' output have none."""
    return None


class Page(NamedTuple):
    """A page of an open file.

    read: Reads its words. The argument is the name of the page, for messages.
    draw: Draws it in grey, as it is stored. The argument is its width in pixels, at most.
    """

    read: Callable[[str], FormPage]
    draw: Callable[[int], Image.Image | None] = draw_nothing


Open: TypeAlias = Callable[[Content, Settings], AbstractContextManager[Sequence[Page]]]


class Adapter(NamedTuple):
    """A kind of file that holds forms.

    kind: What messages call it.
    suffixes: Endings of files in folders that are read, in lower case.
    recognizes: Says whether a file is of this kind, by its content.
    open: Opens a file and lists its pages. Until it is closed they can be read, and
        drawn, in any order.
    """

    kind: str
    suffixes: frozenset[str]
    recognizes: Callable[[Content], bool]
    open: Open


def open_text(kind: str, read: Callable[[Content, Settings], list[FormPage]]) -> Open:
    """Make an adapter's `open` of a function that reads all pages of a file of text."""

    @contextmanager
    def open_pages(content: Content, settings: Settings) -> Iterator[list[Page]]:
        """Read all pages.

        RAISES ValueError: C508 and C509, for what is broken or has no pages; C514, for
            what is too large.
        """
        content.check_size()
        try:
            pages = read(content, settings)
        # Such as numbers where lists should be.
        except Exception as error:
            if isinstance(error, CodedError):
                raise
            raise make_fault(settings.name, kind, type(error).__name__) from None
        if not pages:
            raise CodedValueError(Errors.C509.format(name=settings.name))
        yield [Page(partial(_get_page, page)) for page in pages]

    return open_pages


def make_fault(name: str, kind: str, reason: str) -> CodedValueError:
    """Make the error (C508) about a file that is broken."""
    return CodedValueError(Errors.C508.format(name=name, kind=kind, reason=reason))


def _get_page(page: FormPage, where: str) -> FormPage:
    return page
