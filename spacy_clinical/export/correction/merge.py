"""Corrections and the records that they were exported from, together.

What a format can't hold is taken from the record: all of a note but its annotations, and
what is said of an entity that still has its place and label.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.correction.annotated import (
    Annotated,
    Holds,
    Read,
    make_record,
)
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.types import NoteFailure

_CONCEPT = ("kb_id", "kb_ents", "concept")
# Of the note, not of its annotations.
_KEPT = (
    *("id", "source", "meta", "text", "n_chars", "codes", "abbreviations"),
    *("subsections", "n_sentences", "sentences", "pieces", "provenance", "error"),
)


def merge_all(
    read: Iterable[Read],
    records: Mapping[str, Mapping[str, Any]],
    holds: Holds,
    path: Path,
) -> Iterator[dict[str, Any] | NoteFailure]:
    """Merge corrected notes with their records, one at a time.

    records: By their ids.
    holds: What the format of the corrections holds.
    path: Of the records, for errors.
    YIELDS: Records, or why a note can't be used.
    """
    for one in read:
        if isinstance(one, NoteFailure):
            yield one
            continue
        try:
            record = _find(one, records, path)
            yield merge(one, record, holds)
        except CodedValueError as error:
            yield NoteFailure(one.note.source, str(error))


def _find(
    corrected: Annotated, records: Mapping[str, Mapping[str, Any]], path: Path
) -> Mapping[str, Any]:
    note = corrected.note
    if note.id not in records:
        raise CodedValueError(
            Errors.C764.format(id=note.id, path=path, source=note.source)
        )
    return records[note.id]


def merge(
    corrected: Annotated, record: Mapping[str, Any], holds: Holds
) -> dict[str, Any]:
    """Make the record of a corrected note.

    RAISES ValueError: C763, if its text differs from the record's.
    """
    _check_text(corrected, record)
    note = corrected.note._replace(text=record["text"])
    made = make_record(corrected._replace(note=note))
    made |= {name: record[name] for name in _KEPT if name in record}
    if not holds.sections:
        made["sections"] = record.get("sections") or []
    if not holds.identifiers:
        made["identifiers"] = record.get("identifiers")
    before = {
        _get_place(row): row
        for row in (*record["entities"], *(record.get("overlapping") or ()))
    }
    for name in ("entities", "overlapping"):
        made[name] = [
            _merge_entity(row, before.get(_get_place(row)), holds) for row in made[name]
        ]
    return made


def _check_text(corrected: Annotated, record: Mapping[str, Any]) -> None:
    at = find_difference(record["text"], corrected.note.text)
    if at is not None:
        message = Errors.C763.format(
            source=corrected.note.source, id=corrected.note.id, at=at
        )
        raise CodedValueError(message)


def find_difference(first: str, second: str) -> int | None:
    """Find the first character in which texts differ; None if they are the same.

    Formats of XML have spaces for control characters, which is no difference.
    """
    if first == second:
        return None
    for i, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b and not (" " in (a, b) and not (a.isprintable() and b.isprintable())):
            return i
    return min(len(first), len(second)) if len(first) != len(second) else None


def _get_place(row: Mapping[str, Any]) -> tuple[int, int, str]:
    return row["start"], row["end"], row["label"]


def _merge_entity(
    row: Mapping[str, Any], before: Mapping[str, Any] | None, holds: Holds
) -> dict[str, Any]:
    if before is None:
        return dict(row)
    merged = {**row, **before}
    if holds.attributes:
        said = {name: row[name] for name in CONTEXT_ATTRIBUTES}
        changed = any(bool(before.get(name)) != value for name, value in said.items())
        merged |= said if changed else {}
        # The reasons are those of what it said before.
        merged["assertion"] = None if changed else before.get("assertion")
    if holds.concepts and row["kb_id"] != (before.get("kb_id") or ""):
        merged |= {name: row[name] for name in _CONCEPT}
    return merged
