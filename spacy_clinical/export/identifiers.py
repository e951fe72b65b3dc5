"""Identifiers in records: `identifiers`, of `clinical_deidentifier`."""

from typing import TypedDict

from spacy.tokens import Doc

from spacy_clinical.files.json_text import round_finite
from spacy_clinical.identifiers.found import list_identifiers


class IdentifierRecord(TypedDict, total=False):
    """An identifier of a person; `kind` and `source` are "" where they are unknown."""

    label: str
    kind: str
    text: str
    start: int
    end: int
    score: float | None
    source: str


def describe_identifiers(doc: Doc, text: str) -> list[IdentifierRecord]:
    """Make the records of a Doc's identifiers.

    text: Of the Doc.
    """
    return [
        {
            "label": row.label,
            "kind": row.kind,
            "text": text[row.start : row.end],
            "start": row.start,
            "end": row.end,
            "score": round_finite(row.score),
            "source": row.source,
        }
        for row in list_identifiers(doc)
    ]
