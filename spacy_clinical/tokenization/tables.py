"""Find the tables of a plain text: columns separated by tabs, pipes or spaces, under a
head.

Test         Result   Flag   Reference range   Units
Hemoglobin   8.2      L      12.0 - 16.0       g/dL
C-reactive     3             < 5               mg/L
protein
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

# Longer lines are text, and lines with more cells are no rows.
MAX_LINE = 400
MAX_CELLS = 30
# Cells of a head, at least.
MIN_CELLS = 2
# Where text goes on after a tab: the next multiple of this.
TAB = 8
_TABS = re.compile("\t[ ]*\t")
_PIECES = {
    "\t": re.compile(r"[^\t]+|(?<=\t)(?=\t)|^(?=\t)"),
    "|": re.compile(r"[^|]+|(?<=\|)(?=\|)"),
    " ": re.compile(r"[^\s]+(?: [^\s]+)*"),
}
_RULER = re.compile(r"[\s|:+=_-]+")
# What goes on with the cell above it, where nothing else is in its line.
_GOES_ON = re.compile(r"[a-z(&/,]")
# A number that is a cell by itself, as rows have them.
_NUMBER = re.compile(r"(?:\t|\||  ) ?[<>]?\d+(?:[.,]\d+)?[ \r]*(?:\t|\||  |$)")
_BREAK = re.compile("\r?\n|\r")


class TextCell(NamedTuple):
    """A cell (characters, half open).

    start, end: Of its first line.
    text: Of all its lines, joined by spaces.
    """

    start: int
    end: int
    text: str


@dataclass
class TextRow:
    """A row: a cell for each column of the head, None where there is none.

    start, end (characters): Of its lines.
    """

    start: int
    end: int
    cells: list[TextCell | None]


@dataclass
class TextTable:
    """A table.

    start, end (characters): Of its head.
    """

    start: int
    end: int
    head: list[TextCell]
    rows: list[TextRow] = field(default_factory=list)


class _Piece(NamedTuple):
    """A cell of a line, and from where to where it goes as it is shown."""

    start: int
    end: int
    text: str
    left: int
    right: int


class _Head(NamedTuple):
    mark: str
    pieces: list[_Piece]


def find_tables(
    text: str, is_head: Callable[[Sequence[str]], bool]
) -> Iterator[TextTable]:
    """Find the tables of a text, each up to the next blank line or head.

    A cell may be empty, and go on in the next line. In columns of spaces, a cell is under
    the head that it overlaps, or is nearest to, so that numbers may be flush right.

    is_head: Whether cells are the head of a table that is looked for.
    """
    table: TextTable | None = None
    head: _Head | None = None
    for start, line in _list_lines(text):
        if not line.strip() or len(line) > MAX_LINE:
            if table is not None:
                yield table
            table = head = None
            continue
        if _RULER.fullmatch(line):
            continue
        has_numbers = table is not None and _NUMBER.search(line) is not None
        found = None if has_numbers else _find_head(line, start, is_head)
        if found is not None:
            if table is not None:
                yield table
            head = found
            cells = [TextCell(p.start, p.end, p.text) for p in head.pieces]
            table = TextTable(start, start + len(line), cells)
        elif table is not None and head is not None:
            _add_line(table, head, line, start)
    if table is not None:
        yield table


def _list_lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in _BREAK.finditer(text):
        yield start, text[start : match.start()]
        start = match.end()
    yield start, text[start:]


def _find_head(
    line: str, start: int, is_head: Callable[[Sequence[str]], bool]
) -> _Head | None:
    marks = [mark for mark in ("\t", "|") if mark in line]
    # Several tabs in a row put columns under each other, as spaces do.
    if _TABS.search(line.strip()):
        marks.remove("\t")
    for mark in (*marks, " "):
        pieces = _cut(line, mark, start)
        texts = [piece.text for piece in pieces]
        if MIN_CELLS <= len(pieces) <= MAX_CELLS and is_head(texts):
            return _Head(mark, pieces)
    return None


def _cut(line: str, mark: str, start: int) -> list[_Piece]:
    """Cut a line into cells, without white space around them."""
    pieces = []
    columns = _count_columns(line) if mark == " " and "\t" in line else None
    for match in _PIECES[mark].finditer(line):
        written = match[0].strip()
        if not written and mark == " ":
            continue
        first = match.start() + len(match[0]) - len(match[0].lstrip())
        last = first + len(written)
        shown = (columns[first], columns[last]) if columns else (first, last)
        pieces.append(_Piece(start + first, start + last, written, *shown))
    if mark == "|" and pieces:
        # Pipes at the sides are borders.
        if not pieces[0].text and pieces[0].end <= start + line.index("|"):
            pieces = pieces[1:]
        if (
            pieces
            and not pieces[-1].text
            and pieces[-1].start > start + line.rindex("|")
        ):
            pieces = pieces[:-1]
    return pieces


def _count_columns(line: str) -> list[int]:
    """Find where each character is shown, and where the line ends."""
    columns, at = [], 0
    for character in line:
        columns.append(at)
        at = (at // TAB + 1) * TAB if character == "\t" else at + 1
    return [*columns, at]


def _add_line(table: TextTable, head: _Head, line: str, start: int) -> None:
    """Add a line to a table: a row, or what goes on with the row above."""
    pieces = _cut(line, head.mark, start)
    if not pieces or len(pieces) > MAX_CELLS:
        return
    cells = _place(pieces, head)
    full = [i for i, cell in enumerate(cells) if cell is not None]
    last = table.rows[-1] if table.rows else None
    if last is not None and _goes_on(cells, full, last, head.mark):
        for i in full:
            cell, above = cells[i], last.cells[i]
            if cell is not None and above is not None:
                last.cells[i] = above._replace(text=f"{above.text} {cell.text}")
        last.end = start + len(line)
    elif len(full) >= MIN_CELLS:
        table.rows.append(TextRow(start, start + len(line), cells))


def _goes_on(
    cells: Sequence[TextCell | None], full: Sequence[int], last: TextRow, mark: str
) -> bool:
    """Check whether all that is in a line goes on with cells of the row above."""
    texts = [cell.text for cell in cells if cell is not None]
    if not texts or any(last.cells[i] is None for i in full):
        return False
    first = last.cells[0]
    # Where rows start with small letters, these say nothing.
    is_row = full[0] == 0 and first is not None and _GOES_ON.match(first.text)
    if all(map(_GOES_ON.match, texts)):
        return not is_row and len(full) < len(cells)
    return full[0] > 0 and len(full) == 1 and mark == " "


def _place(pieces: Sequence[_Piece], head: _Head) -> list[TextCell | None]:
    """Find the columns of the cells of a line."""
    cells: list[TextCell | None] = [None] * len(head.pieces)
    # As many cells as heads are one under each, also where they aren't aligned.
    if head.mark != " " or len(pieces) == len(cells):
        for i, piece in enumerate(pieces[: len(cells)]):
            if piece.text:
                cells[i] = TextCell(piece.start, piece.end, piece.text)
        return cells
    for piece in _part_at_columns(pieces, head.pieces):
        i = _find_column(piece, head.pieces)
        before = cells[i]
        if before is None:
            cells[i] = TextCell(piece.start, piece.end, piece.text)
        else:
            text = f"{before.text} {piece.text}"
            cells[i] = TextCell(before.start, piece.end, text)
    return cells


def _part_at_columns(
    pieces: Sequence[_Piece], columns: Sequence[_Piece]
) -> Iterator[_Piece]:
    """Cut cells where a word starts right at the start of a column: long cells leave only
    one space before the next."""
    for piece in pieces:
        rest = piece
        for column in columns[1:]:
            at = column.left - rest.left
            is_word = 0 < at < len(rest.text) and rest.text[at - 1] == " "
            if is_word and len(rest.text) == rest.right - rest.left:
                written = rest.text[:at].rstrip()
                yield rest._replace(
                    end=rest.start + len(written),
                    text=written,
                    right=rest.left + len(written),
                )
                rest = rest._replace(
                    start=rest.start + at, text=rest.text[at:], left=rest.left + at
                )
        yield rest


def _find_column(piece: _Piece, columns: Sequence[_Piece]) -> int:
    """Find the head that a cell is under: the one that it overlaps most, or the nearest."""
    shared = [
        min(piece.right, column.right) - max(piece.left, column.left)
        for column in columns
    ]
    best = max(shared)
    if best > 0:
        # A cell that is wider than its column goes into the next ones.
        return next(i for i, overlap in enumerate(shared) if overlap > 0)
    return shared.index(best)
