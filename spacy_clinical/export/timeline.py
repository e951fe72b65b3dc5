"""Timelines: the dated findings, treatments and measurements of a note.

A date belongs to what a relation says, or the record of a measurement. What has no date by
these gets the nearest one of its sentence, which is marked as such, as only the text says so.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from spacy_clinical.export.fhir_relations import Places
from spacy_clinical.export.relation_records import DATE, shape_date, shape_rows
from spacy_clinical.relations.dates.periods import Period, find_period

# Relations that say that two are of the same time.
_SAME_TIME = frozenset({"MODIFY", "OVERLAP"})
# Types of what has a date.
_EVENTS = frozenset(
    {
        *("Sign_symptom", "Disease_disorder", "Outcome", "Medication"),
        *("Diagnostic_procedure", "Therapeutic_procedure", "Clinical_event"),
        *("Other_event", "Activity"),
    }
)
_TIMES = frozenset({"DATE", "TIME"})
# Characters between a date and what may have it, and around one that nothing has.
_MAX_GAP = 100
# A date before something counts as so much further away if one follows, and so does what
# stands between.
_IS_BEFORE = 25
_BREAK = re.compile(r"[,;]|\band\b", re.IGNORECASE)
_BREAK_COST = 20
_MAX_AROUND = 60
_THIRDS = {"EARLY": (0, 1), "MID": (1, 2), "LATE": (2, 3)}


class Event(NamedTuple):
    """An event that has a date (characters, half open).

    entity, measurement: Its number in the record; None if it is none. The event of a date
        that nothing has is the text around it.
    is_near: Whether only its place in the sentence says so.
    """

    start: int
    end: int
    entity: int | None = None
    measurement: int | None = None
    is_near: bool = False


class Moment(NamedTuple):
    """A date of a note, with all that has it.

    period: What it covers.
    value, value_end, mod: As `relations.dates.value` describes them.
    reason: What was assumed; "" if nothing was.
    dates: Numbers of the entities that say so.
    events: In the order of the text.
    """

    period: Period
    value: str
    value_end: str | None
    mod: str | None
    reason: str
    dates: list[int]
    events: list[Event]


class Timeline(NamedTuple):
    """The dates of a note.

    moments: By their dates.
    n_left_out: Dates that can't be placed, as their year or more isn't known.
    """

    moments: list[Moment]
    n_left_out: int


def make_timeline(record: Mapping[str, Any]) -> Timeline:
    """Find what has a date in a record.

    record: As `records.make_record` makes it, with text. Without text there are no dates.
    """
    entities = record["entities"]
    placed: dict[int, Moment] = {}
    n_left_out = 0
    for number, entity in enumerate(entities):
        date = shape_date(entity.get(DATE))
        if date is None or date["type"] not in _TIMES:
            continue
        moment = _make_moment(date)
        if moment is None:
            n_left_out += 1
        else:
            placed[number] = moment
            moment.dates.append(number)
    measured = list(_date_measurements(record))
    _add_related(record, placed)
    _add_near(record, placed, Places(moment.events[0][:2] for moment in measured))
    text = record.get("text") or ""
    for number, moment in placed.items():
        if not moment.events:
            entity = entities[number]
            place = _find_words_around(text, entity["start"], entity["end"])
            moment.events.append(Event(*place, is_near=True))
    return Timeline(_join([*placed.values(), *measured]), n_left_out)


def _make_moment(date: Mapping[str, Any]) -> Moment | None:
    """Make the moment of a date, with nothing that has it; None if it can't be placed."""
    period = find_period(date["value"] or "")
    if period is None or not date["resolved"]:
        return None
    end = find_period(date["value_end"]) if date["value_end"] else None
    if end is not None:
        period = Period(period.start, max(period.end, end.end))
    if date["mod"] in _THIRDS:
        first, last = _THIRDS[date["mod"]]
        third = (period.end - period.start) / 3
        period = Period(period.start + first * third, period.start + last * third)
    value_end = date["value_end"] if end else None
    reason = date["reason"] or ""
    return Moment(period, date["value"], value_end, date["mod"], reason, [], [])


def _add_related(record: Mapping[str, Any], placed: Mapping[int, Moment]) -> None:
    """Add what relations say to moments, by the numbers of the entities of their dates."""
    numbers = {(e["start"], e["end"]): i for i, e in enumerate(record["entities"])}
    seen = set()
    for row in shape_rows(record.get("relations"), "relations"):
        if row["label"] not in _SAME_TIME:
            continue
        places = [(row[side]["start"], row[side]["end"]) for side in ("head", "child")]
        first, second = (numbers.get(place) for place in places)
        for date, other in ((first, second), (second, first)):
            is_new = date in placed and other is not None and (date, other) not in seen
            if date is None or other is None or not is_new:
                continue
            entity = record["entities"][other]
            if entity["label"] in _EVENTS and other not in placed:
                seen.add((date, other))
                place = entity["start"], entity["end"]
                placed[date].events.append(Event(*place, entity=other))


def _add_near(
    record: Mapping[str, Any], placed: Mapping[int, Moment], measured: Places
) -> None:
    """Add to moments what has no date by relations: the nearest date of its sentence.

    measured: Where measurements are that have a date of their own.
    """
    entities, text = record["entities"], record.get("text") or ""
    dated = {event.entity for moment in placed.values() for event in moment.events}
    dates = sorted(placed, key=lambda number: entities[number]["start"])
    starts = [entities[number]["start"] for number in dates]
    borders = _list_borders(record)
    for number, entity in enumerate(entities):
        if number in dated or number in placed or entity["label"] not in _EVENTS:
            continue
        place = entity["start"], entity["end"]
        if measured.overlap(*place):
            continue
        at = bisect_left(starts, entity["start"])
        sentence = bisect_right(borders, entity["start"])
        costs = []
        for date in dates[max(0, at - 1) : at + 1]:
            other = entities[date]
            cost = _weigh_gap(text, entity, other)
            if cost is not None and bisect_right(borders, other["start"]) == sentence:
                costs.append((cost, date))
        if costs:
            event = Event(*place, entity=number, is_near=True)
            placed[min(costs)[1]].events.append(event)


def _weigh_gap(
    text: str, entity: Mapping[str, Any], date: Mapping[str, Any]
) -> float | None:
    """Weigh how far a date is from what may have it; None if that is too far."""
    start = min(entity["end"], date["end"])
    end = max(entity["start"], date["start"])
    if end - start > _MAX_GAP:
        return None
    gap = text[start:end]
    is_before = date["start"] < entity["start"]
    return len(gap) + _BREAK_COST * len(_BREAK.findall(gap)) + _IS_BEFORE * is_before


def _list_borders(record: Mapping[str, Any]) -> list[int]:
    """List where sentences start; lines, if nothing has set sentences."""
    if record.get("sentences"):
        return sorted(record["sentences"])
    text = record.get("text") or ""
    return [0, *(i + 1 for i, char in enumerate(text) if char == "\n")]


def _date_measurements(record: Mapping[str, Any]) -> Iterator[Moment]:
    rows = shape_rows(record.get("measurements"), "measurements", words="fill")
    for number, row in enumerate(rows):
        period = find_period(row[DATE] or "")
        if period is not None:
            event = Event(row["start"], row["end"], measurement=number)
            yield Moment(period, row[DATE], None, None, "", [], [event])


def _find_words_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Find the words around a date in its line, to show what it is of."""
    first = max(text.rfind("\n", 0, start) + 1, start - _MAX_AROUND)
    last = text.find("\n", end)
    last = min(len(text) if last < 0 else last, end + _MAX_AROUND // 2)
    while first < start and first and not text[first - 1].isspace():
        first += 1
    while last > end and last < len(text) and not text[last].isspace():
        last -= 1
    return first, last


def _join(moments: Iterable[Moment]) -> list[Moment]:
    """Put moments of the same date together, and sort them."""
    joined: dict[Sequence[Any], Moment] = {}
    for moment in moments:
        key = moment[:4]
        if key not in joined:
            joined[key] = moment._replace(dates=[], events=[])
        if not moment.reason:
            # One that is written in full is sure.
            joined[key] = joined[key]._replace(reason="")
        joined[key].dates.extend(moment.dates)
        joined[key].events.extend(moment.events)
    for moment in joined.values():
        moment.events.sort(key=lambda event: (event.start, event.end))
    return sorted(joined.values(), key=lambda m: (*m.period, *map(str, m[1:4])))
