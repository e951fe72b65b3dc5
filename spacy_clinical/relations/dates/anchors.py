"""Find the dates that others are relative to: in metadata, and in the head of a note."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from spacy_clinical.relations.dates.calendar_dates import Context, read_calendar_date
from spacy_clinical.relations.dates.find import WHOLE
from spacy_clinical.relations.dates.words import fold

# Names of columns, without case and marks; the first that has a date counts.
_COLUMNS = {
    "note": (
        "notedate notedatetime notetime dateofservice servicedate dos visitdate "
        "encounterdate charttime chartdate studydate reportdate date datetime"
    ),
    "admission": "admissiondate admitdate admittime dateofadmission admitted",
    "discharge": "dischargedate dischtime dateofdischarge discharged",
    "surgery": (
        "surgerydate dateofsurgery operationdate dateofoperation proceduredate"
    ),
    "birth": "dob dateofbirth birthdate birthday",
}
_NOT_LETTER = re.compile(r"[^a-z]+")
# The titles of dates, by what they are; of the note's own, the first counts.
_TITLES = {
    "admission": r"admission date|date of admission|admit date|date admitted|admitted(?: on)?|doa",
    "discharge": r"discharge date|date of discharge|discharged(?: on)?|date discharged",
    "surgery": (
        r"date of (?:operation|surgery|procedure)|(?:surgery|operation|procedure) date"
    ),
    "birth": r"date of birth|d\.?o\.?b\.?|birth ?date|born",
    "service": (
        r"date of (?:service|visit|exam(?:ination)?|study|consult(?:ation)?|evaluation|"
        r"report|note|encounter|clinic)|(?:service|visit|encounter|note|exam|study|report|"
        r"consult(?:ation)?|clinic) date|dos|date"
    ),
    "written": (
        r"date dictated|dictated(?: on)?|dd|date/time|filed|reported|"
        r"(?:electronically )?signed(?: by)?[^\n]{0,60}? (?:on|at)|"
        r"(?:electronically )?signed"
    ),
}
_OF_NOTE = ("service", "written", "discharge", "surgery")
_TITLED = re.compile(
    r"(?:^|[\n\t|]|  )[ *]{0,4}(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _TITLES.items())
    + rf")[ \t]{{0,9}}[:=\-]?[ \t*]{{0,20}}(?:\[\*\*)?(?P<date>{WHOLE})",
    re.IGNORECASE,
)
# A letter has its date alone on a line near its beginning.
_ALONE = re.compile(rf"^[ \t]*({WHOLE})[ \t.]*$", re.IGNORECASE | re.MULTILINE)
_HEAD = 1500


def find_meta_dates(meta: Mapping[str, Any]) -> dict[str, str]:
    """Find the dates that the metadata of a note say, by what they are.

    meta: The other values of the note's row in a table.
    RETURNS: Days as ISO 8601, under note, admission, discharge, surgery and birth.
    """
    by_name = {_NOT_LETTER.sub("", str(k).lower()): v for k, v in meta.items()}
    found = {}
    for kind, columns in _COLUMNS.items():
        days = (_read_cell(by_name.get(column)) for column in columns.split())
        day = next((day for day in days if day is not None), None)
        if day is not None:
            found[kind] = day.isoformat()
    return found


def _read_cell(value: Any) -> date | None:
    """Read a date that only has one meaning; "3/4/2021" has two."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) > 40:
        return None
    found = read_calendar_date(fold(value.split(".")[0]), Context())
    return found.day if found and not found.reason else None


def find_anchors(
    text: str, known: Mapping[str, date], day_first: bool | None = None
) -> dict[str, date]:
    """Find the dates that others in a note may be relative to.

    known: Dates by what they are, from elsewhere; they count more than the text.
    day_first: As `Context` has it.
    RETURNS: Days under note, admission, discharge, surgery and birth. Of what the note says
        twice, and differently, none.
    """
    said: dict[str, set[date]] = {}
    context = Context(day_first=day_first)
    for match in _TITLED.finditer(text):
        day = _read_day(match["date"], context)
        kind = next(name for name in _TITLES if match[name])
        if day is not None:
            said.setdefault(kind, set()).add(day)
    anchors = {
        kind: min(days)
        for kind, days in said.items()
        if len(days) == 1 and kind in _COLUMNS
    }
    own = [min(said[kind]) for kind in _OF_NOTE if len(said.get(kind, ())) == 1]
    alone = None if own else _ALONE.search(text[:_HEAD])
    if alone:
        day = _read_day(alone[1], context)
        own = [] if day is None else [day]
    if own:
        anchors["note"] = own[0]
    return {**anchors, **known}


def _read_day(text: str, context: Context) -> date | None:
    found = read_calendar_date(fold(text), context)
    return found.day if found and found.is_resolved else None
