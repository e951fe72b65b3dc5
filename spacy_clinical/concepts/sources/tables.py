"""Reading of tables: rows with or without a header, with or without quotation marks."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from spacy_clinical.concepts.sources.source import Source, make_line_fault
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.regular import show_path


def read_rows(
    source: Source, path: Path, kind: str, n_columns: int, separator: str
) -> Iterator[list[str]]:
    """Read a table without a header and without quotation marks.

    source: The source.
    path: Of its file.
    kind: Of the file, for messages.
    n_columns: Of each row.
    separator: Between columns.
    RAISES ValueError: C901, for a row with more or fewer columns; those of
        `Source.read_lines`.
    """
    for number, line in enumerate(source.read_lines(path), 1):
        row = line.rstrip("\r\n").split(separator)
        if len(row) == n_columns:
            yield row
        elif line.strip():
            raise _make_fault(path, kind, number, len(row), n_columns)


def read_table(
    source: Source, path: Path, kind: str, needed: Sequence[str], separator: str = "\t"
) -> Iterator[dict[str, str]]:
    """Read a table with a header.

    source: The source.
    path: Of its file.
    kind: Of the file, for messages.
    needed: Columns that must be there.
    separator: Between columns. Where it is a tab, quotation marks are text.
    YIELDS: Cells by their columns, in small letters.
    RAISES ValueError: C901 and C902, for rows with more or fewer columns than the
        header, and columns that aren't there; C903, for quotation marks without end;
        those of `Source.read_lines`.
    """
    for _, row in read_numbered(source, path, kind, needed, separator):
        yield row


def read_numbered(
    source: Source, path: Path, kind: str, needed: Sequence[str], separator: str = "\t"
) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a table with a header, as `read_table` does, with the number of each line.

    source, path, kind, needed, separator: As in `read_table`.
    """
    rows = _number_rows(source, path, separator)
    header = [cell.strip().lower() for cell in next(rows, (1, []))[1]]
    for column in needed:
        if column not in header:
            name = show_path(path.name)
            raise CodedValueError(
                Errors.C902.format(name=name, kind=kind, column=column)
            )
    named = [cell for cell in header if cell]
    if len(set(named)) < len(named):
        raise make_line_fault(path, 1, "it has two columns of the same name")
    for number, row in rows:
        if len(row) != len(header):
            raise _make_fault(path, kind, number, len(row), len(header))
        yield number, dict(zip(header, row, strict=True))


def _number_rows(
    source: Source, path: Path, separator: str
) -> Iterator[tuple[int, list[str]]]:
    lines = source.read_lines(path)
    if separator == "\t":
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, line.rstrip("\r\n").split("\t")
        return
    # strict: a quotation mark without end must not swallow the rows after it.
    rows = csv.reader(lines, delimiter=separator, strict=True)
    try:
        for row in rows:
            if row:
                yield rows.line_num, row
    except csv.Error:
        reason = "it has quotation marks without end, or a cell that is too long"
        raise make_line_fault(path, rows.line_num, reason) from None


def _make_fault(
    path: Path, kind: str, line: int, n_columns: int, n_expected: int
) -> CodedValueError:
    return CodedValueError(
        Errors.C901.format(
            name=show_path(path.name),
            kind=kind,
            line=line,
            n_columns=n_columns,
            n_expected=n_expected,
        )
    )
