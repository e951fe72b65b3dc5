"""Read the rows of tables of notes: JSON lines, CSV, TSV and Parquet."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, NamedTuple, TextIO

from spacy_clinical.errors import Errors, Warnings, warn
from spacy_clinical.files.json_text import read_json, write_json
from spacy_clinical.files.regular import open_regular
from spacy_clinical.notes.encoding import FALLBACK, find_encoding
from spacy_clinical.notes.sources import Source
from spacy_clinical.types import NoteFailure

_SEPARATORS = {"csv": ",", "tsv": "\t"}
_MAX_FIELD = 2**31 - 1
_FIELD_LIMIT = Lock()


@dataclass(frozen=True)
class Columns:
    """The columns of a table that hold notes and their ids.

    wanted_id: The column of the ids; None for `id`, which need not be there.
    """

    text: str
    wanted_id: str | None

    @property
    def id(self) -> str:
        return "id" if self.wanted_id is None else self.wanted_id

    def find_missing(self, header: Sequence[str]) -> str | None:
        """Find the first of the two that is wanted and not there."""
        wanted = filter(None, (self.text, self.wanted_id))
        return next((name for name in wanted if name not in header), None)

    def find_repeated(self, names: Sequence[str]) -> str | None:
        """Find one of the two that is there more than once."""
        both = (self.text, self.id)
        return next((name for name in both if names.count(name) > 1), None)


class Row(NamedTuple):
    """A row of a table.

    number: Rows count from 1.
    read: Makes its values, or a coded message that says why they can't be read.
    share (0 to 1): Of the file, as far as it has been read.
    """

    number: int
    read: Callable[[], Mapping[str, Any] | str]
    share: float


def read_rows(source: Source, columns: Columns) -> Iterator[Row | NoteFailure]:
    """Read the rows of a table one after the other.

    YIELDS: Also why the table, or the rest of it, can't be read.
    """
    readers = {"jsonl": _read_jsonl, "parquet": _read_parquet}
    return readers.get(source.kind, _read_csv)(source, columns)


class _Table(NamedTuple):
    """An open table of lines; how much of it has been read, between 0 and 1."""

    lines: TextIO
    get_share: Callable[[], float]


@contextmanager
def _open_table(source: Source, newline: str) -> Iterator[_Table]:
    with _open(source) as handle:
        encoding = find_encoding(handle, source.name)
        if encoding == FALLBACK:
            warn(Warnings.W301.format(source=source.name))
        handle.seek(0)
        number = handle.fileno()
        size = os.fstat(number).st_size

        def get_share() -> float:
            return min(os.lseek(number, 0, os.SEEK_CUR) / size, 1.0) if size else 1.0

        with io.TextIOWrapper(handle, encoding, newline=newline) as lines:
            yield _Table(lines, get_share)


def _open(source: Source) -> BinaryIO:
    return open_regular(source.path or Path(source.name))


# JSON lines


def _read_jsonl(source: Source, columns: Columns) -> Iterator[Row | NoteFailure]:
    with _open_table(source, "\n") as table:
        for number, line in enumerate(table.lines, 1):
            if line.strip():
                row = partial(_parse_line, line, number, source.name, columns)
                yield Row(number, row, table.get_share())


def _parse_line(
    line: str, number: int, source: str, columns: Columns
) -> dict[str, Any] | str:
    """Parse a line of JSON.

    RETURNS: Its values, or a coded message if it is invalid.
    """
    column = 1
    # Of a key that is there twice, Python takes the last.
    if any(line.count(f'"{name}"') > 1 for name in (columns.text, columns.id)):
        repeated = columns.find_repeated(_list_keys(line))
        if repeated is not None:
            name = f"{source}:{number}"
            return Errors.C358.format(source=name, column=repeated)
    try:
        # NaN and Infinity are no JSON, though Python and others write them.
        row = read_json(line)
        if isinstance(row, dict):
            write_json(row, ensure_ascii=False).encode("utf-8")
            return row
    except json.JSONDecodeError as error:
        column = error.pos + 1
    except UnicodeEncodeError:
        return Errors.C309.format(source=source, row=number)
    except (ValueError, RecursionError):
        # Numbers of thousands of digits; thousands of nested lists.
        column = len(line)
    return Errors.C305.format(source=source, row=number, column=column)


def _list_keys(line: str) -> list[str]:
    """List the keys of the outermost object of a line of JSON, as often as they are
    there."""
    objects: list[list[str]] = []

    def note_keys(pairs: list[tuple[str, Any]]) -> None:
        objects.append([key for key, _ in pairs])

    try:
        json.loads(line, object_pairs_hook=note_keys)
    # The fault is reported where the line is read.
    except (ValueError, RecursionError):
        return []
    return objects[-1] if objects and line.lstrip().startswith("{") else []


# Tables with separators


def _read_csv(source: Source, columns: Columns) -> Iterator[Row | NoteFailure]:
    with _open_table(source, "") as table:
        # strict: an unclosed quotation mark must not swallow the notes after it.
        rows = csv.reader(table.lines, delimiter=_SEPARATORS[source.kind], strict=True)
        try:
            header = _get_next(rows) or []
            fault = _check_header(source, columns, header)
            if fault is not None:
                yield fault
                return
            number = 0
            while (row := _get_next(rows)) is not None:
                number += bool(row)
                if row:
                    named = partial(_name_cells, row, header, number, source.name)
                    yield Row(number, named, table.get_share())
        except csv.Error:
            message = Errors.C308.format(
                source=source.name, line=rows.line_num, kind=source.kind
            )
            yield NoteFailure(source.name, message)


def _get_next(rows: Iterator[list[str]]) -> list[str] | None:
    """Get the next row, with fields of any size.

    The limit is the whole process's: it is raised for no longer than a row takes.
    """
    with _FIELD_LIMIT:
        limit = csv.field_size_limit(_MAX_FIELD)
        try:
            return next(rows, None)
        finally:
            csv.field_size_limit(limit)


def _check_header(
    source: Source, columns: Columns, header: Sequence[str]
) -> NoteFailure | None:
    """Check the columns of a table; None if nothing is wrong."""
    missing, repeated = columns.find_missing(header), columns.find_repeated(header)
    if missing is not None:
        option = "--text-column" if missing == columns.text else "--id-column"
        message = Errors.C307.format(
            source=source.name, column=missing, n_columns=len(header), option=option
        )
    elif repeated is not None:
        message = Errors.C358.format(source=source.name, column=repeated)
    else:
        return None
    return NoteFailure(source.name, message)


def _name_cells(
    cells: list[str], header: list[str], number: int, source: str
) -> dict[str, Any] | str:
    if len(cells) == len(header):
        return dict(zip(header, cells, strict=True))
    n_columns, n_expected = len(cells), len(header)
    return Errors.C316.format(
        source=source, row=number, n_columns=n_columns, n_expected=n_expected
    )


# Parquet


def _read_parquet(source: Source, columns: Columns) -> Iterator[Row | NoteFailure]:
    if find_spec("pyarrow") is None:
        yield NoteFailure(source.name, Errors.C317)
        return
    # Only this format needs pyarrow.
    from spacy_clinical.files.parquet import BrokenParquetError, ParquetRows

    try:
        as_bytes = {columns.text, columns.id}
        with _open(source) as handle, ParquetRows(handle, as_bytes=as_bytes) as rows:
            fault = _check_header(source, columns, rows.columns)
            if fault is not None:
                yield fault
                return
            for number, row in rows:
                read = partial(_get_values, row, number, source.name)
                yield Row(number, read, min(number / max(rows.n_rows, 1), 1.0))
    except BrokenParquetError as error:
        message = Errors.C336.format(source=source.name, kind=str(error))
        yield NoteFailure(source.name, message)


def _get_values(row: Any, number: int, source: str) -> dict[str, Any] | str:
    """Get a row as `ParquetRows` gives it, or why it can't be read in a coded
    message."""
    if isinstance(row, dict):
        return row
    if row is None:
        return Errors.C309.format(source=source, row=number)
    return Errors.C353.format(first=number, last=row.last, source=source, kind=row.kind)
