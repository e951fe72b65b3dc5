"""Find the tables between the rulings of pages."""

from collections.abc import Iterable, Mapping, Sequence

import numpy
from spacy.tokens import Doc

from spacy_clinical.forms.places import Places, RuledPage, list_rulings
from spacy_clinical.forms.tables.grids import Grid, GridCell, find_grids
from spacy_clinical.forms.tables.rulings import merge_rulings
from spacy_clinical.forms.tables.table import FoundTable, TableCell
from spacy_clinical.types import Floats2d, Ints1d

# Height of words where a page isn't measured in points.
USUAL_HEIGHT = 8.0
# Cells with more words are parts of a page's layout: of one of them, and of all.
MAX_WORDS, MAX_MEAN_WORDS = 200, 40
# The part of words that borders may go through, which are then those of drawings; and the
# part of a word at its sides that they may touch.
MAX_CROSSED, EDGE = 0.2, 0.2
# A grid with more rows than this has a ruling under each of them.
FEW_ROWS = 3
# Cells with one line that a table has under a row with two, at least.
MIN_ONES = 4
# Lines in a row without rulings, and the part of them that has words in two columns.
MIN_LINES, MIN_SHARED = 3, 0.7


def find_ruled(doc: Doc, places: Places) -> list[FoundTable]:
    """Find the tables between the rulings of a Doc's pages, in the order of pages.

    What has one column, or long texts in its cells, is no table. A table in the cell of
    another is one of its own.
    """
    tables = []
    for page in list_rulings(doc):
        tokens = numpy.flatnonzero((places.pages == page.number) & (places.lines >= 0))
        boxes = places.boxes[tokens] * (
            numpy.asarray([page.width, page.height] * 2) / 1000
        )
        scale = _find_scale(page, boxes)
        boxes *= scale
        lines = (numpy.asarray(page.lines) * scale).tolist()
        grids = find_grids(merge_rulings(lines))
        of_page = []
        for grid, inside in zip(grids, _share_out(grids, boxes), strict=True):
            own = tokens[inside], boxes[inside]
            table = _make_table(grid, *own, page.number, places.lines, scale)
            if table is not None:
                of_page.append(table)
        tables += sorted(of_page, key=lambda table: table.cells[0].tokens or [-1])
    return tables


def _share_out(grids: Sequence[Grid], boxes: Floats2d) -> list[Ints1d]:
    """Say which words are in which grid: in the smallest that they are in.

    grids: The largest first.
    boxes (n_words, 4): Of the words of their page.
    """
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    owners = numpy.full(len(boxes), -1)
    for i, grid in enumerate(grids):
        x0, y0, x1, y1 = grid.box
        low, high = numpy.asarray([x0, y0]), numpy.asarray([x1, y1])
        owners[((middles > low) & (middles < high)).all(axis=1)] = i
    return [numpy.flatnonzero(owners == i) for i in range(len(grids))]


def _find_scale(page: RuledPage, boxes: Floats2d) -> float:
    """Find how many points a unit of a page is, by the height of its words: scans often
    say nothing, or something wrong, of their resolution."""
    if page.unit == "pt" or not len(boxes):
        return 1.0
    height = float(numpy.median(boxes[:, 3] - boxes[:, 1]))
    return USUAL_HEIGHT / height if height > 0 else 1.0


def _make_table(
    grid: Grid,
    tokens: Ints1d,
    boxes: Floats2d,
    page: int,
    lines: Ints1d,
    scale: float,
) -> FoundTable | None:
    """Make a table of the words in a grid; None if it isn't one.

    scale: Points that a unit of the page is.
    """
    if _count_crossed(grid, boxes) > MAX_CROSSED * len(boxes):
        return None
    words: dict[int, list[int]] = {}
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    columns = numpy.searchsorted(grid.xs, middles[:, 0]) - 1
    rows = numpy.searchsorted(grid.ys, middles[:, 1]) - 1
    owners = grid.owners[rows, columns]
    for owner, token in zip(owners.tolist(), tokens.tolist(), strict=True):
        words.setdefault(owner, []).append(token)
    counts = [len(own) for own in words.values()]
    if len(counts) < 2 or max(counts) > MAX_WORDS:
        return None
    if sum(counts) > MAX_MEAN_WORDS * len(counts):
        return None
    kept_rows = _keep(words, grid.cells, len(grid.ys) - 1, axis=0)
    kept_columns = _keep(words, grid.cells, len(grid.xs) - 1, axis=1)
    if len(kept_columns) < 2:
        return None
    cells = []
    for i, cell in enumerate(grid.cells):
        row, n_rows = _renumber(kept_rows, cell.row, cell.n_rows)
        column, n_columns = _renumber(kept_columns, cell.column, cell.n_columns)
        if n_rows and n_columns:
            box = (
                grid.xs[cell.column] / scale,
                grid.ys[cell.row] / scale,
                grid.xs[cell.column + cell.n_columns] / scale,
                grid.ys[cell.row + cell.n_rows] / scale,
            )
            own = words.get(i, [])
            cells.append(TableCell(row, column, n_rows, n_columns, own, page, box))
    cells.sort(key=lambda cell: (cell.row, cell.column))
    table = FoundTable("rulings", len(kept_columns), cells)
    return _split_rows(table, lines)


def _count_crossed(grid: Grid, boxes: Floats2d) -> int:
    """Count the words that the borders of cells go through."""
    (x0, y0), (x1, y1) = boxes[:, :2].T, boxes[:, 2:].T
    middles = (x0 + x1) / 2, (y0 + y1) / 2
    in_x, in_y = EDGE * (x1 - x0), EDGE * (y1 - y0)
    places = [
        (x0 + in_x, middles[1]),
        (x1 - in_x, middles[1]),
        (middles[0], y0 + in_y),
        (middles[0], y1 - in_y),
    ]
    owners = []
    for x, y in places:
        columns = numpy.searchsorted(grid.xs, x).clip(1, len(grid.xs) - 1) - 1
        rows = numpy.searchsorted(grid.ys, y).clip(1, len(grid.ys) - 1) - 1
        owners.append(grid.owners[rows, columns])
    return int((numpy.ptp(owners, axis=0) > 0).sum())


def _keep(
    words: Mapping[int, Sequence[int]], cells: Sequence[GridCell], n: int, *, axis: int
) -> list[int]:
    """List the rows or columns of a grid that have texts of their own.

    Margins, and the narrow places between two lines, have none.
    """
    texts: list[set[int]] = [set() for _ in range(n)]
    for i in words:
        cell = cells[i]
        start, size = cell[axis], cell[axis + 2]
        for place in range(start, start + size):
            texts[place].add(i)
    kept: list[int] = []
    for place, own in enumerate(texts):
        if not own or (kept and own <= texts[kept[-1]]):
            continue
        while kept and texts[kept[-1]] <= own:
            kept.pop()
        kept.append(place)
    return kept


def _renumber(kept: Sequence[int], start: int, size: int) -> tuple[int, int]:
    """Find the first of the kept rows or columns that a cell takes, and how many."""
    first, last = numpy.searchsorted(kept, [start, start + size])
    return int(first), int(last - first)


def _split_rows(table: FoundTable, lines: Ints1d) -> FoundTable:
    """Split rows that only their lines of text part: tables often have a ruling under
    their head, and none under other rows."""
    is_short = table.n_rows <= FEW_ROWS
    is_double = _has_double_head(table, lines)
    if not is_short and not is_double:
        return table
    cells: list[TableCell] = []
    n_rows = 0
    for row in range(table.n_rows):
        own = [cell for cell in table.cells if cell.row == row]
        starts = _find_row_starts(own, lines) if is_short else []
        if is_double and row == 0:
            starts = _list_lines(own[0], lines)
        for cell in own:
            if len(starts) > 1:
                cells += _cut(cell, starts, n_rows, lines)
            else:
                cells.append(cell._replace(row=n_rows))
        n_rows += max(len(starts), 1)
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return FoundTable(table.source, table.n_columns, cells)


def _has_double_head(table: FoundTable, lines: Ints1d) -> bool:
    """Check whether the first row has two lines in all cells, where all others have one:
    the ruling below its head is missing."""
    cells = [cell for cell in table.cells if cell.n_rows == 1]
    first = [_list_lines(cell, lines) for cell in cells if cell.row == 0]
    others = [_list_lines(cell, lines) for cell in cells if cell.row > 0]
    n_lines = [len(own) for own in others if own]
    return (
        len(cells) == len(table.cells)
        and len(first) == table.n_columns
        and len(first[0]) == 2
        and all(own == first[0] for own in first)
        and len(n_lines) >= MIN_ONES
        and set(n_lines) == {1}
    )


def _list_lines(cell: TableCell, lines: Ints1d) -> list[int]:
    return sorted({int(lines[i]) for i in cell.tokens})


def _find_row_starts(cells: Iterable[TableCell], lines: Ints1d) -> list[int]:
    """Find the lines of text that start a row; none if all of them are one row."""
    by_column = {c.column: {int(lines[i]) for i in c.tokens} for c in cells}
    if any(cell.n_rows > 1 for cell in cells) or not by_column.get(0):
        return []
    first = by_column.pop(0)
    others = [own for own in by_column.values() if own]
    shared = [line for line in first if any(line in own for own in others)]
    if len(first) < MIN_LINES or len(shared) < MIN_SHARED * len(first):
        return []
    return sorted(first)


def _cut(
    cell: TableCell, starts: Sequence[int], row: int, lines: Ints1d
) -> list[TableCell]:
    tokens: list[list[int]] = [[] for _ in starts]
    for token in cell.tokens:
        place = int(numpy.searchsorted(starts, lines[token], side="right")) - 1
        tokens[max(place, 0)].append(token)
    return [
        cell._replace(row=row + i, n_rows=1, tokens=own, box=None)
        for i, own in enumerate(tokens)
    ]
