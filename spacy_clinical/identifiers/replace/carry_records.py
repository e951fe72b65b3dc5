"""Carry what belongs together in a note, and its dates, to the Doc of its clean text.

Places are moved. What stands where an identifier was replaced isn't carried, nor are days that
the note says, unless all its dates were moved by the same number of days.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from spacy.tokens import Doc

from spacy_clinical.extensions.moved import TokenFinder
from spacy_clinical.extensions.relation_attributes import (
    MEASUREMENTS,
    MEDICATIONS,
    RELATIONS,
    has_records,
    list_dates,
    set_date,
)
from spacy_clinical.identifiers.replace.check import find_left
from spacy_clinical.identifiers.replace.offset_map import OffsetMap

OTHER, REMOVED = "other", "removed"
_START, _END = "start_char", "end_char"
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(T.*)?", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)
# Of dates; other times last as long as before.
_OF_DAYS = frozenset({"DATE", "TIME"})


class DateMove(NamedTuple):
    """The change that was made to the dates of a note.

    are_replaced: Whether any of them was replaced.
    days: By how many days all were moved; None unless they were.
    """

    are_replaced: bool = False
    days: int | None = None


def carry_records(
    doc: Doc,
    finder: TokenFinder,
    offsets: OffsetMap,
    gone: Sequence[str],
    dates: DateMove,
) -> None:
    """Write relations, medications, measurements and dates of a Doc to that of the
    clean text.

    doc: The original.
    finder: Of the new Doc.
    offsets: Where the places of the original are in it.
    gone: The identifiers that were replaced.
    """
    mover = _Mover(finder.doc.text, offsets, gone, dates)
    for name, move in (
        (RELATIONS, mover.move_relation),
        (MEDICATIONS, mover.move_medication),
        (MEASUREMENTS, mover.move_measurement),
    ):
        if has_records(doc, name):
            rows = map(move, doc._.get(name))
            finder.doc._.set(name, [row for row in rows if row is not None])
    for start, end, value in list_dates(doc):
        first, last = finder.find(start, end)
        if first < last:
            span = finder.doc[first:last]
            moved = mover.move_date(value, start, end)
            set_date(finder.doc, span.start_char, span.end_char, moved)


class _Mover:
    def __init__(
        self, text: str, offsets: OffsetMap, gone: Sequence[str], dates: DateMove
    ) -> None:
        self.text = text
        self.offsets = offsets
        self.gone = gone
        self.dates = dates
        self._ends = [row.old_end for row in offsets.replaced]

    def move_relation(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        sides = {
            side: {**row[side], **self._move_place(row[side])}
            for side in ("head", "child")
        }
        return None if self._quotes([row["label"], sides]) else {**row, **sides}

    def move_medication(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        moved: dict[str, Any] = self._move_parts(row)
        if not moved["drug"]:
            return None
        for drug in (moved["drug"], *moved["other_names"]):
            drug["text"] = self.text[drug[_START] : drug[_END]]
            if self._quotes(drug["kb_id"]):
                drug["kb_id"] = ""
        return self._finish(row, moved)

    def move_measurement(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        moved: dict[str, Any] = self._move_parts(row)
        written = row["value_text"]
        moved["analyte"] = {**row["analyte"], **(moved["analyte"] or {})}
        if row["analyte"].get(_START) is not None and not self._is_kept(row["analyte"]):
            return None
        place = self._move_place(row)
        if written not in self.text[place[_START] : place[_END]]:
            return None
        moved["date"] = self._move_day(row["date"])
        return self._finish(row, moved)

    def move_date(
        self, value: Mapping[str, Any], start: int, end: int
    ) -> dict[str, Any]:
        """Copy what is known of a date at a place of the original (characters)."""
        is_gone = self._overlaps(start, end)
        is_day = value["type"] in _OF_DAYS
        if not is_gone and not (is_day and self.dates.are_replaced):
            return {**value}
        # What stands in the clean text itself, as years may.
        is_own = not is_gone and not value["anchor"] and not value["reason"]
        if is_own:
            return {**value}
        names = ("value", "value_end", "other")
        moved = {
            name: self._move_day(value[name]) if is_day else None for name in names
        }
        if moved["value"] is None or any(value[n] and not moved[n] for n in names):
            new = self.text[slice(*self.offsets.to_new(start, end))]
            year = new if is_day and _YEAR.fullmatch(new) else None
            gone = {**dict.fromkeys(names), "value": year}
            is_known = {"resolved": year is not None, "reason": "" if year else REMOVED}
            return {**value, **gone, **is_known}
        return {**value, **moved}

    def _move_day(self, written: str | None) -> str | None:
        """Move a day as all dates of the note were; None if they weren't."""
        if written is None or not self.dates.are_replaced:
            return written
        match = _DAY.fullmatch(written)
        if match is None or self.dates.days is None:
            return None
        try:
            day = date.fromisoformat(match[1]) + timedelta(days=self.dates.days)
        except (ValueError, OverflowError):
            return None
        return f"{day.isoformat()}{match[2] or ''}"

    def _move_parts(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Copy a record with its parts moved; those that were replaced become None."""
        moved = {name: self._move(value) for name, value in row.items()}
        return {**moved, **self._move_place(row)}

    def _move(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            items = [self._move(item) for item in value]
            return [item for item in items if item is not None]
        if not isinstance(value, Mapping):
            return value
        if value.get(_START) is None:
            return {name: self._move(item) for name, item in value.items()}
        return self._move_parts(value) if self._is_kept(value) else None

    def _move_place(self, row: Mapping[str, Any]) -> dict[str, int]:
        start, end = self.offsets.to_new(row[_START], row[_END])
        return {_START: start, _END: end}

    def _is_kept(self, row: Mapping[str, Any]) -> bool:
        return not self._overlaps(row[_START], row[_END])

    def _overlaps(self, start: int, end: int) -> bool:
        """Check whether some of a place of the original was replaced."""
        k = bisect_right(self._ends, start)
        replaced = self.offsets.replaced
        return k < len(replaced) and replaced[k].old_start < end

    def _finish(
        self, row: Mapping[str, Any], moved: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Check that nothing of an identifier is left in a record."""
        section = row.get("section") or ""
        if self._quotes(section.replace("_", " ")):
            moved["section"] = OTHER
        return None if self._quotes(moved) else moved

    def _quotes(self, value: Any) -> bool:
        """Check whether plain data quotes an identifier."""
        if isinstance(value, str):
            return bool(find_left(value, self.gone))
        if isinstance(value, Mapping):
            return any(map(self._quotes, value.values()))
        return isinstance(value, list | tuple) and any(map(self._quotes, value))
