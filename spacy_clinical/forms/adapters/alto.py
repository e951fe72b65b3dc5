"""Read ALTO XML, as libraries, ABBYY and Tesseract write it.

SOURCE: ALTO 2 to 4, https://www.loc.gov/standards/alto/.
"""

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from spacy_clinical.forms.adapters.adapter import (
    Adapter,
    Content,
    Settings,
    make_fault,
    open_text,
)
from spacy_clinical.forms.checks import add_word, to_number
from spacy_clinical.forms.limits import check_n_pages
from spacy_clinical.forms.pages import FormPage, Word

# Units: the standard's names, and those of pages here.
UNITS = {"pixel": "px", "mm10": "mm10", "inch1200": "inch1200"}
# Bytes that are parsed at once.
PART = 1 << 16


def read_alto(content: Content, settings: Settings) -> list[FormPage]:
    """Read the words of all pages, in the file's unit.

    RAISES ValueError: C505, if there are too many pages; C508, for what is no XML, or
        has a document type of its own, with entities or without, as no ALTO file does.
    """
    data, name, deadline = content.data, settings.name, settings.deadline
    reader = _Reader(name, settings.max_pages)
    try:
        for start in range(0, len(data), PART):
            reader.parser.Parse(data[start : start + PART], False)
            if deadline.is_over:
                late = FormPage(0, 0, "", error=deadline.describe(name))
                return [*reader.list_pages(), late]
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = f"line {error.lineno}, column {error.offset}"
        raise make_fault(name, "ALTO", reason) from None
    return reader.list_pages()


class _Reader:
    """Collect words while a file is parsed, without building a tree."""

    def __init__(self, name: str, max_pages: int) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add_text
        # The parser itself says so, in whatever encoding a file hides it.
        self.parser.StartDoctypeDeclHandler = self._check_type
        self.parser.EntityDeclHandler = self._refuse_entities
        self._name = name
        self._max_pages = max_pages
        self._pages: list[FormPage] = []
        self._is_in_page = False
        self._unit: list[str] | None = None
        self._known_unit = ""

    def list_pages(self) -> list[FormPage]:
        unit = self._known_unit.strip() or "pixel"
        return [
            FormPage(page.width, page.height, UNITS.get(unit, unit), page.words, "alto")
            for page in self._pages
        ]

    def _check_type(self, name: str, system: Any, public: Any, has_own: int) -> None:
        if has_own:
            self._refuse_entities()

    def _refuse_entities(self, *_: Any) -> None:
        reason = "it declares entities or a document type"
        raise make_fault(self._name, "ALTO", reason)

    def _start(self, tag: str, values: Mapping[str, str]) -> None:
        kind = tag.rpartition(" ")[2]
        if kind == "Page":
            size = to_number(values.get("WIDTH", 0)), to_number(values.get("HEIGHT", 0))
            self._pages.append(FormPage(*size, "", [], "alto"))
            self._is_in_page = True
            n_pages = len(self._pages)
            check_n_pages(n_pages, name=self._name, max_pages=self._max_pages)
        elif kind == "String" and self._is_in_page:
            self._add_word(values)
        elif kind == "MeasurementUnit" and not self._known_unit:
            self._unit = []

    def _end(self, tag: str) -> None:
        kind = tag.rpartition(" ")[2]
        if kind == "Page":
            self._is_in_page = False
        elif kind == "MeasurementUnit" and self._unit is not None:
            self._known_unit, self._unit = "".join(self._unit), None

    def _add_text(self, text: str) -> None:
        if self._unit is not None:
            self._unit.append(text)

    def _add_word(self, values: Mapping[str, str]) -> None:
        text = values.get("CONTENT", "").strip()
        if not text or "HPOS" not in values:
            return
        x, y, width, height = (
            to_number(values.get(key, 0)) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT")
        )
        sure = values.get("WC")
        confidence = None if sure is None else to_number(sure)
        add_word(self._pages[-1], Word(text, (x, y, x + width, y + height), confidence))


def _recognizes(content: Content) -> bool:
    is_alto = b"<alto" in content.head or b":alto" in content.head
    return is_alto and content.start.startswith(b"<")


ALTO = Adapter("ALTO", frozenset({".xml"}), _recognizes, open_text("ALTO", read_alto))
