"""Short forms and what they stand for, in records.

A record has them in `abbreviations`, of `clinical_abbreviations`:

    start, end, text      of the short form
    long_form             what it stands for; "" if it is unknown
    label                 type of entity that it names; "" if it is unknown
    source                what says so: "note", "inventory"; or "unknown"
    long_start, long_end  where the note has the long form; null if it hasn't
    readings              long forms that it may have, if it is unknown which
"""

from collections.abc import Mapping
from typing import Any, TypedDict

from spacy.tokens import Doc

from spacy_clinical.extensions.abbreviation_attributes import (
    SOURCES,
    UNKNOWN,
    ShortForm,
    list_abbreviations,
)

FIELDS = (
    *("start", "end", "text", "long_form", "label", "source", "long_start", "long_end"),
    "readings",
)
# Those that have no words of the note.
PLAIN_FIELDS = ("start", "end", "label", "source", "long_start", "long_end")


class AbbreviationRecord(TypedDict, total=False):
    """A short form; the module says what its fields are."""

    start: int
    end: int
    text: str
    long_form: str
    label: str
    source: str
    long_start: int | None
    long_end: int | None
    readings: list[str]


def describe_abbreviations(doc: Doc, text: str) -> list[AbbreviationRecord]:
    """Make the records of a Doc's short forms.

    text: Of the Doc.
    """
    records: list[AbbreviationRecord] = []
    for row in list_abbreviations(doc):
        start, end = row.place or (None, None)
        records.append(
            {
                "start": row.start,
                "end": row.end,
                "text": text[row.start : row.end],
                "long_form": row.long_form,
                "label": row.label,
                "source": row.source,
                "long_start": start,
                "long_end": end,
                "readings": list(row.readings),
            }
        )
    return records


def bare_abbreviation(row: Mapping[str, Any]) -> dict[str, Any]:
    """Copy the fields of a record that have no words of the note.

    row: A record, which may come from anywhere.
    """
    bare = {name: row[name] for name in PLAIN_FIELDS if name in row}
    if bare.get("source") not in SOURCES:
        bare["source"] = UNKNOWN
    return bare


def restore_abbreviation(row: Mapping[str, Any]) -> ShortForm:
    """Make what a Doc keeps of a record."""
    start, end = row.get("long_start"), row.get("long_end")
    return ShortForm(
        row["start"],
        row["end"],
        row.get("long_form") or "",
        row.get("label") or "",
        row.get("source") or UNKNOWN,
        None if start is None or end is None else (start, end),
        tuple(row.get("readings") or ()),
    )
