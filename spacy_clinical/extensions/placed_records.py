"""Attributes of Docs that are lists of plain records with places in the text.

Places are kept in characters from where the Doc started that they were written to; tokens
are found when they are read. So records survive `Doc.from_docs`,
`span.as_doc(copy_user_data=True)` and changes of tokens: one stays if all of its places
are in the Doc.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeAlias

from spacy.tokens import Doc

from spacy_clinical.extensions.doc_data import (
    count_chars,
    find_kept,
    keep,
    restore_lists,
    token_borders,
)

PREFIX = "spacy_clinical."
Records: TypeAlias = list[dict[str, Any]]
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


def _get_records(
    doc: Doc, *, name: str, complete: Callable[[Doc, Records], Records] | None
) -> Records:
    records: Records = []
    for start, _, kept in find_kept(doc, PREFIX + name):
        places = _Places(doc, start)
        for record in kept or ():
            places.are_inside = True
            moved = places.move(record)
            if places.are_inside:
                records.append(moved)
    return records if complete is None else complete(doc, records)


def _set_records(
    doc: Doc, records: Iterable[Mapping[str, Any]] | None, *, name: str
) -> None:
    keep(doc, PREFIX + name, [restore_lists(record) for record in records or ()])


def register_records(
    name: str, *, complete: Callable[[Doc, Records], Records] | None = None
) -> None:
    """Add an attribute of Docs. Repeating it changes nothing.

    name: Of the attribute; in its records, all that has start_char and end_char is a
        place.
    complete: Adds what other components may have found since they were written.
    """
    getter = partial(_get_records, name=name, complete=complete)
    setter = partial(_set_records, name=name)
    Doc.set_extension(name, getter=getter, setter=setter, force=True)
