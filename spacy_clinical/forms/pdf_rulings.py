"""Read the lines that are drawn on the pages of PDFs."""

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

from pypdfium2 import raw

from spacy_clinical.forms.pages import Box
from spacy_clinical.forms.tables.rulings import Rulings, merge_rulings

# Filled areas that are this narrow are lines, in points.
THIN = 3.0
# Pieces of paths that are looked at of a page.
MAX_PIECES = 60_000
MAX_DEPTH = 8
# How far apart places are that the direction of a page is found by.
PROBE = 1000.0
WHITE = 250

Point = tuple[float, float]
Place = Callable[[float, float], Point]
# A matrix (a, b, c, d, e, f), as PDF has it.
Matrix = tuple[float, float, float, float, float, float]


def read_rulings(page: Any, place: Place) -> Rulings:
    """Read the lines of a page: strokes, narrow filled areas, and the borders of others.

    place: Converts the file's coordinates to points from the upper left corner of the
        page as it is looked at.
    """
    return merge_rulings(_list_lines(page, _find_matrix(place)))


def _find_matrix(place: Place) -> Matrix:
    """Find the matrix that a function converts places by."""
    (x, y), (x1, y1), (x2, y2) = (
        place(0, 0),
        place(PROBE, 0),
        place(0, PROBE),
    )
    a, b, c, d = (value / PROBE for value in (x1 - x, y1 - y, x2 - x, y2 - y))
    return a, b, c, d, x, y


def _list_lines(page: Any, matrix: Matrix) -> Iterator[Box]:
    n_pieces = 0
    for item, own in _list_items(page, matrix):
        is_stroked, is_filled = _get_mode(item)
        if not is_stroked and not is_filled:
            continue
        for path, is_closed in _list_paths(item):
            n_pieces += len(path)
            if n_pieces > MAX_PIECES:
                return
            points = [_move(own, point) for point in path]
            yield from _list_sides(points, is_closed or is_filled, is_stroked)


def _list_items(page: Any, matrix: Matrix) -> Iterator[tuple[Any, Matrix]]:
    """List the paths of a page, also those inside of others, and the matrices that convert
    their places to points of the page."""
    waiting = [(page, matrix, 0)]
    while waiting:
        parent, outer, depth = waiting.pop()
        if depth:
            n_items = raw.FPDFFormObj_CountObjects(parent)
        else:
            n_items = raw.FPDFPage_CountObjects(parent)
        for i in range(max(n_items, 0)):
            get = raw.FPDFFormObj_GetObject if depth else raw.FPDFPage_GetObject
            item = get(parent, i)
            kind = raw.FPDFPageObj_GetType(item) if item else None
            if kind == raw.FPDF_PAGEOBJ_PATH:
                yield item, _multiply(_get_matrix(item), outer)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
                waiting.append((item, _multiply(_get_matrix(item), outer), depth + 1))


def _list_sides(
    points: list[Point], is_closed: bool, is_stroked: bool
) -> Iterator[Box]:
    """List the sides of a path; of a narrow one that is filled, the line along it."""
    x0, x1 = min(x for x, _ in points), max(x for x, _ in points)
    y0, y1 = min(y for _, y in points), max(y for _, y in points)
    if not is_stroked and min(x1 - x0, y1 - y0) <= THIN:
        if x1 - x0 >= y1 - y0:
            yield x0, (y0 + y1) / 2, x1, (y0 + y1) / 2
        else:
            yield (x0 + x1) / 2, y0, (x0 + x1) / 2, y1
        return
    ends = [*points[1:], *(points[:1] if is_closed else ())]
    for start, end in zip(points, ends, strict=False):
        yield (*start, *end)


def _list_paths(item: Any) -> Iterator[tuple[list[Point], bool]]:
    """List the corners of a path's parts, and whether they are closed. Curves part
    them."""
    points: list[Point] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for i in range(raw.FPDFPath_CountSegments(item)):
        segment = raw.FPDFPath_GetPathSegment(item, i)
        kind = raw.FPDFPathSegment_GetType(segment)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        if kind != raw.FPDF_SEGMENT_LINETO and points:
            if len(points) > 1:
                yield points, False
            points = []
        points.append((x.value, y.value))
        if raw.FPDFPathSegment_GetClose(segment):
            if len(points) > 1:
                yield points, True
            points = []
    if len(points) > 1:
        yield points, False


def _get_mode(item: Any) -> tuple[bool, bool]:
    """Check whether a path is stroked, and filled with more than the color of paper."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(item, fill, stroke):
        return False, False
    is_filled = fill.value != raw.FPDF_FILLMODE_NONE
    if is_filled:
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        if raw.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
            is_white = min(red.value, green.value, blue.value) >= WHITE
            is_filled = not is_white and alpha.value > 0
    return bool(stroke.value), is_filled


def _get_matrix(item: Any) -> Matrix:
    found = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(item, found):
        return 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
    return found.a, found.b, found.c, found.d, found.e, found.f


def _multiply(first: Matrix, second: Matrix) -> Matrix:
    """Make the matrix that converts as one does, and then another."""
    a, b, c, d, e, f = first
    origin = _move(second, (e, f))
    across = _move(second, (a + e, b + f))
    up = _move(second, (c + e, d + f))
    return (
        across[0] - origin[0],
        across[1] - origin[1],
        up[0] - origin[0],
        up[1] - origin[1],
        *origin,
    )


def _move(matrix: Matrix, point: Point) -> Point:
    (a, b, c, d, e, f), (x, y) = matrix, point
    return a * x + c * y + e, b * x + d * y + f
