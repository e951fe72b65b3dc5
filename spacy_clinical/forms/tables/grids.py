"""Find the cells between the rulings of a page."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy

from spacy_clinical.forms.pages import Box
from spacy_clinical.forms.tables.rulings import Ruling, Rulings
from spacy_clinical.types import Bools2d, Ints2d

# Two rulings meet if they come this close, in points.
TOUCH = 3.5
# Grids with more places for cells are drawings: paper with squares, plots.
MAX_SLOTS = 40_000
# The largest that are looked at of a page.
MAX_GRIDS = 200


class GridCell(NamedTuple):
    """A cell, by the rows and columns that it takes."""

    row: int
    column: int
    n_rows: int
    n_columns: int


class Grid(NamedTuple):
    """Rows and columns between rulings that touch each other.

    xs, ys (points): Where columns and rows start, and the last ones end.
    cells: From the upper left on.
    owners (n_rows, n_columns): Which cell takes each place.
    """

    xs: list[float]
    ys: list[float]
    cells: list[GridCell]
    owners: Ints2d

    @property
    def box(self) -> Box:
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]

    @property
    def area(self) -> float:
        return (self.xs[-1] - self.xs[0]) * (self.ys[-1] - self.ys[0])


def find_grids(rulings: Rulings) -> list[Grid]:
    """Find the grids of a page, the largest first.

    Rulings that touch belong to one grid. Its outer border is closed, whether or not it
    is drawn; within, two places are one cell where no ruling separates them.
    """
    grids = []
    for across, down in _list_groups(rulings):
        xs = _list_places(down, across)
        ys = _list_places(across, down)
        n_slots = (len(xs) - 1) * (len(ys) - 1)
        if 1 < n_slots <= MAX_SLOTS:
            grids.append(_make_grid(xs, ys, across, down))
    return sorted(grids, key=lambda grid: -grid.area)[:MAX_GRIDS]


def _list_groups(rulings: Rulings) -> Iterator[tuple[list[Ruling], list[Ruling]]]:
    """List the rulings that touch each other, directly or over others."""
    across, down = rulings
    if not across or not down:
        return
    touches = _find_touches(across, down)
    left = numpy.ones(len(across), dtype=bool)
    unseen = numpy.ones(len(down), dtype=bool)
    for first in range(len(across)):
        if not left[first]:
            continue
        left[first] = False
        rows, columns, waiting = [first], [], [first]
        while waiting:
            # Each ruling is looked at once.
            met = numpy.flatnonzero(touches[waiting.pop()] & unseen)
            unseen[met] = False
            columns += met.tolist()
            for column in met:
                others = numpy.flatnonzero(touches[:, column] & left)
                left[others] = False
                rows += others.tolist()
                waiting += others.tolist()
        if columns:
            yield [across[i] for i in sorted(rows)], [down[i] for i in sorted(columns)]


def _find_touches(across: Sequence[Ruling], down: Sequence[Ruling]) -> Bools2d:
    """Say which rulings touch (n_across, n_down)."""
    rows, columns = numpy.asarray(across)[:, None], numpy.asarray(down)[None]
    touches: Bools2d = (
        (columns[..., 0] >= rows[..., 1] - TOUCH)
        & (columns[..., 0] <= rows[..., 2] + TOUCH)
        & (rows[..., 0] >= columns[..., 1] - TOUCH)
        & (rows[..., 0] <= columns[..., 2] + TOUCH)
    )
    return touches


def _list_places(own: Sequence[Ruling], others: Sequence[Ruling]) -> list[float]:
    """List where rows or columns start and end: at their rulings, and where those
    across go beyond the outermost, as in tables that are open at their sides."""
    places = sorted({ruling.place for ruling in own})
    first = min(ruling.start for ruling in others)
    last = max(ruling.end for ruling in others)
    if first < places[0] - TOUCH:
        places.insert(0, first)
    if last > places[-1] + TOUCH:
        places.append(last)
    return places


def _make_grid(
    xs: list[float], ys: list[float], across: Sequence[Ruling], down: Sequence[Ruling]
) -> Grid:
    n_rows, n_columns = len(ys) - 1, len(xs) - 1
    # Whether a ruling separates a place from the one below it, or to the right of it.
    floors = numpy.zeros((n_rows, n_columns), dtype=bool)
    walls = numpy.zeros((n_rows, n_columns), dtype=bool)
    floors[-1], walls[:, -1] = True, True
    for ruling in across:
        row = bisect_left(ys, ruling.place) - 1
        if row >= 0:
            floors[row, _find_range(xs, ruling)] = True
    for ruling in down:
        column = bisect_left(xs, ruling.place) - 1
        if column >= 0:
            walls[_find_range(ys, ruling), column] = True
    owners = numpy.full((n_rows, n_columns), -1, dtype="int64")
    cells: list[GridCell] = []
    for row in range(n_rows):
        for column in range(n_columns):
            if owners[row, column] < 0:
                for cell in _cut(_flood(row, column, floors, walls)):
                    owners[
                        cell.row : cell.row + cell.n_rows,
                        cell.column : cell.column + cell.n_columns,
                    ] = len(cells)
                    cells.append(cell)
    return Grid(xs, ys, cells, owners)


def _find_range(places: Sequence[float], ruling: Ruling) -> slice:
    """Find the rows or columns that a ruling goes along."""
    start = bisect_left(places, ruling.start - TOUCH)
    return slice(start, bisect_left(places, ruling.end + TOUCH) - 1)


def _flood(
    row: int, column: int, floors: Bools2d, walls: Bools2d
) -> set[tuple[int, int]]:
    """Find the places that no ruling separates from one."""
    n_rows, n_columns = floors.shape
    found, waiting = {(row, column)}, [(row, column)]
    while waiting:
        r, c = waiting.pop()
        steps = [
            (r + 1, c, r + 1 < n_rows and not floors[r, c]),
            (r - 1, c, r > 0 and not floors[r - 1, c]),
            (r, c + 1, c + 1 < n_columns and not walls[r, c]),
            (r, c - 1, c > 0 and not walls[r, c - 1]),
        ]
        for r1, c1, is_open in steps:
            if is_open and (r1, c1) not in found:
                found.add((r1, c1))
                waiting.append((r1, c1))
    return found


def _cut(places: set[tuple[int, int]]) -> Iterator[GridCell]:
    """Make one cell of a rectangle of places, and of other shapes one for each run of
    places in a row."""
    rows, columns = {r for r, _ in places}, {c for _, c in places}
    height = max(rows) - min(rows) + 1
    width = max(columns) - min(columns) + 1
    if height * width == len(places):
        yield GridCell(min(rows), min(columns), height, width)
        return
    for row, column in sorted(places):
        if (row, column - 1) not in places:
            end = column
            while (row, end + 1) in places:
                end += 1
            yield GridCell(row, column, 1, end - column + 1)
