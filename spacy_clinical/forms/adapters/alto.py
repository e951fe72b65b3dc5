"""ALTO XML, as libraries, ABBYY and Tesseract write it.

SOURCE: ALTO 2 to 4, https://www.loc.gov/standards/alto/.
"""

from typing import Any
from xml.etree import ElementTree

from spacy_clinical.errors import Errors
from spacy_clinical.forms.pages import FormPage, Word

# As the standard names units, and as pages do here.
UNITS = {"pixel": "px", "mm10": "mm10", "inch1200": "inch1200"}


def read_alto(data: bytes, *, name: str) -> list[FormPage]:
    """Read the words of all pages, in the file's unit.

    RAISES ValueError: C508, for what is no XML, or defines entities, as no ALTO file
        does.
    """
    if b"<!ENTITY" in data:
        raise ValueError(Errors.C508.format(name=name, kind="ALTO", reason="entities"))
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        line, column = error.position
        reason = f"line {line}, column {column}"
        raise ValueError(
            Errors.C508.format(name=name, kind="ALTO", reason=reason)
        ) from None
    unit = root.findtext("{*}Description/{*}MeasurementUnit", "pixel").strip()
    pages = []
    for page in root.findall(".//{*}Page"):
        words = [
            word
            for string in page.findall(".//{*}String")
            for word in _read_string(string)
        ]
        size = _read_number(page, "WIDTH"), _read_number(page, "HEIGHT")
        pages.append(FormPage(*size, UNITS.get(unit, unit), words, "alto"))
    return pages


def _read_string(string: Any) -> list[Word]:
    text = string.get("CONTENT", "").strip()
    if not text or string.get("HPOS") is None:
        return []
    x, y = _read_number(string, "HPOS"), _read_number(string, "VPOS")
    width, height = _read_number(string, "WIDTH"), _read_number(string, "HEIGHT")
    sure = string.get("WC")
    confidence = (
        None if sure is None else min(max(_read_number(string, "WC"), 0.0), 1.0)
    )
    return [Word(text, (x, y, x + width, y + height), confidence)]


def _read_number(element: Any, name: str) -> float:
    try:
        return float(element.get(name, 0))
    except ValueError:
        return 0.0
