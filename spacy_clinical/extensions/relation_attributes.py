"""Relations of a Doc, and the records that follow from them: `doc._.relations`,
`doc._.medications`, `doc._.measurements` and `span._.date`.

All are lists of plain records (see `placed_records`), or one record.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from spacy.tokens import Doc, Span

from spacy_clinical.extensions.doc_data import (
    Kept,
    find_kept,
    get_user_data,
    keep,
    list_kept,
    restore_lists,
)
from spacy_clinical.extensions.placed_records import PREFIX, register_records
from spacy_clinical.extensions.span_groups import follow

RELATIONS = "relations"
# Records that are assembled from entities and the text.
MEDICATIONS, MEASUREMENTS = "medications", "measurements"
RECORDS = (MEDICATIONS, MEASUREMENTS)
_DATE, _KNOWN = "spacy_clinical.date", "clinical_known_relations"


def _add_concepts(doc: Doc, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the ids of concepts that entities have now: they may have been linked after the
    records were written."""
    ids = {(ent.start_char, ent.end_char): ent.kb_id_ for ent in doc.ents if ent.kb_id}
    if not ids:
        return records
    for record in records:
        for drug in (record.get("drug"), *record.get("other_names", ())):
            if isinstance(drug, dict) and "kb_id" in drug:
                place = drug["start_char"], drug["end_char"]
                drug["kb_id"] = ids.get(place) or drug["kb_id"]
    return records


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
    return has_records(doc, RELATIONS)


def has_records(doc: Doc, name: str) -> bool:
    """Check whether records were written to a Doc, be it none.

    name: Of the attribute.
    """
    return bool(find_kept(doc, PREFIX + name))


def list_dates(doc: Doc) -> list[Kept]:
    """List the dates of the spans of a Doc, in the order of the text."""
    kept = list_kept(doc, _DATE.__eq__)
    return [one._replace(value=restore_lists(one.value)) for one in kept]


def set_date(doc: Doc, start: int, end: int, date: Mapping[str, Any]) -> None:
    """Write the date of a span.

    start, end (characters): Of the span.
    """
    get_user_data(doc)["._.", _DATE, start, end] = dict(date)


def register_relation_extensions() -> None:
    """Add the attributes. Repeating it changes nothing."""
    register_records(RELATIONS)
    register_records(MEDICATIONS, complete=_add_concepts)
    register_records(MEASUREMENTS)
    Span.set_extension("date", getter=_get_date, setter=_set_date, force=True)
