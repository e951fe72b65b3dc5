"""Read clinical notes from files, folders, tables and standard input.

Every note's text is what its file holds, character for character: line ends,
control characters and NUL are kept, so that offsets point into the source. What
can't be read becomes a NoteFailure in its place, and reading goes on.
"""

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from spacy_clinical.encoding import NotTextError, find_encoding
from spacy_clinical.errors import Errors, Warnings, warn
from spacy_clinical.sources import Source
from spacy_clinical.types import Note, NoteFailure

_SEPARATORS = {"csv": ",", "tsv": "\t"}
_MAX_FIELD = 2**31 - 1


@dataclass
class Position:
    """How far a file has been read.

    share: Between 0 and 1.
    """

    share: float = 0.0


def read_notes(
    source: Source,
    *,
    text_column: str = "text",
    id_column: str | None = None,
    position: Position | None = None,
) -> Iterator[Note | NoteFailure]:
    """Read the notes of a file one after the other.

    text_column: Key or column that holds the notes of a table.
    id_column: Key or column that holds their ids. None takes `id` where it is, and
        numbers the rows where it isn't or is empty.
    position: Told how far a table has been read.
    YIELDS: For each note or row the note, or why it can't be read.
    """
    position = position or Position()
    try:
        if source.kind == "text":
            yield _read_text(source)
        elif source.kind == "jsonl":
            yield from _read_jsonl(source, text_column, id_column, position)
        elif source.kind == "parquet":
            yield from _read_parquet(source, text_column, id_column, position)
        else:
            yield from _read_csv(source, text_column, id_column, position)
    except NotTextError as error:
        yield NoteFailure(source.name, str(error))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield NoteFailure(
            source.name, Errors.C302.format(source=source.name, reason=reason)
        )


def _read_text(source: Source) -> Note:
    path = source.path
    data = sys.stdin.buffer.read() if path is None else path.read_bytes()
    text = data.decode(_get_encoding(io.BytesIO(data), source))
    return Note(source.note_id, text, {}, source.name)


def _get_encoding(handle: BinaryIO, source: Source) -> str:
    encoding = find_encoding(handle, source.name)
    if encoding == "cp1252":
        warn(Warnings.W301.format(source=source.name))
    return encoding


@contextmanager
def _open_table(source: Source, newline: str, position: Position) -> Iterator[TextIO]:
    path = Path(source.name)
    with path.open("rb") as handle:
        encoding = _get_encoding(handle, source)
    raw = _Watched(path, position)
    with io.TextIOWrapper(io.BufferedReader(raw), encoding, newline=newline) as lines:
        yield lines


class _Watched(io.FileIO):
    """A file that says how far it has been read."""

    def __init__(self, path: Path, position: Position) -> None:
        super().__init__(path)
        self._position = position
        self._size = path.stat().st_size

    def readinto(self, buffer: Any) -> int | None:
        n_bytes = super().readinto(buffer)
        self._position.share = min(self.tell() / self._size, 1.0) if self._size else 1.0
        return n_bytes


def _read_jsonl(
    source: Source, text_column: str, id_column: str | None, position: Position
) -> Iterator[Note | NoteFailure]:
    with _open_table(source, "\n", position) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            row, message = _parse_row(line, number, source.name)
            if row is None:
                yield NoteFailure(f"{source.name}:{number}", message)
            else:
                yield _make_note(row, number, source, text_column, id_column)


def _parse_row(
    line: str, number: int, source: str
) -> tuple[dict[str, Any] | None, str]:
    """Parse a line of JSON, or say in a coded message why it can't be."""
    column = 1
    try:
        # NaN and Infinity are no JSON, though Python and others write them.
        row = json.loads(line, parse_constant=lambda name: None)
        if isinstance(row, dict):
            json.dumps(row, ensure_ascii=False).encode("utf-8")
            return row, ""
    except json.JSONDecodeError as error:
        column = error.pos + 1
    except UnicodeEncodeError:
        return None, Errors.C309.format(source=source, row=number)
    except (ValueError, RecursionError):
        # Numbers of thousands of digits; thousands of nested lists.
        column = len(line)
    return None, Errors.C305.format(source=source, row=number, column=column)


def _make_note(
    row: dict[str, Any],
    number: int,
    source: Source,
    text_column: str,
    id_column: str | None,
) -> Note | NoteFailure:
    name = f"{source.name}:{number}"
    id_key = "id" if id_column is None else id_column
    text, note_id = row.get(text_column), row.get(id_key)
    if not isinstance(text, str):
        return _fail_column(name, source, number, text_column, text)
    if note_id == "" or (note_id is None and id_column is None):
        note_id = f"{source.note_id}:{number}"
    if isinstance(note_id, bool) or not isinstance(note_id, str | int):
        return _fail_column(name, source, number, id_key, note_id)
    meta = {key: row[key] for key in row if key not in (text_column, id_key)}
    return Note(str(note_id), text, meta, name)


def _fail_column(
    name: str, source: Source, number: int, column: str, value: object
) -> NoteFailure:
    found = "nothing" if value is None else f"a value of type {type(value).__name__}"
    message = Errors.C306.format(
        source=source.name, row=number, column=column, found=found
    )
    return NoteFailure(name, message)


@contextmanager
def _any_field_size() -> Iterator[None]:
    limit = csv.field_size_limit(_MAX_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _read_csv(
    source: Source, text_column: str, id_column: str | None, position: Position
) -> Iterator[Note | NoteFailure]:
    with _open_table(source, "", position) as lines, _any_field_size():
        # strict: an unclosed quotation mark must not swallow the notes after it.
        rows = csv.reader(lines, delimiter=_SEPARATORS[source.kind], strict=True)
        try:
            header = next(rows, [])
            missing = _find_missing(header, text_column, id_column)
            if missing is not None:
                yield _fail_header(source, missing, len(header))
                return
            yield from _read_rows(rows, header, source, text_column, id_column)
        except csv.Error:
            message = Errors.C308.format(
                source=source.name, line=rows.line_num, kind=source.kind
            )
            yield NoteFailure(source.name, message)


def _find_missing(
    header: Sequence[str], text_column: str, id_column: str | None
) -> str | None:
    for column in filter(None, (text_column, id_column)):
        if column not in header:
            return column
    return None


def _fail_header(source: Source, column: str, n_columns: int) -> NoteFailure:
    message = Errors.C307.format(source=source.name, column=column, n_columns=n_columns)
    return NoteFailure(source.name, message)


def _read_rows(
    rows: Iterator[list[str]],
    header: list[str],
    source: Source,
    text_column: str,
    id_column: str | None,
) -> Iterator[Note | NoteFailure]:
    for number, row in enumerate(filter(None, rows), 1):
        if len(row) == len(header):
            named = dict(zip(header, row, strict=True))
            yield _make_note(named, number, source, text_column, id_column)
        else:
            message = Errors.C316.format(
                source=source.name,
                row=number,
                n_columns=len(row),
                n_expected=len(header),
            )
            yield NoteFailure(f"{source.name}:{number}", message)


def _read_parquet(
    source: Source, text_column: str, id_column: str | None, position: Position
) -> Iterator[Note | NoteFailure]:
    if find_spec("pyarrow") is None:
        yield NoteFailure(source.name, Errors.C317)
        return
    # Only this format needs pyarrow.
    from spacy_clinical.parquet_rows import BrokenParquetError, ParquetRows

    try:
        with ParquetRows(Path(source.name)) as rows:
            missing = _find_missing(rows.columns, text_column, id_column)
            if missing is not None:
                yield _fail_header(source, missing, len(rows.columns))
                return
            for number, row in enumerate(rows, 1):
                position.share = number / rows.n_rows
                if row is None:
                    message = Errors.C309.format(source=source.name, row=number)
                    yield NoteFailure(f"{source.name}:{number}", message)
                else:
                    yield _make_note(row, number, source, text_column, id_column)
    except BrokenParquetError as error:
        message = Errors.C336.format(source=source.name, kind=str(error))
        yield NoteFailure(source.name, message)
