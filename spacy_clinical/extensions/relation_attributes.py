"""Relations of a Doc, and the records that follow from them: `doc._.relations`,
`doc._.medications`, `doc._.measurements` and `span._.date`.

All are lists of plain records (see `placed_records`), or one record.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from spacy.tokens import Doc, Span

from spacy_clinical.extensions.doc_data import (
    find_kept,
    get_user_data,
    keep,
    restore_lists,
)
from spacy_clinical.extensions.placed_records import PREFIX, register_records
from spacy_clinical.extensions.span_groups import follow

RELATIONS = "relations"
# Records that are assembled from relations.
RECORDS = ("medications", "measurements")
_DATE, _KNOWN = "spacy_clinical.date", "clinical_known_relations"


def _get_date(span: Span) -> dict[str, Any] | None:
    span = follow(span)
    key = ("._.", _DATE, span.start_char, span.end_char)
    date: dict[str, Any] | None = restore_lists(get_user_data(span.doc).get(key))
    return date


def _set_date(span: Span, date: Mapping[str, Any] | None) -> None:
    key = ("._.", _DATE, span.start_char, span.end_char)
    if date is None:
        get_user_data(span.doc).pop(key, None)
    else:
        get_user_data(span.doc)[key] = restore_lists(date)


def set_known_relations(doc: Doc, labels: Iterable[str]) -> None:
    """Write which relations the annotations of a Doc say something of.

    labels: Of relations. Where others aren't there, they may hold all the same.
    """
    keep(doc, _KNOWN, sorted(labels))


def get_known_relations(doc: Doc) -> set[str] | None:
    """Get the labels of the relations that the annotations of a Doc say something of; None
    for all, unless `set_known_relations` wrote which."""
    kept = find_kept(doc, _KNOWN)
    return {name for part in kept for name in part.value} if kept else None


def has_relations(doc: Doc) -> bool:
    """Check whether relations were written to a Doc, be it none."""
    return bool(find_kept(doc, PREFIX + RELATIONS))


def register_relation_extensions() -> None:
    """Add the attributes. Repeating it changes nothing."""
    for name in (RELATIONS, *RECORDS):
        register_records(name)
    Span.set_extension("date", getter=_get_date, setter=_set_date, force=True)
