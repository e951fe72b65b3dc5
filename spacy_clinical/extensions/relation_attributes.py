"""Relations of a Doc, and the records that follow from them: `doc._.relations`,
`doc._.medications`, `doc._.measurements` and `span._.date`.

All are lists of plain records, or one record. Places in them are kept in characters from
where the Doc started that they were written to; tokens are found when they are read. So
they survive `Doc.from_docs`, `span.as_doc(copy_user_data=True)` and changes of tokens: a
record stays if all of its places are in the Doc.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from spacy.tokens import Doc, Span

from spacy_clinical.extensions.doc_data import (
    Kept,
    count_chars,
    find_kept,
    get_user_data,
    keep,
    list_kept,
    restore_lists,
    token_borders,
)
from spacy_clinical.extensions.span_groups import follow

RELATIONS = "relations"
# Records that are assembled from relations.
MEDICATIONS, MEASUREMENTS = "medications", "measurements"
RECORDS = (MEDICATIONS, MEASUREMENTS)
_PREFIX = "spacy_clinical."
_DATE, _KNOWN = "spacy_clinical.date", "clinical_known_relations"
_START, _END = "start_char", "end_char"


class _Places:
    """Moves places in records, and finds their tokens.

    doc: The Doc that they are in.
    by (characters): How far they are moved.
    """

    def __init__(self, doc: Doc, by: int) -> None:
        self.by = by
        self.n_chars = count_chars(doc)
        self.starts, self.ends = token_borders(doc)
        self.are_inside = True

    def move(self, value: Any) -> Any:
        """Copy plain data with its places moved; `are_inside` becomes false if one isn't in
        the Doc."""
        if isinstance(value, list | tuple):
            return [self.move(item) for item in value]
        if not isinstance(value, dict):
            return value
        moved = {key: self.move(item) for key, item in value.items()}
        start, end = value.get(_START), value.get(_END)
        if isinstance(start, int) and isinstance(end, int):
            moved |= self._find(start + self.by, end + self.by)
        return moved

    def _find(self, start: int, end: int) -> dict[str, int]:
        if not 0 <= start <= end <= self.n_chars:
            self.are_inside = False
        first = int(self.ends.searchsorted(start, side="right"))
        last = int(self.starts.searchsorted(end, side="left"))
        return {
            "start": first,
            "end": max(first, last),
            _START: start,
            _END: end,
        }


def _get_records(doc: Doc, *, name: str) -> list[dict[str, Any]]:
    records = []
    for start, _, kept in find_kept(doc, _PREFIX + name):
        places = _Places(doc, start)
        for record in kept or ():
            places.are_inside = True
            moved = places.move(record)
            if places.are_inside:
                records.append(moved)
    return _add_concepts(doc, records) if name == MEDICATIONS else records


def _add_concepts(doc: Doc, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the ids of concepts that entities have now: they may have been linked after the
    records were written."""
    ids = {(ent.start_char, ent.end_char): ent.kb_id_ for ent in doc.ents if ent.kb_id}
    if not ids:
        return records
    for record in records:
        for drug in (record.get("drug"), *record.get("other_names", ())):
            if isinstance(drug, dict) and "kb_id" in drug:
                place = drug[_START], drug[_END]
                drug["kb_id"] = ids.get(place) or drug["kb_id"]
    return records


def _set_records(
    doc: Doc, records: Iterable[Mapping[str, Any]] | None, *, name: str
) -> None:
    keep(doc, _PREFIX + name, [restore_lists(record) for record in records or ()])


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
    return bool(find_kept(doc, _PREFIX + name))


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
    for name in (RELATIONS, *RECORDS):
        getter = partial(_get_records, name=name)
        setter = partial(_set_records, name=name)
        Doc.set_extension(name, getter=getter, setter=setter, force=True)
    Span.set_extension("date", getter=_get_date, setter=_set_date, force=True)
