"""CSV tables whose cells spreadsheets don't run as formulas."""

import csv
import re
from collections.abc import Iterable
from typing import Any, TextIO

from spacy_clinical.files.json_text import keep_finite

# Start of a formula, also in full-width characters; programs may strip white space.
_FORMULA = re.compile(
    r"[\s\x00-\x1f\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]"
)
# Numbers in spreadsheets. Python also reads "-inf", "+1_000" and "\u0661".
_NUMBER = re.compile(r"[+-](\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class TableWriter:
    """Writes rows of CSV.

    handle: Text file, opened with newline="".
    columns: Column names for the first row.
    """

    def __init__(self, handle: TextIO, columns: Iterable[str]) -> None:
        self._writer = csv.writer(handle)
        self.write(columns)

    def write(self, cells: Iterable[Any]) -> None:
        """Write a row. NaN and infinite numbers become empty cells."""
        self._writer.writerow([guard_cell(cell) for cell in cells])


def add_columns(rows: TextIO, handle: TextIO, columns: Iterable[str]) -> None:
    """Copy a table and add column names, with empty cells in rows without values.

    rows: The table. Its first row lacks the new columns.
    handle: Text file to write to, opened with newline="".
    columns: Names of the new columns.
    """
    # The cells of the table are already guarded.
    reader, writer = csv.reader(rows), csv.writer(handle)
    head = [*next(reader), *map(guard_cell, columns)]
    writer.writerow(head)
    for row in reader:
        writer.writerow([*row, *[""] * (len(head) - len(row))])


def guard_cell(value: Any) -> Any:
    """Prefix a cell with an apostrophe if a spreadsheet would run it as a formula.

    Numbers with a sign are kept: -2.5, +.5, -1e5.

    RETURNS: The cell; None for NaN and infinite numbers.
    SOURCE: OWASP, CSV injection.
    """
    if not isinstance(value, str):
        return keep_finite(value)
    if _FORMULA.match(value) and not _NUMBER.fullmatch(value.strip(" ")):
        return f"'{value}"
    return value
