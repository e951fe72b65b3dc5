"""Read times that are relative to another: "two weeks ago", "POD #3", "the next day"."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from spacy_clinical.relations.dates.calendar_dates import (
    MONTH,
    SEASON,
    WEEKDAY,
    Context,
    infer_year,
    move,
    read_month,
    read_weekday,
)
from spacy_clinical.relations.dates.clock import PARTS
from spacy_clinical.relations.dates.value import Anchor, TimeType, TimeValue
from spacy_clinical.relations.dates.words import (
    AMOUNT,
    Amount,
    make_amount,
    read_unit,
)

_PART = rf"(?P<part>{'|'.join(PARTS)})"
_NAMED = {
    "today": 0,
    "now": 0,
    "currently": 0,
    "at present": 0,
    "presently": 0,
    "at the moment": 0,
    "this": 0,
    "tonight": 0,
    "yesterday": -1,
    "last": -1,
    "day before yesterday": -2,
    "tomorrow": 1,
    "day after tomorrow": 2,
}
_DAY = re.compile(
    rf"(?:the )?(?P<day>{'|'.join(sorted(_NAMED, key=len, reverse=True))})"
    rf"(?:,? (?:at |in the )?{_PART})?"
)
_WHICH = re.compile(
    r"(?:the |this )?(?P<which>last|past|previous|prior|this|current|next|coming|on)"
    rf" (?:(?P<month>{MONTH})|(?P<weekday>{WEEKDAY})|(?P<season>{SEASON})|"
    rf"(?P<unit>week|month|year))"
)
_ALONE = re.compile(rf"(?P<weekday>{WEEKDAY})(?: {_PART})?")
_THE = r"(?:the |his |her |their |this |initial |current |first |index )*"
_EVENTS: list[tuple[str, Anchor]] = [
    (
        r"admission|admit|presentation|arrival|hospitali[sz]ation|hospital stay",
        "admission",
    ),
    (r"discharge", "discharge"),
    (
        r"surgery|surgical (?:intervention|procedure)|operation|op|operative procedure|"
        r"resection|transplant(?:ation)?",
        "surgery",
    ),
    (r"birth|delivery", "birth"),
]
_EVENT = "|".join(f"(?P<{anchor}>{words})" for words, anchor in _EVENTS)
_OF_EVENT = re.compile(
    rf"{AMOUNT} (?:(?P<back>before|prior to|preceding|pre-?)|"
    rf"(?P<on>after|post|following|since|from|s/p))[ -]{_THE}(?:{_EVENT})\b"
)
_PTA = re.compile(rf"{AMOUNT} (?P<back>pta|prior to arrival|prior to admit)\b")
_POSTOPERATIVE = re.compile(rf"{AMOUNT} (?P<on>post-?op(?:eratively)?|postpartum)\b")
_NUMBER = r"(?:#|no\.? ?|number )?"
_COUNTED: list[tuple[str, Anchor, int]] = [
    # The day of the operation is day 0, that of the admission day 1.
    (
        rf"(?:pod|post-?(?: ?)op(?:erative)?\.? days?) ?{_NUMBER}-?(?P<n>\d{{1,3}})",
        "surgery",
        0,
    ),
    (
        r"(?P<n>\d{1,3})(?:st|nd|rd|th)? (?:pod|(?:post-?op(?:erative)?|postsurgical) day)",
        "surgery",
        0,
    ),
    (
        rf"(?:hd|hod|hospital(?:i[sz]ation)? days?) ?{_NUMBER}(?P<n>\d{{1,3}})",
        "admission",
        1,
    ),
    (r"(?P<n>\d{1,3})(?:st|nd|rd|th) (?:hospital|inpatient) day", "admission", 1),
    (
        rf"day {_NUMBER}(?P<n>\d{{1,3}}) (?:of|after) {_THE}(?:admission|hospitali[sz]ation|"
        r"hospital stay|stay)",
        "admission",
        1,
    ),
    (rf"(?:dol|day of life) ?{_NUMBER}(?P<n>\d{{1,3}})", "unknown", 0),
]
_COUNT = [(re.compile(pattern), anchor, first) for pattern, anchor, first in _COUNTED]
# Of what, isn't said.
_LOOSE = [
    re.compile(
        rf"(?P<unit>day|d|week|month)s? ?{_NUMBER}[+-]?(?P<n>\d{{1,3}})"
        r"(?: ?(?:-|to) ?(?:day )?(?P<last>\d{1,3}))?\b.*"
    ),
    re.compile(r"(?P<n>\d{1,3})(?P<last>)(?:st|nd|rd|th) (?P<unit>day|week|month)\b.*"),
]
_AGO = re.compile(rf"{AMOUNT} (?:ago|back)\b")
# What follows "after" is what it is relative to, if anything does.
_BEFORE = re.compile(
    rf"{AMOUNT} (?:(?:earlier|previously|prior(?! to)|beforehand|preceding)\b|"
    r"(?:before|prior to)(?P<what> .*)?$)"
)
_AFTER = re.compile(
    rf"{AMOUNT} (?:(?:later|afterwards?|thereafter|subsequently|follow-?up|of follow-?up|"
    r"from then|postoperatively)\b|(?:after|following|post|since)(?P<what>[ -].*)?$)"
)
_THEN = re.compile(rf"(?:after|following) (?:following for )?(?:at least )?{AMOUNT}.*")
_IN = re.compile(rf"(?:with)?in (?:the next |about |approximately |another )?{AMOUNT}")
_BARE = re.compile(rf"{AMOUNT}")
_NEXT = re.compile(
    r"(?:on |in |the )*(?P<which>next|following|same|previous|prior|preceding|that)"
    r" (?P<unit>day|morning|evening|afternoon|night|week|month|year)(?: (?:after|of)\b.*)?"
)
# "The day after", of a date before it in the text; of something else, if that follows.
_BESIDE = re.compile(
    r"(?:on |in )?(?:the )?(?P<unit>day|morning|evening|night|week|month|year)"
    r" (?P<side>after|before|prior|later|earlier)(?P<what> .+)?"
)
_BACK = ("that", "this", "then")
_THAT = re.compile(
    r"(?:at |on |by |around )?(?:then|that (?:time|day|date|point)|the same (?:time|day|date))"
)
_AT_EVENT = re.compile(rf"(?:just )?(?:time of )?{_THE}(?:{_EVENT})")
_DAY_OF = re.compile(
    rf"(?:on )?(?:the )?(?:same )?(?:day|date|time) (?P<side>of|before|after|prior to) "
    rf"{_THE}(?:{_EVENT})"
)


def read_relative(
    folded: str, context: Context, anchors: Mapping[str, date]
) -> TimeValue | None:
    """Read a text that is relative to another date; None if it isn't.

    folded: As `fold` writes it.
    anchors: Dates by their names, as in `Anchor`.
    """
    for read in (_read_day, _read_which, _read_weekday):
        found = read(folded, context)
        if found is not None:
            return found
    for pattern, event, first in _COUNT:
        if match := pattern.fullmatch(folded):
            return _count(int(match["n"]) - first, event, anchors)
    found = _read_event(folded, anchors)
    if found is not None:
        return found
    if match := _AGO.match(folded):
        return _offset(make_amount(match), -1, "note", anchors)
    if match := _BEFORE.match(folded):
        return _offset(make_amount(match), -1, _find_subject(match), anchors)
    if match := _AFTER.match(folded):
        return _offset(make_amount(match), 1, _find_subject(match), anchors)
    if match := _THEN.fullmatch(folded):
        return _offset(make_amount(match), 1, "previous", anchors)
    if match := _IN.fullmatch(folded):
        anchor: Anchor = "note" if context.is_future else "unknown"
        found = _offset(make_amount(match), 1, anchor, anchors)
        return replace(found, mod="LESS_THAN") if folded[0] == "w" else found
    if match := _NEXT.fullmatch(folded):
        return _read_next(match, anchors)
    if match := _BESIDE.fullmatch(folded):
        return _read_beside(match, anchors)
    if _THAT.fullmatch(folded):
        return _count(0, "previous", anchors)
    for pattern in _LOOSE:
        if match := pattern.fullmatch(folded):
            amount = Amount(match["n"], match["last"] or "", read_unit(match["unit"]))
            return _offset(amount, 1, "unknown", anchors)
    return None


def read_event(folded: str, anchors: Mapping[str, date]) -> TimeValue | None:
    """Read what names an event as its date: "discharge", "at the time of surgery"."""
    match = _AT_EVENT.fullmatch(folded)
    return _count(0, _find_anchor(match), anchors) if match else None


def read_bare(folded: str, anchors: Mapping[str, date]) -> TimeValue | None:
    """Read a length of time as the distance from a date that the text doesn't name."""
    match = _BARE.search(folded)
    return _offset(make_amount(match), 1, "unknown", anchors) if match else None


def _read_day(folded: str, context: Context) -> TimeValue | None:
    match = _DAY.fullmatch(folded)
    if match is None or (match["day"] in ("this", "last") and not match["part"]):
        return None
    number = _NAMED[match["day"]]
    part = match["part"] or ("tonight" if match["day"] == "tonight" else "")
    found = _move(Amount("1", "", "D"), number, "note", context.reference)
    if part and found.value:
        return replace(found, type="TIME", value=f"{found.value}{PARTS[part]}")
    return found


def _read_which(folded: str, context: Context) -> TimeValue | None:
    match = _WHICH.fullmatch(folded)
    if match is None:
        return None
    which, reference = match["which"], context.reference
    if which == "past" and match["unit"]:
        return TimeValue("DURATION", Amount("1", "", read_unit(match["unit"])).write())
    if reference is None:
        return TimeValue(
            "DATE", None, anchor="note", is_resolved=False, reason="no_reference"
        )
    if which in ("this", "current"):
        step = 0
    elif which == "on":
        step = 1 if context.is_future else -1
    else:
        step = 1 if which in ("next", "coming") else -1
    if match["weekday"]:
        return _find_weekday(match["weekday"], reference, step)
    if match["unit"]:
        return _find_unit(match["unit"], reference, step)
    if match["season"]:
        # Which one that is depends on where the year begins.
        return TimeValue("DATE", None, anchor="note", is_resolved=False, reason="vague")
    month, year = read_month(match["month"]), reference.year
    if which in ("on", "this", "current"):
        known = year if step == 0 else infer_year(month, 0, context)
        return TimeValue("DATE", f"{known:04}-{month:02}", anchor="note")
    if step < 0:
        year -= month >= reference.month
    else:
        year += month <= reference.month
    return TimeValue("DATE", f"{year:04}-{month:02}", anchor="note")


def _find_weekday(name: str, reference: date, step: int) -> TimeValue:
    if not step or name.endswith("days"):
        return TimeValue("DATE", None, anchor="note", is_resolved=False, reason="vague")
    days = (read_weekday(name) - reference.weekday()) % 7
    days = days or 7 if step > 0 else days - 7
    day = move(reference, days, "D")
    return TimeValue("DATE", None if day is None else day.isoformat(), anchor="note")


def _find_unit(unit: str, reference: date, step: int) -> TimeValue:
    day = move(reference, step, read_unit(unit))
    if day is None:
        return TimeValue("DATE", None, is_resolved=False, reason="no_such_date")
    if unit == "week":
        year, week, _ = day.isocalendar()
        return TimeValue("DATE", f"{year:04}-W{week:02}", anchor="note")
    value = f"{day.year:04}-{day.month:02}" if unit == "month" else f"{day.year:04}"
    return TimeValue("DATE", value, anchor="note")


def _read_weekday(folded: str, context: Context) -> TimeValue | None:
    match = _ALONE.fullmatch(folded)
    if match is None:
        return None
    if context.reference is None:
        return TimeValue(
            "DATE", None, anchor="note", is_resolved=False, reason="no_reference"
        )
    step = 1 if context.is_future else -1
    found = _find_weekday(match["weekday"], context.reference, step)
    if match["part"] and found.value:
        return replace(found, type="TIME", value=f"{found.value}{PARTS[match['part']]}")
    return found


def _read_event(folded: str, anchors: Mapping[str, date]) -> TimeValue | None:
    if match := _PTA.match(folded):
        return _offset(make_amount(match), -1, "admission", anchors)
    if match := _OF_EVENT.match(folded):
        sign = -1 if match["back"] else 1
        return _offset(make_amount(match), sign, _find_anchor(match), anchors)
    if match := _POSTOPERATIVE.match(folded):
        is_birth = match["on"] == "postpartum"
        anchor: Anchor = "birth" if is_birth else "surgery"
        return _offset(make_amount(match), 1, anchor, anchors)
    if match := _DAY_OF.fullmatch(folded):
        number = {"of": 0, "after": 1}.get(match["side"], -1)
        return _count(number, _find_anchor(match), anchors)
    return None


def _find_anchor(match: re.Match[str]) -> Anchor:
    return next(anchor for _, anchor in _EVENTS if match[anchor])


def _find_subject(match: re.Match[str]) -> Anchor:
    what = (match["what"] or "").strip(" -")
    return "unknown" if what and what not in _BACK else "previous"


def _read_next(match: re.Match[str], anchors: Mapping[str, date]) -> TimeValue:
    number = {"next": 1, "following": 1, "same": 0, "that": 0}.get(match["which"], -1)
    unit = match["unit"]
    is_part = unit in PARTS
    amount = Amount("1", "", "D" if is_part else read_unit(unit))
    found = _move(amount, number, "previous", anchors.get("previous"))
    if is_part:
        value = f"{found.value}{PARTS[unit]}" if found.value else None
        return replace(found, type="TIME", value=value)
    return found


def _read_beside(match: re.Match[str], anchors: Mapping[str, date]) -> TimeValue:
    unit = match["unit"]
    amount = Amount("1", "", "D" if unit in PARTS else read_unit(unit))
    number = 1 if match["side"] in ("after", "later") else -1
    anchor: Anchor = "unknown" if match["what"] else "previous"
    return _move(amount, number, anchor, anchors.get(anchor))


def _count(number: int, anchor: Anchor, anchors: Mapping[str, date]) -> TimeValue:
    return _move(Amount("1", "", "D"), number, anchor, anchors.get(anchor))


def _offset(
    amount: Amount, sign: int, anchor: Anchor, anchors: Mapping[str, date]
) -> TimeValue:
    """Make the value of a distance from an anchor, or of a range of distances."""
    sense = "-" if sign < 0 else ""
    offset = sense + amount.write()
    if amount.high and not amount.is_vague:
        offset = f"{offset}/{sense}{amount.write(amount.high)}"
    kind: TimeType = "TIME" if amount.unit[0] == "T" else "DATE"
    found = TimeValue(kind, None, anchor=anchor, offset=offset, is_resolved=False)
    if amount.is_vague:
        return replace(found, reason="vague")
    day = anchors.get(anchor)
    if amount.unit[0] == "T":
        return replace(found, reason="no_time")
    if day is None:
        return replace(found, reason="no_reference")
    numbers = [amount.low, amount.high] if amount.high else [amount.low]
    values = [_write(day, sign * float(n), amount) for n in numbers]
    if None in values:
        return replace(found, reason="no_such_date")
    values.sort(key=str)
    end = values[1] if len(values) > 1 else None
    return replace(found, value=values[0], value_end=end, is_resolved=True)


def _write(day: date, number: float, amount: Amount) -> str | None:
    """Write what is a number of units from a day, as exactly as the text says it."""
    unit = amount.unit
    if unit == "DECADE":
        unit, number = "Y", number * 10
    moved = move(day, number, unit)
    if moved is not None and amount.more:
        rest = float(amount.more[1:]) * (1 if number > 0 else -1)
        moved, unit = move(moved, rest, amount.more[0]), amount.more[0]
    if moved is None:
        return None
    if unit == "Y" and number == int(number):
        return f"{moved.year:04}"
    if unit in "YM":
        return f"{moved.year:04}-{moved.month:02}"
    return moved.isoformat()


def _move(amount: Amount, number: int, anchor: Anchor, day: date | None) -> TimeValue:
    """Make the value of what is a whole number of units from a day."""
    sense = "-" if number < 0 else ""
    offset = f"{sense}{amount.write(str(abs(number)))}"
    found = TimeValue("DATE", None, anchor=anchor, offset=offset, is_resolved=False)
    if day is None:
        return replace(found, reason="no_reference")
    value = _write(day, number, amount)
    if value is None:
        return replace(found, reason="no_such_date")
    return replace(found, value=value, is_resolved=True)
