"""The table beside files of notes: their names, and the notes' ids and sources."""

import csv
import io
from functools import lru_cache
from pathlib import Path

from spacy_clinical.export.brat import COLUMNS
from spacy_clinical.files.regular import read_regular

NAMES = "names.csv"


def read_names(folder: Path) -> dict[str, tuple[str, str]]:
    """Read the ids and sources of notes, by the names of their files; none without a table."""
    path = folder / NAMES
    if not path.is_file():
        return {}
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> dict[str, tuple[str, str]]:
    text = read_regular(path).decode("utf8", "backslashreplace")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not set(COLUMNS) <= set(rows.fieldnames or ()):
        return {}
    return {row["name"]: (_unguard(row["id"]), _unguard(row["source"])) for row in rows}


def _unguard(cell: str | None) -> str:
    """Remove the apostrophe before what a spreadsheet would take for a formula."""
    value = cell or ""
    return value[1:] if value[:1] == "'" and value[1:2] in "=+-@\t\r\n" else value
