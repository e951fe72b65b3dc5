"""Tables of CSV whose cells no spreadsheet takes for formulas."""

import csv
import re
from collections.abc import Iterable
from typing import Any, TextIO

from spacy_clinical.files.json_text import keep_finite

# What makes a formula of a cell, in full width too; white space before it may be cut off.
_FORMULA = re.compile(
    r"[\s\x00-\x1f\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]"
)
# As spreadsheets read them; not what Python also takes: "-inf", "+1_000", "\u0661".
_NUMBER = re.compile(r"[+-](\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class TableWriter:
    """Write rows of CSV.

    handle: Opened without translation of line ends.
    columns: The names in its first row.
    """

    def __init__(self, handle: TextIO, columns: Iterable[str]) -> None:
        self._writer = csv.writer(handle)
        self.write(columns)

    def write(self, cells: Iterable[Any]) -> None:
        """Write a row; a number that is none is an empty cell."""
        self._writer.writerow([guard_cell(cell) for cell in cells])


def add_columns(rows: TextIO, handle: TextIO, columns: Iterable[str]) -> None:
    """Copy a table, with more columns: rows that don't reach into them get empty cells.

    rows: The table; its first row lacks the names of the new columns.
    handle: Where to write, opened without translation of line ends.
    """
    # What is read has been guarded.
    reader, writer = csv.reader(rows), csv.writer(handle)
    head = [*next(reader), *map(guard_cell, columns)]
    writer.writerow(head)
    for row in reader:
        writer.writerow([*row, *[""] * (len(head) - len(row))])


def guard_cell(value: Any) -> Any:
    """Put an apostrophe before what a spreadsheet would take for a formula.

    Numbers may have a sign: -2.5, +.5, -1e5.

    RETURNS: Other values as they are, but None for NaN and infinite numbers.
    SOURCE: OWASP, CSV injection.
    """
    if not isinstance(value, str):
        return keep_finite(value)
    if _FORMULA.match(value) and not _NUMBER.fullmatch(value.strip(" ")):
        return f"'{value}"
    return value
