"""Write records as tables for spreadsheets and statistics: a folder of CSV files.

    notes.csv, sections.csv, entities.csv, codes.csv
    concepts.csv       if entities have concepts
    abbreviations.csv  if there are some
    relations.csv, medications.csv, measurements.csv
                       if there are some
    answers.csv, statements.csv
                       if something was asked
    identifiers.csv    if there are identifiers
    tokens.csv         if there are tokens that have attributes

Their columns are those of `frames.COLUMNS`, then those of attributes, if there are some;
`id` is the note's, in all of them. What a spreadsheet would take for a formula gets an
apostrophe.
"""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from spacy_clinical.export.frames import (
    ATTRIBUTES,
    COLUMNS,
    OWNERS,
    Rows,
    list_rows,
    name_column,
    write_value,
)
from spacy_clinical.files.atomic import fill_folder, open_new
from spacy_clinical.files.cells import TableWriter, add_columns

TABLES: tuple[Rows, ...] = ("notes", "sections", "entities", "codes")
# Written only if there are some.
MORE_TABLES: tuple[Rows, ...] = (
    *("concepts", "abbreviations", "relations", "medications", "measurements"),
    *("answers", "statements", "identifiers", "tokens"),
)


def write_tables(records: Iterable[Mapping[str, Any]], folder: Path) -> int:
    """Write records to a new folder, which appears when all are written.

    RETURNS: The number of records.
    RAISES FileExistsError: C326, if the folder has files.
    """
    n_records = 0
    with fill_folder(folder) as part:
        with ExitStack() as stack:
            tables = [_Table(name, part, stack) for name in (*TABLES, *MORE_TABLES)]
            for record in records:
                n_records += 1
                for table in tables:
                    table.write(record)
        for table in tables:
            table.finish()
    return n_records


class _Table:
    """A table whose last columns are those of the attributes that the records have."""

    def __init__(self, name: Rows, folder: Path, stack: ExitStack) -> None:
        self.name = name
        self.path = folder / f"{name}.csv"
        self.attributes: dict[str, None] = {}
        self.n_rows = 0
        handle = stack.enter_context(open_new(self.path))
        self._writer = TableWriter(handle, COLUMNS[name])

    def write(self, record: Mapping[str, Any]) -> None:
        """Write the rows of a record."""
        for row in list_rows(record, self.name):
            named = row[ATTRIBUTES] if self.name in OWNERS else {}
            self.attributes.update(dict.fromkeys(named))
            cells = [write_value(row.get(key)) for key in COLUMNS[self.name]]
            values = [write_value(named.get(name)) for name in self.attributes]
            self._writer.write([*cells, *values])
            self.n_rows += 1

    def finish(self) -> None:
        """Add the columns of the attributes that were found to all rows."""
        if self.name in MORE_TABLES and not self.n_rows:
            self.path.unlink()
        if not self.attributes:
            return
        before = self.path.with_suffix(".part")
        self.path.rename(before)
        columns = [name_column(name, self.name) for name in self.attributes]
        with (
            before.open(encoding="utf8", newline="") as rows,
            open_new(self.path) as handle,
        ):
            add_columns(rows, handle, columns)
        before.unlink()
