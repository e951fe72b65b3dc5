"""Read clinical notes from files, folders, tables and standard input.

Every note's text is what its file holds, character for character: line ends,
control characters and NUL are kept, so that offsets point into the source. Notes in
another form than plain text, such as HTML, are converted (see `markup`): their offsets
point into the converted text. What can't be read becomes a NoteFailure in its place, and
reading goes on.
"""

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, TextIO

from spacy_clinical.errors import Errors, Warnings, get_own_message, warn
from spacy_clinical.files.json_text import read_json, write_json
from spacy_clinical.files.regular import (
    describe_error,
    open_regular,
    read_regular,
)
from spacy_clinical.notes.encoding import (
    FALLBACK,
    NotTextError,
    decode,
    find_binary_kind,
    find_encoding,
)
from spacy_clinical.notes.markup import Converted, Markup, convert_bytes, convert_text
from spacy_clinical.notes.sources import Source
from spacy_clinical.types import Note, NoteFailure

_SEPARATORS = {"csv": ",", "tsv": "\t"}
_MAX_FIELD = 2**31 - 1
# Of values inside of values, which writers and other processes can still take.
MAX_DEPTH = 100
_FIELD_LIMIT = Lock()


@dataclass
class Position:
    """How far a file has been read.

    share: Between 0 and 1.
    """

    share: float = 0.0


@dataclass(frozen=True)
class _Columns:
    """Where the notes of a table and their ids are.

    wanted_id: None if any id will do.
    markup: What to do with notes that aren't plain text.
    """

    text: str
    wanted_id: str | None
    markup: Markup

    @property
    def id(self) -> str:
        return "id" if self.wanted_id is None else self.wanted_id

    def find_missing(self, header: Sequence[str]) -> str | None:
        for column in filter(None, (self.text, self.wanted_id)):
            if column not in header:
                return column
        return None

    def find_repeated(self, names: Sequence[str]) -> str | None:
        """Find one of the two that is there more than once."""
        found = (name for name in (self.text, self.id) if names.count(name) > 1)
        return next(found, None)


# A row's values; a message with a code where it can't be read.
_Row = Callable[[], Mapping[str, Any] | str]


def read_notes(
    source: Source,
    *,
    text_column: str = "text",
    id_column: str | None = None,
    markup: Markup = "convert",
    position: Position | None = None,
) -> Iterator[Note | NoteFailure]:
    """Read the notes of a file one after the other.

    text_column: Key or column that holds the notes of a table.
    id_column: Key or column that holds their ids. None takes `id` where it is, and
        numbers the rows where it isn't or is empty.
    markup: What to do with notes that aren't plain text: see `markup.convert_text`.
    position: Told how far a table has been read.
    YIELDS: For each note or row the note, or why it can't be read.
    """
    position = position or Position()
    columns = _Columns(text_column, id_column, markup)
    try:
        if source.kind == "text":
            yield _read_text(source, markup)
        elif source.kind == "jsonl":
            yield from _read_jsonl(source, columns, position)
        elif source.kind == "parquet":
            yield from _read_parquet(source, columns, position)
        else:
            yield from _read_csv(source, columns, position)
    # Whatever is wrong with a file, the others are read.
    except Exception as error:
        yield NoteFailure(source.name, describe_error(error, source.name))


def _read_text(source: Source, markup: Markup) -> Note:
    path = source.path
    data = sys.stdin.buffer.read() if path is None else read_regular(path)
    found = convert_bytes(data, source=source.name, markup=markup)
    return _make(source.note_id, found, {}, source.name)


def _make(note_id: str, found: Converted, meta: dict[str, Any], name: str) -> Note:
    source_format = "" if found.source_format == "plain" else found.source_format
    return Note(note_id, found.text, meta, name, source_format)


@contextmanager
def _open_table(source: Source, newline: str, position: Position) -> Iterator[TextIO]:
    with _open(source) as handle:
        encoding = find_encoding(handle, source.name)
        if encoding == FALLBACK:
            warn(Warnings.W301.format(source=source.name))
        handle.seek(0)
        raw = _Watched(handle.fileno(), position)
        buffer = io.BufferedReader(raw)
        with io.TextIOWrapper(buffer, encoding, newline=newline) as lines:
            yield lines


def _open(source: Source) -> BinaryIO:
    return open_regular(source.path or Path(source.name))


class _Watched(io.FileIO):
    """An open file that says how far it has been read."""

    def __init__(self, number: int, position: Position) -> None:
        super().__init__(number, closefd=False)
        self._position = position
        self._size = os.fstat(number).st_size

    def readinto(self, buffer: Any) -> int | None:
        n_bytes = super().readinto(buffer)
        self._position.share = min(self.tell() / self._size, 1.0) if self._size else 1.0
        return n_bytes


def _make_note(
    make_row: _Row, number: int, source: Source, columns: _Columns
) -> Note | NoteFailure:
    """Make a note of a row, or say why it can't be. Others aren't affected."""
    name = f"{source.name}:{number}"
    try:
        row = make_row()
        if isinstance(row, str):
            return NoteFailure(name, row)
        return _read_row(row, number, source, columns)
    except Exception as error:
        kind = type(error).__name__
        message = Errors.C351.format(row=number, source=source.name, kind=kind)
        return NoteFailure(name, get_own_message(error) or message)


def _read_row(
    row: Mapping[str, Any], number: int, source: Source, columns: _Columns
) -> Note | NoteFailure:
    name = f"{source.name}:{number}"
    value = row.get(columns.text)
    note_id = _get_text(row.get(columns.id), source)
    found = _convert(value, name, source, columns.markup)
    if found is None:
        return _fail_column(name, source, number, columns.text, value)
    if note_id == "" or (note_id is None and columns.wanted_id is None):
        note_id = f"{source.note_id}:{number}"
    if isinstance(note_id, bool) or not isinstance(note_id, str | int):
        return _fail_column(name, source, number, columns.id, note_id)
    meta = {key: row[key] for key in row if key not in (columns.text, columns.id)}
    if not _is_flat(meta, MAX_DEPTH):
        message = Errors.C352.format(row=number, source=source.name, limit=MAX_DEPTH)
        return NoteFailure(name, message)
    return _make(str(note_id), found, meta, name)


def _convert(value: Any, name: str, source: Source, markup: Markup) -> Converted | None:
    """Make plain text of a value; None if it is neither text nor a document."""
    if isinstance(value, str):
        return convert_text(value, source=name, markup=markup)
    if not isinstance(value, bytes):
        return None
    try:
        # A warning about the encoding names the file, and is given once.
        return convert_bytes(value, source=source.name, markup=markup)
    except NotTextError:
        return None


def _get_text(value: Any, source: Source) -> Any:
    """Decode bytes that are a text; others, and what isn't bytes, stay as they are."""
    if not isinstance(value, bytes):
        return value
    try:
        return decode(value, source.name)
    except ValueError:
        return value


def _fail_column(
    name: str, source: Source, number: int, column: str, value: object
) -> NoteFailure:
    if isinstance(value, bytes):
        found = find_binary_kind(value[:16]) or "binary data"
    else:
        kind = type(value).__name__
        found = "nothing" if value is None else f"a value of type {kind}"
    message = Errors.C306.format(
        source=source.name, row=number, column=column, found=found
    )
    return NoteFailure(name, message)


def _is_flat(value: Any, limit: int) -> bool:
    """Whether values are nested at most so deep. Not by recursion, which has a limit."""
    level = [value]
    for _ in range(limit + 1):
        level = [
            item
            for outer in level
            if isinstance(outer, dict | list)
            for item in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return True
    return False


# JSON lines


def _read_jsonl(
    source: Source, columns: _Columns, position: Position
) -> Iterator[Note | NoteFailure]:
    with _open_table(source, "\n", position) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                row = partial(_parse_line, line, number, source.name, columns)
                yield _make_note(row, number, source, columns)


def _parse_line(
    line: str, number: int, source: str, columns: _Columns
) -> dict[str, Any] | str:
    """Parse a line of JSON, or say in a coded message why it can't be."""
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
    """The keys of the outermost object of a line of JSON, as often as they are there."""
    objects: list[list[str]] = []

    def note_keys(pairs: list[tuple[str, Any]]) -> None:
        objects.append([key for key, _ in pairs])

    try:
        json.loads(line, object_pairs_hook=note_keys)
    # What is wrong with it is said where it is read.
    except (ValueError, RecursionError):
        return []
    return objects[-1] if objects and line.lstrip().startswith("{") else []


# Tables with separators


def _read_csv(
    source: Source, columns: _Columns, position: Position
) -> Iterator[Note | NoteFailure]:
    with _open_table(source, "", position) as lines:
        # strict: an unclosed quotation mark must not swallow the notes after it.
        rows = csv.reader(lines, delimiter=_SEPARATORS[source.kind], strict=True)
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
                    yield _make_note(named, number, source, columns)
        except csv.Error:
            message = Errors.C308.format(
                source=source.name, line=rows.line_num, kind=source.kind
            )
            yield NoteFailure(source.name, message)


def _get_next(rows: Iterator[list[str]]) -> list[str] | None:
    """The next row, with fields of any size.

    The limit is the whole process's: it is raised for no longer than a row takes.
    """
    with _FIELD_LIMIT:
        limit = csv.field_size_limit(_MAX_FIELD)
        try:
            return next(rows, None)
        finally:
            csv.field_size_limit(limit)


def _check_header(
    source: Source, columns: _Columns, header: Sequence[str]
) -> NoteFailure | None:
    """Say what is wrong with the columns of a table; None if nothing is."""
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


def _read_parquet(
    source: Source, columns: _Columns, position: Position
) -> Iterator[Note | NoteFailure]:
    if find_spec("pyarrow") is None:
        yield NoteFailure(source.name, Errors.C317)
        return
    # Only this format needs pyarrow.
    from spacy_clinical.files.parquet import BrokenParquetError, BrokenRows, ParquetRows

    try:
        as_bytes = {columns.text, columns.id}
        with _open(source) as handle, ParquetRows(handle, as_bytes=as_bytes) as rows:
            fault = _check_header(source, columns, rows.columns)
            if fault is not None:
                yield fault
                return
            for number, row in rows:
                position.share = min(number / max(rows.n_rows, 1), 1.0)
                if isinstance(row, BrokenRows):
                    message = Errors.C353.format(
                        first=number, last=row.last, source=source.name, kind=row.kind
                    )
                    yield NoteFailure(f"{source.name}:{number}", message)
                elif row is None:
                    message = Errors.C309.format(source=source.name, row=number)
                    yield NoteFailure(f"{source.name}:{number}", message)
                else:
                    yield _make_note(partial(dict, row), number, source, columns)
    except BrokenParquetError as error:
        message = Errors.C336.format(source=source.name, kind=str(error))
        yield NoteFailure(source.name, message)
