"""Records as tables for spreadsheets and statistics: a folder of CSV files (UTF-8).

    notes.csv, sections.csv, entities.csv, codes.csv

Their columns are those of `frames.COLUMNS`; `id` is the note's, in all of them. What a
spreadsheet would take for a formula gets an apostrophe.
"""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from spacy_clinical.export.atomic import fill_folder, open_new
from spacy_clinical.export.cells import TableWriter
from spacy_clinical.export.frames import COLUMNS, Rows, list_rows

TABLES: tuple[Rows, ...] = ("notes", "sections", "entities", "codes")


def write_tables(records: Iterable[Mapping[str, Any]], folder: Path) -> int:
    """Write records to a new folder, which appears when all are written.

    RETURNS: The number of records.
    RAISES FileExistsError: C326, if the folder has files.
    """
    n_records = 0
    with ExitStack() as stack:
        part = stack.enter_context(fill_folder(folder))
        writers = {}
        for name in TABLES:
            handle = stack.enter_context(open_new(part / f"{name}.csv"))
            writers[name] = TableWriter(handle, COLUMNS[name])
        for record in records:
            n_records += 1
            for name, writer in writers.items():
                for row in list_rows(record, name):
                    writer.write(row.get(key) for key in COLUMNS[name])
    return n_records
