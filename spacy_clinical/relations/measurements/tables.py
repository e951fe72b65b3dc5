"""Read tables of results in a text: columns separated by tabs, pipes or spaces, under a
head.

Test         Result   Flag   Reference range   Units
Hemoglobin   8.2      L      12.0 - 16.0       g/dL

Date        Sodium   Potassium
3/14/2021   138      4.1
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from spacy_clinical.relations.measurements.values import read_entity
from spacy_clinical.tokenization.tables import TextCell, TextRow, TextTable, find_tables

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
_VALUE = re.compile(rf"[ ]?(?P<value>(?:{COMPARATOR}[ ]?)?{RANGE})", re.IGNORECASE)
_IS_NAME = re.compile(r"[^\W\d_]")
_QUALITATIVE = re.compile(
    r"(?:negative|positive|pos|neg|normal|abnormal|detected|not detected|reactive|"
    r"non-?reactive|trace|none|none seen|small|moderate|large)\b.{0,12}",
    re.IGNORECASE,
)
MAX_DATE = 30
# Names of analytes that are heads of columns, at least.
MIN_ANALYTES = 2


class _Column(NamedTuple):
    """A column under a head.

    date: Of all values in it.
    name: Of the analyte that all values in it are of.
    """

    role: str
    date: str | None = None
    name: TextCell | None = None


class TableReading(NamedTuple):
    """The contents of the tables of a text.

    rows (characters): Start and end of each row: what is in them is read by its column.
    asides (characters): Start and end of cells that say something of a value beside them.
    """

    measurements: list[Measurement]
    rows: list[tuple[int, int]]
    asides: list[tuple[int, int]]


def read_tables(text: str, context: Context) -> TableReading:
    """Read the tables of a text, row by row.

    context: For the dates at the heads of columns.
    """
    found: list[Measurement] = []
    rows: list[tuple[int, int]] = []
    asides: list[tuple[int, int]] = []
    for table in _find_tables(text, context):
        heads = [cell.text for cell in table.head]
        columns = _read_head(heads, context) or _read_wide_head(table.head) or []
        is_wide = any(column.name for column in columns)
        for row in table.rows:
            if is_wide:
                own = list(_read_wide_row(row, columns, context, text))
            else:
                own = list(_read_row(row, columns, context))
            found += own
            # Under names of analytes there may be lines of text, too.
            if own or not is_wide:
                rows.append((row.start, row.end))
            if own:
                asides += _list_asides(row, columns)
        if is_wide and asides and asides[-1][0] >= table.start:
            asides += [(cell.start, cell.end) for cell in table.head]
    return TableReading(found, rows, sorted(asides))


def _list_asides(row: TextRow, columns: Sequence[_Column]) -> Iterator[tuple[int, int]]:
    for column, cell in zip(columns, row.cells, strict=True):
        if cell is not None and column.role not in ("value", ""):
            yield cell.start, cell.end


def _find_tables(text: str, context: Context) -> Iterator[TextTable]:
    def is_head(texts: Sequence[str]) -> bool:
        cells = [TextCell(0, 0, text) for text in texts]
        return bool(_read_head(texts, context) or _read_wide_head(cells))

    return find_tables(text, is_head)


def _read_head(texts: Sequence[str], context: Context) -> list[_Column] | None:
    """Find the roles of columns; None if the texts are no head."""
    roles, dates, n_dated = [], [], 0
    for text in texts:
        name = " ".join(text.lower().strip(":").split())
        dated = list(find_calendar_dates(text, context, with_short=True))
        is_dated = bool(dated) and len(text) <= 20
        is_sure = is_dated and dated[0].value.is_resolved
        dates.append(dated[0].value.value if is_sure else None)
        n_dated += is_dated
        roles.append("value" if is_dated else _ROLES.get(name, ""))
    # "Result | Value | Ref Range": the first is what is measured.
    first = " ".join(texts[0].lower().split())
    if ("name" not in roles and roles.count("value") > 1 and first in _ROLES) or (
        "name" not in roles and not roles[0] and n_dated > 1
    ):
        roles[0] = "name"
    is_head = roles.count("name") == 1 and "value" in roles
    if not is_head or sum(map(bool, roles)) * 2 <= len(roles):
        return None
    return [_Column(role, day) for role, day in zip(roles, dates, strict=True)]


def _read_wide_head(cells: Sequence[TextCell]) -> list[_Column] | None:
    """Find the analytes that are heads of columns; None if the cells are no such head."""
    columns = []
    for cell in cells:
        role = _ROLES.get(" ".join(cell.text.lower().strip(":").split()), "")
        name = cell if not role and find_analyte(cell.text) else None
        columns.append(_Column("value" if name else role, name=name))
    n_analytes = sum(column.name is not None for column in columns)
    n_dates = sum(column.role == "date" for column in columns)
    # Next to them is a column of dates, or of what the rows are called.
    is_head = n_analytes >= MIN_ANALYTES and n_analytes + n_dates + 1 >= len(columns)
    return columns if is_head else None


def _read_wide_row(
    row: TextRow, columns: Sequence[_Column], context: Context, text: str
) -> Iterator[Measurement]:
    """Read a row of values of different analytes."""
    cells = list(zip(columns, row.cells, strict=True))
    dated = (
        _read_date(cell, context)
        for column, cell in cells
        if cell is not None and column.name is None
    )
    date = next(filter(None, dated), None)
    for column, cell in cells:
        if column.name is not None and cell is not None:
            name, place = column.name, (cell.start, cell.end)
            one = _read_cell(name, cell, {})
            if one is None:
                # "120/80" has two values.
                analyte = find_analyte(name.text)
                pair = read_entity(text, (name.start, name.end), place, analyte)
                one = pair if pair.parts else None
            if one is not None:
                yield replace(one, start=cell.start, date=date)


def _read_row(
    row: TextRow, columns: Sequence[_Column], context: Context
) -> Iterator[Measurement]:
    by_role: dict[str, TextCell] = {}
    for column, cell in zip(columns, row.cells, strict=True):
        if cell is not None and column.role not in ("value", ""):
            by_role.setdefault(column.role, cell)
    name = by_role.get("name")
    if name is None or not _IS_NAME.search(name.text):
        return
    date = _read_date(by_role.get("date"), context)
    for column, cell in zip(columns, row.cells, strict=True):
        if column.role == "value" and cell is not None:
            one = _read_cell(name, cell, by_role)
            if one is not None:
                yield replace(one, date=column.date or date).compute_flag()


def _read_date(cell: TextCell | None, context: Context) -> str | None:
    """Read the date of a row."""
    text = cell.text[:MAX_DATE] if cell else ""
    found = find_calendar_dates(text, context, with_short=True)
    return next((one.value.value for one in found if one.value.is_resolved), None)


def _read_cell(
    name: TextCell, cell: TextCell, others: dict[str, TextCell]
) -> Measurement | None:
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
        first, last = match.span("value")
        one = tail.complete(one, (cell.start + first, cell.start + last), amount)
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
