"""Read clinical notes from files, folders, tables and standard input.

Every note's text is what its file holds, character for character: line ends,
control characters and NUL are kept, so that offsets point into the source. Notes in
another form than plain text, such as HTML, are converted (see `markup`): their offsets
point into the converted text. What can't be read becomes a NoteFailure in its place, and
reading goes on.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from spacy_clinical.errors import Errors, get_own_message
from spacy_clinical.files.regular import describe_error, read_regular
from spacy_clinical.notes.encoding import NotTextError, decode, find_binary_kind
from spacy_clinical.notes.markup import Converted, Markup, convert_bytes, convert_text
from spacy_clinical.notes.rows import Columns, Row, read_rows
from spacy_clinical.notes.sources import Source
from spacy_clinical.types import Note, NoteFailure

# Levels of nested values that writers and other processes can still take.
MAX_DEPTH = 100


def read_notes(
    source: Source,
    *,
    text_column: str = "text",
    id_column: str | None = None,
    markup: Markup = "convert",
) -> Iterator[Note | NoteFailure]:
    """Read the notes of a file one after the other.

    text_column: Key or column that holds the notes of a table.
    id_column: Key or column that holds their ids. None takes `id` where it is, and
        numbers the rows where it isn't or is empty.
    markup: What to do with notes that aren't plain text: see `markup.convert_text`.
    YIELDS: For each note or row the note, or why it can't be read.
    """
    columns = Columns(text_column, id_column)
    return (note for note, _ in measure_notes(source, columns, markup))


def measure_notes(
    source: Source, columns: Columns, markup: Markup
) -> Iterator[tuple[Note | NoteFailure, float]]:
    """Read notes as `read_notes` does, with the share of the file that has been read.

    YIELDS: Notes and failures, each with a share between 0 and 1.
    """
    try:
        if source.kind == "text":
            yield _read_text(source, markup), 1.0
            return
        for row in read_rows(source, columns):
            if isinstance(row, NoteFailure):
                yield row, 1.0
            else:
                yield _make_note(row, source, columns, markup), row.share
    # Whatever is wrong with a file, the others are read.
    except Exception as error:
        yield NoteFailure(source.name, describe_error(error, source.name)), 1.0


def _read_text(source: Source, markup: Markup) -> Note:
    path = source.path
    data = sys.stdin.buffer.read() if path is None else read_regular(path)
    converted = convert_bytes(data, source=source.name, markup=markup)
    return converted.make_note(source.note_id, {}, source.name)


def _make_note(
    row: Row, source: Source, columns: Columns, markup: Markup
) -> Note | NoteFailure:
    """Make a note of a row, or a failure."""
    name = f"{source.name}:{row.number}"
    try:
        values = row.read()
        if isinstance(values, str):
            return NoteFailure(name, values)
        return _read_row(values, row.number, source, columns, markup)
    except Exception as error:
        kind = type(error).__name__
        message = Errors.C351.format(row=row.number, source=source.name, kind=kind)
        return NoteFailure(name, get_own_message(error) or message)


def _read_row(
    row: Mapping[str, Any],
    number: int,
    source: Source,
    columns: Columns,
    markup: Markup,
) -> Note | NoteFailure:
    name = f"{source.name}:{number}"
    value = row.get(columns.text)
    note_id = _get_text(row.get(columns.id), source)
    converted = _convert(value, name, source, markup)
    if converted is None:
        return _fail_column(name, source, number, columns.text, value)
    if note_id == "" or (note_id is None and columns.wanted_id is None):
        note_id = f"{source.note_id}:{number}"
    if isinstance(note_id, bool) or not isinstance(note_id, str | int):
        return _fail_column(name, source, number, columns.id, note_id)
    meta = {key: row[key] for key in row if key not in (columns.text, columns.id)}
    if not _is_flat(meta, MAX_DEPTH):
        message = Errors.C352.format(row=number, source=source.name, limit=MAX_DEPTH)
        return NoteFailure(name, message)
    return converted.make_note(str(note_id), meta, name)


def _convert(value: Any, name: str, source: Source, markup: Markup) -> Converted | None:
    """Convert a value to plain text; None if it is neither text nor a document."""
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
        content = find_binary_kind(value[:16]) or "binary data"
    else:
        kind = type(value).__name__
        content = "nothing" if value is None else f"a value of type {kind}"
    message = Errors.C306.format(
        source=source.name, row=number, column=column, found=content
    )
    return NoteFailure(name, message)


def _is_flat(value: Any, limit: int) -> bool:
    """Check whether values are nested at most so deep. Not by recursion, which has a
    limit."""
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
