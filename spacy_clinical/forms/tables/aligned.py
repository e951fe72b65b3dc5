"""Find tables without rulings: rows of segments, each under one of a head."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from spacy_clinical.forms.checkboxes import BOX
from spacy_clinical.forms.segments import Segment

# Columns of a head and rows under it, at least.
MIN_CELLS, MIN_ROWS = 3, 2
# White space between the lines of a cell at most, in heights of lines, and in steps
# from row to row.
CELL_SPACING, CELL_STEP = 0.9, 0.75
# How far a cell that is under no head may be from the nearest, in heights.
ASIDE = 3.0
# White space between rows at most, in heights of lines and in steps between the rows before.
MAX_SPACING, MAX_STEP = 4.0, 2.0
# Steps that are looked at.
MAX_STEPS = 50
# Lines at the foot and the head of pages that a table is longer than.
MAX_PAGE_LINES = 3
LETTER = re.compile(r"[^\W\d_]")
# Words of a label, at most; longer runs are text.
MAX_LABEL_WORDS = 8


class AlignedCell(NamedTuple):
    """A cell. segments: One for each of its lines."""

    column: int
    n_columns: int
    segments: list[Segment]


@dataclass
class AlignedTable:
    """A table without rulings.

    head: One segment a column; their second lines are in `more_head`.
    rows: The cells of each row that are not empty.
    """

    head: list[Segment]
    more_head: list[tuple[int, Segment]] = field(default_factory=list)
    rows: list[list[AlignedCell]] = field(default_factory=list)

    @property
    def body(self) -> list[list[Segment]]:
        """The segments of each row."""
        return [[s for cell in row for s in cell.segments] for row in self.rows]


def find_aligned(
    segments: Sequence[Segment], *, min_cells: int = MIN_CELLS
) -> list[AlignedTable]:
    """Find rows of cells, each under one of the row above all of them.

    A cell may go on in the next line, be empty, or reach over several columns. Tables
    that continue on the next page do so here.

    segments: In the order of reading.
    min_cells: Columns, at least.
    """
    by_row: dict[int, list[Segment]] = {}
    for segment in segments:
        by_row.setdefault(segment.row, []).append(segment)
    numbers = sorted(by_row)
    tables = []
    first = 0
    while first < len(numbers):
        head = by_row[numbers[first]]
        step = 1
        if _is_head(head, min_cells):
            reader = _Reader(head)
            n_lines = reader.read(numbers, first, by_row)
            if len(reader.table.rows) >= MIN_ROWS:
                tables.append(reader.table)
                step = n_lines
        first += step
    return tables


def is_question(text: str) -> bool:
    """Check whether a text has the form of a label."""
    words = text.rstrip(": ").split()
    return (
        text.rstrip().endswith(":")
        and 0 < len(words) <= MAX_LABEL_WORDS
        and LETTER.search(text) is not None
    )


def is_name(text: str) -> bool:
    """Check whether a text may be the head of a column."""
    return (
        LETTER.search(text) is not None
        and not is_question(text)
        and not BOX.search(text)
        and not text.endswith("?")
    )


def _is_head(row: Sequence[Segment], min_cells: int) -> bool:
    return len(row) >= min_cells and all(is_name(cell.text) for cell in row)


class _Reader:
    """Read the rows under a head.

    lefts, rights: From where to where the columns go, as far as they have been read.
    """

    def __init__(self, head: list[Segment]) -> None:
        self.table = AlignedTable(head)
        self.lefts = [cell.box[0] for cell in head]
        self.rights = [cell.box[2] for cell in head]
        self.last = list(head)
        self.steps: list[float] = []

    def read(
        self, numbers: Sequence[int], first: int, by_row: Mapping[int, list[Segment]]
    ) -> int:
        """Read rows until one doesn't fit.

        first: Place of the head in `numbers`.
        RETURNS: How many lines the table has, with its head.
        """
        end = i = first + 1
        waiting: list[Segment] = []
        while 0 <= i < len(numbers):
            cells = by_row[numbers[i]]
            if cells[0].page != self.last[0].page:
                i = self._turn_page(numbers, i, by_row)
                if i < 0:
                    break
                cells = by_row[numbers[i]]
            elif numbers[i] != numbers[i - 1] + 1 or self._is_far(cells):
                i = self._skip_foot(numbers, i, by_row)
                continue
            placed = self._place(cells)
            if placed is None:
                if waiting or not self._is_alone(cells):
                    i = self._skip_foot(numbers, i, by_row)
                    continue
                # A row with its first cell only, if another row follows.
                waiting = cells
            else:
                if waiting:
                    self._add([AlignedCell(0, 1, waiting)])
                    waiting = []
                if not self._goes_on(placed):
                    self._add(placed)
                end = i + 1
                self.last = cells
            i += 1
        return end - first

    def _is_far(self, cells: Sequence[Segment]) -> bool:
        """Check whether a line is much farther below than rows are from each other."""
        last, segment = self.last[0], cells[0]
        gap = segment.box[1] - last.box[3]
        step = segment.box[1] - last.box[1]
        is_far = gap > MAX_SPACING * max(segment.height, last.height)
        return is_far and (
            not self.steps or step > MAX_STEP * median(self.steps[:MAX_STEPS])
        )

    def _skip_foot(
        self, numbers: Sequence[int], i: int, by_row: Mapping[int, list[Segment]]
    ) -> int:
        """Find the first row of the next page, if a line that isn't of the table is one of
        the last on its own; -1 if it isn't."""
        page = by_row[numbers[i]][0].page
        for j in range(i, min(i + MAX_PAGE_LINES + 1, len(numbers))):
            if by_row[numbers[j]][0].page != page:
                return j
        return -1

    def _turn_page(
        self, numbers: Sequence[int], i: int, by_row: Mapping[int, list[Segment]]
    ) -> int:
        """Find the first row on the next page; -1 if the table doesn't go on there.

        RETURNS: Its place in `numbers`, after the lines at the head of the page and a
            head that is repeated.
        """
        page = by_row[numbers[i]][0].page
        if page != self.last[0].page + 1 or not self.table.rows:
            return -1
        texts = [cell.text for cell in self.table.head]
        for j in range(i, min(i + MAX_PAGE_LINES + 1, len(numbers))):
            cells = by_row[numbers[j]]
            if cells[0].page != page:
                return -1
            if [cell.text for cell in cells] == texts:
                return j + 1 if j + 1 < len(numbers) else -1
            if len(cells) >= MIN_CELLS:
                placed = self._place(cells)
                has_digits = any(c.isdigit() for cell in cells for c in cell.text)
                is_new = not has_digits and _is_head(cells, MIN_CELLS)
                return -1 if placed is None or is_new else j
        return -1

    def _place(self, cells: Sequence[Segment]) -> list[AlignedCell] | None:
        """Find the columns of a line's segments; None if it isn't of the table."""
        if any(is_question(cell.text) for cell in cells):
            return None
        placed: list[AlignedCell] = []
        for cell in cells:
            columns = self._find_columns(cell)
            if not columns or (placed and columns[0] <= _get_end(placed[-1])):
                return None
            is_wide = len(columns) > 1
            starts_there = abs(cell.box[0] - self.lefts[columns[0]]) <= cell.height
            if is_wide and (len(cells) < 2 or not starts_there):
                return None
            placed.append(AlignedCell(columns[0], len(columns), [cell]))
        if len(placed) == 1 and not self._is_second_line(placed):
            return None
        return placed

    def _find_columns(self, cell: Segment) -> list[int]:
        x0, _, x1, _ = cell.box
        pairs = list(zip(self.lefts, self.rights, strict=True))
        over = [i for i, (left, right) in enumerate(pairs) if left < x1 and x0 < right]
        if over:
            return over
        gaps = [max(left - x1, x0 - right) for left, right in pairs]
        nearest = min(range(len(gaps)), key=gaps.__getitem__)
        return [nearest] if gaps[nearest] <= ASIDE * cell.height else []

    def _is_alone(self, cells: Sequence[Segment]) -> bool:
        """Check whether a line has a first cell only."""
        return (
            len(cells) == 1
            and len(self.table.rows) > 0
            and not is_question(cells[0].text)
            and self._find_columns(cells[0]) == [0]
            and len(cells[0].text.split()) <= MAX_LABEL_WORDS
        )

    def _is_second_line(self, placed: Sequence[AlignedCell]) -> bool:
        """Check whether all segments of a line go on with cells of the row above."""
        rows = self.table.rows
        above = {cell.column for cell in rows[-1]} if rows else set(self._list_all())
        if any(cell.column not in above for cell in placed):
            return False
        segment = placed[0].segments[0]
        gap = segment.box[1] - self.last[0].box[3]
        if gap > CELL_SPACING * segment.height:
            return False
        if not rows:
            return all(is_name(cell.segments[0].text) for cell in placed)
        step = segment.box[1] - self.last[0].box[1]
        is_tight = len(self.steps) > 0 and step <= CELL_STEP * median(
            self.steps[:MAX_STEPS]
        )
        return is_tight or (len(placed) == 1 and placed[0].column > 0)

    def _list_all(self) -> Iterator[int]:
        return iter(range(len(self.lefts)))

    def _goes_on(self, placed: Sequence[AlignedCell]) -> bool:
        """Add the lines that go on with cells of the row above to these."""
        if len(placed) >= len(self.lefts) or not self._is_second_line(placed):
            return False
        if not self.table.rows:
            # Rows that are as close under a head as under each other are rows.
            if len(placed) > 1:
                return False
            self.table.more_head += [(c.column, c.segments[0]) for c in placed]
            return True
        above = {cell.column: cell for cell in self.table.rows[-1]}
        for cell in placed:
            above[cell.column].segments.extend(cell.segments)
        return True

    def _add(self, row: list[AlignedCell]) -> None:
        first = row[0].segments[0]
        step = first.box[1] - self.last[0].box[1]
        if first.page == self.last[0].page and step > 0:
            self.steps.append(step)
        self.table.rows.append(row)
        for cell in row:
            if cell.n_columns == 1:
                self._widen(cell.column, cell.segments[0])

    def _widen(self, column: int, cell: Segment) -> None:
        """Let a column reach as far as its cells, and not into the next ones."""
        left = self.rights[column - 1] if column else 0.0
        after = self.lefts[column + 1 :]
        right = after[0] if after else 1000.0
        self.lefts[column] = min(self.lefts[column], max(cell.box[0], left))
        self.rights[column] = max(self.rights[column], min(cell.box[2], right))


def _get_end(cell: AlignedCell) -> int:
    return cell.column + cell.n_columns - 1
