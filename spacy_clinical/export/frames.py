"""Docs or records as data frames of pandas or polars, a row for each finding."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Literal

from spacy.tokens import Doc

from spacy_clinical.export.records import make_record
from spacy_clinical.types import Note

Rows = Literal["notes", "sections", "entities", "codes", "fields"]
Library = Literal["pandas", "polars"]

COLUMNS: dict[Rows, tuple[str, ...]] = {
    "notes": ("id", "source", "n_chars", "n_sentences", "error"),
    "sections": ("id", "label", "loinc", "title", "start", "end", "body_start"),
    "entities": ("id", "label", "text", "start", "end", "score", "section"),
    "codes": ("id", "code", "title", "chapter", "score"),
    "fields": ("id", "key", "option", "value", "page", "score"),
}


def to_frame(
    docs: Iterable[Doc | Mapping[str, Any]],
    rows: Rows = "entities",
    *,
    library: Library = "pandas",
) -> Any:
    """Make a data frame of what was found.

    docs: Docs, whose numbers become their ids, or records with ids.
    rows: What a row is: a note, a section, an entity, a code, or a field of a form.
    library: The one that is installed.
    """
    found = [row for item in _list_records(docs) for row in _list_rows(item, rows)]
    columns = {name: [row.get(name) for row in found] for name in COLUMNS[rows]}
    return import_module(library).DataFrame(columns)


def _list_records(
    docs: Iterable[Doc | Mapping[str, Any]],
) -> Iterator[Mapping[str, Any]]:
    for number, item in enumerate(docs):
        if isinstance(item, Doc):
            note = Note(str(number), item.text, {}, "")
            yield {**make_record(note, item), "fields": item._.form_fields}
        else:
            yield item


def _list_rows(record: Mapping[str, Any], rows: Rows) -> Iterator[dict[str, Any]]:
    if rows == "notes":
        error = record["error"]
        yield {**record, "error": None if error is None else error["message"]}
        return
    for row in record.get(rows, ()):
        value = row.get("value")
        # A column has one type: what is ticked is written.
        written = {"value": str(value).lower()} if isinstance(value, bool) else {}
        yield {"id": record["id"], **row, **written}
