"""Read tables of results in a text: columns apart by tabs, pipes or spaces, under a head.

Test         Result   Flag   Reference range   Units
Hemoglobin   8.2      L      12.0 - 16.0       g/dL
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from spacy_clinical.relations.dates.calendar_dates import Context
from spacy_clinical.relations.dates.find import find_calendar_dates
from spacy_clinical.relations.measurements.analytes import find_analyte
from spacy_clinical.relations.measurements.measurement import Measurement
from spacy_clinical.relations.measurements.numbers import COMPARATOR, RANGE, read_amount
from spacy_clinical.relations.measurements.tails import (
    read_flag,
    read_limits,
    read_tail,
)
from spacy_clinical.relations.measurements.units import read_unit

_HEADS = {
    "name": (
        "test test_name component analyte lab labs lab_test exam parameter name "
        "investigation description result_name"
    ),
    "value": "result results value values level your_value result_value",
    "flag": "flag flags abnormal abn status",
    "range": (
        "reference_range ref_range reference ref_interval reference_interval range "
        "normal normal_range standard_range ref ref._range normal_values expected_range"
    ),
    "unit": "unit units uom",
    "date": "date collected drawn date/time time",
}
_ROLES = {
    word.replace("_", " "): role
    for role, words in _HEADS.items()
    for word in words.split()
}
_SPLIT = {
    "\t": re.compile(r"[^\t]+"),
    "|": re.compile(r"[^|]+"),
    " ": re.compile(r"\S+(?: \S+)*"),
}
_RULER = re.compile(r"[\s|:+=_-]+")
_VALUE = re.compile(rf"[ ]?(?P<value>(?:{COMPARATOR}[ ]?)?{RANGE})", re.IGNORECASE)
_IS_NAME = re.compile(r"[^\W\d_]")
_QUALITATIVE = re.compile(
    r"(?:negative|positive|pos|neg|normal|abnormal|detected|not detected|reactive|"
    r"non-?reactive|trace|none|none seen|small|moderate|large)\b.{0,12}",
    re.IGNORECASE,
)
MAX_LINE = 400
MAX_CELLS = 30
MAX_DATE = 30


class Cell(NamedTuple):
    """A cell of a line (characters, half open)."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Column:
    """A column under a head.

    place: Its number where cells have marks between them, else where it starts in a line.
    date: Of all values in it.
    """

    role: str
    place: int
    date: str | None = None


@dataclass(frozen=True)
class _Head:
    mark: str
    columns: Sequence[_Column]
    context: Context


def read_tables(text: str, context: Context) -> Iterator[Measurement]:
    """Read the tables of a text, row by row.

    context: For the dates at the heads of columns.
    """
    head: _Head | None = None
    start = 0
    for line in text.split("\n"):
        is_short = len(line) <= MAX_LINE
        if not line.strip() or not is_short:
            head = None
        elif head is None:
            head = _read_head(line, context)
        elif not _RULER.fullmatch(line):
            found = list(_read_row(line, start, head))
            if not found:
                head = _read_head(line, context)
            yield from found
        start += len(line) + 1


def _cut(line: str, mark: str, start: int = 0) -> list[Cell]:
    """Cut a line into cells, without white space around them."""
    cells = []
    for match in _SPLIT[mark].finditer(line):
        written = match[0].strip()
        if written or mark != " ":
            first = start + match.start() + len(match[0]) - len(match[0].lstrip())
            cells.append(Cell(first, first + len(written), written))
    if mark == "|" and cells and line.lstrip().startswith("|") and not cells[0].text:
        del cells[0]
    return cells


def _read_head(line: str, context: Context) -> _Head | None:
    for mark in ("\t", "|", " "):
        if mark != " " and mark not in line:
            continue
        cells = _cut(line, mark)
        if 2 <= len(cells) <= MAX_CELLS:
            head = _make_head(cells, mark, context)
            if head is not None:
                return head
    return None


def _make_head(cells: list[Cell], mark: str, context: Context) -> _Head | None:
    roles, dates, n_dated = [], [], 0
    for cell in cells:
        name = " ".join(cell.text.lower().strip(":").split())
        dated = list(find_calendar_dates(cell.text, context, with_short=True))
        is_dated = bool(dated) and len(cell.text) <= 20
        is_sure = is_dated and dated[0].value.is_resolved
        dates.append(dated[0].value.value if is_sure else None)
        n_dated += is_dated
        roles.append("value" if is_dated else _ROLES.get(name, ""))
    # "Result | Value | Ref Range": the first is what is measured.
    first = " ".join(cells[0].text.lower().split())
    if ("name" not in roles and roles.count("value") > 1 and first in _ROLES) or (
        "name" not in roles and not roles[0] and n_dated > 1
    ):
        roles[0] = "name"
    is_head = roles.count("name") == 1 and "value" in roles
    if not is_head or sum(map(bool, roles)) * 2 <= len(roles):
        return None
    columns = [
        _Column(role, cell.start if mark == " " else i, day)
        for i, (role, cell, day) in enumerate(zip(roles, cells, dates, strict=True))
    ]
    return _Head(mark, columns, context)


def _read_row(line: str, start: int, head: _Head) -> Iterator[Measurement]:
    cells = _cut(line, head.mark, start)
    if not 2 <= len(cells) <= MAX_CELLS:
        return
    rows: list[list[Cell]] = [[] for _ in head.columns]
    places = [column.place for column in head.columns]
    for i, cell in enumerate(cells):
        if head.mark != " ":
            number = i
        else:
            # The column that begins last before the cell's end.
            number = bisect_right(places, max(cell.end - start - 1, 0)) - 1
        if 0 <= number < len(rows):
            rows[number].append(cell)
    by_role: dict[str, Cell] = {}
    for column, found in zip(head.columns, rows, strict=True):
        if found and column.role not in ("value", ""):
            by_role.setdefault(column.role, found[0])
    name = by_role.get("name")
    if name is None or not _IS_NAME.search(name.text):
        return
    date = _read_date(by_role.get("date"), head.context)
    for column, found in zip(head.columns, rows, strict=True):
        if column.role == "value" and found and found[0].text:
            one = _read_cell(name, found[0], by_role)
            if one is not None:
                yield replace(one, date=column.date or date).compute_flag()


def _read_date(cell: Cell | None, context: Context) -> str | None:
    """Read the date of a row."""
    text = cell.text[:MAX_DATE] if cell else ""
    found = find_calendar_dates(text, context, with_short=True)
    return next((one.value.value for one in found if one.value.is_resolved), None)


def _read_cell(name: Cell, cell: Cell, others: dict[str, Cell]) -> Measurement | None:
    analyte = find_analyte(name.text)
    ends = [cell.end, *(other.end for other in others.values())]
    one = Measurement(
        name.start, max(ends), analyte, (name.start, name.end), (cell.start, cell.end)
    )
    match = _VALUE.match(cell.text)
    amount = read_amount(match["value"]) if match else None
    if match and amount:
        tail = read_tail(cell.text, match.end(), analyte)
        if tail is None or cell.text[tail.end :].strip(" .,;*"):
            return None
        first = cell.start + match.start("value")
        one = replace(
            one,
            value=(first, cell.start + match.end("value")),
            amount=amount,
            unit=tail.unit,
            unit_text=tail.unit_text,
            flag=tail.flag,
            low=tail.low,
            high=tail.high,
        )
    elif not _QUALITATIVE.fullmatch(cell.text):
        return None
    if (unit := others.get("unit")) and one.unit is None:
        one = replace(one, unit=read_unit(unit.text), unit_text=unit.text or None)
    if (limits := others.get("range")) and limits.text:
        low, high = read_limits(limits.text)
        one = replace(one, low=low, high=high)
        # "4.0 - 5.6 %"
        if one.unit is None and (unit_text := limits.text.rpartition(" ")[2]):
            code = read_unit(unit_text)
            one = replace(one, unit=code, unit_text=unit_text if code else None)
    if (flag := others.get("flag")) and one.flag is None:
        one = replace(one, flag=read_flag(flag.text))
    return one
