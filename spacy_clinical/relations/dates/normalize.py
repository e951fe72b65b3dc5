"""Normalize the text of a time: a date, time of day, duration, age or frequency."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from spacy_clinical.relations.dates.amounts import (
    read_age,
    read_duration,
    read_set,
    read_years,
)
from spacy_clinical.relations.dates.calendar_dates import Context, read_calendar_date
from spacy_clinical.relations.dates.clock import PARTS, read_clock
from spacy_clinical.relations.dates.modifiers import split_modifier
from spacy_clinical.relations.dates.relative import (
    read_bare,
    read_event,
    read_relative,
)
from spacy_clinical.relations.dates.value import TimeValue
from spacy_clinical.relations.dates.words import fold

# Labels of entities, as MACCROBAT spells them, in small letters.
KINDS = frozenset({"date", "time", "duration", "age", "frequency"})
# Longer texts are no time; they aren't read, as nothing in them would be sure.
MAX_CHARS = 100
_PART = re.compile(rf"(?:in |at |during )?(?:the )?({'|'.join(PARTS)})")
_IS_DISTANT = frozenset({"AFTER", "BEFORE"})


def normalize_time(
    text: str,
    reference: date | None = None,
    kind: str = "",
    *,
    anchors: Mapping[str, date] | None = None,
    day_first: bool | None = None,
    is_future: bool = False,
) -> dict[str, Any] | None:
    """Normalize the text of a time; None if it isn't one.

    reference: The date of the note.
    kind: The label of the entity, such as "Date"; "" if there is none.
    anchors: Other dates that it may be relative to, by their names: admission, discharge,
        surgery, birth, previous.
    day_first: Whether "3/4" is the third of April; None if it isn't known.
    is_future: Whether the text speaks of something to come.
    RETURNS: The value, as `TimeValue` describes it, as plain data.
    """
    found = read_time(
        text,
        kind,
        Context(reference, day_first, is_future),
        {**(anchors or {}), **({"note": reference} if reference else {})},
    )
    return found.as_record() if found else None


def read_time(
    text: str, kind: str, context: Context, anchors: Mapping[str, date]
) -> TimeValue | None:
    """Read the value of a time; None if the text isn't one.

    kind: The label of the entity; "" if there is none.
    anchors: By their names, with that of the note.
    """
    if len(text) > MAX_CHARS:
        return None
    folded = fold(text)
    if not folded:
        return None
    kind = kind.lower()
    for read in _READERS.get(kind, _ANY):
        found = read(folded, context, anchors)
        if found is not None:
            return found
    return None


def _read_date(
    folded: str, context: Context, anchors: Mapping[str, date]
) -> TimeValue | None:
    whole = read_calendar_date(folded, context) or read_relative(
        folded, context, anchors
    )
    if whole is not None:
        return whole
    mod, rest = split_modifier(folded)
    if rest == folded:
        return None
    found = read_calendar_date(rest, context) or read_relative(rest, context, anchors)
    return replace(found, mod=mod) if found and mod else found


def _read_distance(
    folded: str, context: Context, anchors: Mapping[str, date]
) -> TimeValue | None:
    """Read what is said as a date, but is an event, or a length of time."""
    mod, rest = split_modifier(folded.removeprefix("just "))
    event = read_event(rest, anchors)
    if event is not None:
        return replace(event, mod=mod)
    found = read_bare(rest, anchors)
    if found is None:
        return None
    return replace(found, mod=None if mod in _IS_DISTANT else mod)


def _read_clock(
    folded: str, context: Context, anchors: Mapping[str, date]
) -> TimeValue | None:
    mod, rest = split_modifier(folded)
    value = read_clock(rest)
    if value is None:
        match = _PART.fullmatch(folded)
        value = PARTS[match[1]] if match else None
    return TimeValue("TIME", value, mod=mod) if value else None


def _read_amount(
    folded: str, context: Context, anchors: Mapping[str, date]
) -> TimeValue | None:
    mod, rest = split_modifier(folded)
    found = read_duration(rest)
    return replace(found, mod=mod) if found else None


def _read_age(
    folded: str, context: Context, anchors: Mapping[str, date]
) -> TimeValue | None:
    mod, rest = split_modifier(folded, "AGE")
    found = read_age(rest) or read_age(folded)
    return replace(found, mod=mod) if found else None


def _read_years(
    folded: str, context: Context, anchors: Mapping[str, date]
) -> TimeValue | None:
    mod, rest = split_modifier(folded, "AGE")
    found = read_years(rest)
    return replace(found, mod=mod) if found else None


def _read_set(
    folded: str, context: Context, anchors: Mapping[str, date]
) -> TimeValue | None:
    mod, rest = split_modifier(folded)
    found = read_set(folded) or read_set(rest)
    return replace(found, mod=mod) if found and rest != folded else found


_Reader = Callable[[str, Context, Mapping[str, date]], TimeValue | None]
# In each, the first that can read a text decides.
_READERS: dict[str, tuple[_Reader, ...]] = {
    "date": (_read_date, _read_age, _read_clock, _read_distance),
    "time": (_read_clock, _read_date, _read_age, _read_distance),
    "duration": (_read_age, _read_date, _read_amount, _read_clock),
    "age": (_read_age, _read_years),
    "frequency": (_read_set,),
}
_ANY: tuple[_Reader, ...] = (
    _read_date,
    _read_age,
    _read_set,
    _read_clock,
    _read_amount,
)
