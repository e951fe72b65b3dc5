"""Find the lines that are drawn on scans: long runs of ink, level or upright."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import NamedTuple

import numpy
from PIL import Image

from spacy_clinical.forms.pages import Box, FormPage, Word
from spacy_clinical.forms.scan_cleaning import find_paper
from spacy_clinical.types import Bools2d, Ints2d

# Ink is darker than this part of the paper around it.
INK = 0.78
# Pages with more ink than this are pictures.
MAX_INK = 0.4
# Runs of ink, in heights of the page's words: longer than strokes of letters are.
MIN_ACROSS, MIN_DOWN = 3.0, 1.8
# The greatest thickness of a line, in heights of words, and in pixels at least.
MAX_THICKNESS, THIN = 0.3, 5
# Runs that are looked at in each direction, at most. Pages with more are pictures.
MAX_RUNS = 20_000
# Lines of which this part is inside of words, farther from their top and bottom than this
# part of their height, are strokes of letters.
MAX_INSIDE, INSIDE = 0.5, 0.1
# Lines that are kept of a page, at most: the longest.
MAX_LINES = 3000
# What OCR makes of lines, and how far from one it may be, in heights of words.
MARKS = frozenset("|¦_-~=[](){}!:;.,'`\"\u2013\u2014\u2018\u2019\u201c\u201d/\\")
UPRIGHT = frozenset("|¦[](){}!/\\Il1")
SIDES = frozenset("|¦[]")
NEAR = 0.35


class Run(NamedTuple):
    """A run of ink: its row, and from where to where it goes."""

    row: int
    start: int
    end: int


def read_scan_rulings(page: FormPage, image: Image.Image) -> FormPage:
    """Add the lines that are drawn on a scan to its page, and leave out the words that
    OCR has made of them.

    image: The picture that the words were read on, in 8-bit grey.
    """
    texts = [word for word in page.words if any(map(str.isalnum, word.text))]
    if len(texts) < 2:
        return page
    height = median(word.height for word in texts)
    rulings = _drop_text(find_scan_rulings(image, height), texts)
    if not rulings:
        return page
    down = [ruling for ruling in rulings if ruling[0] == ruling[2]]
    across = [ruling for ruling in rulings if ruling[0] != ruling[2]]
    reach = NEAR * height
    words = [
        cut
        for word in page.words
        if not _is_mark(word, across, down, reach)
        for cut in _cut_marks(word, down, reach)
    ]
    return replace(page, words=words, rulings=rulings)


def find_scan_rulings(image: Image.Image, height: float) -> list[Box]:
    """Find the lines of a scan whose lines of text are level, in linear time.

    height (pixels): Of its words.
    RETURNS: Boxes without height or width.
    """
    ink = _find_ink(image)
    if ink.mean() > MAX_INK:
        return []
    most = max(MAX_THICKNESS * height, THIN)
    ink &= ~_find_solid(ink, round(most) + 1)
    across = [
        (start, place, end, place)
        for place, start, end in _find_lines(ink, MIN_ACROSS * height, most)
    ]
    upright = numpy.ascontiguousarray(ink.T)
    down = [
        (place, start, place, end)
        for place, start, end in _find_lines(upright, MIN_DOWN * height, most)
    ]
    found = across + down
    return sorted(found, key=lambda b: b[0] + b[1] - b[2] - b[3])[:MAX_LINES]


def _find_ink(image: Image.Image) -> Bools2d:
    """Find what is darker than the paper around it, however unevenly it is lit."""
    paper = find_paper(image)
    limits = paper.point([round(INK * shade) for shade in range(256)])
    ink: Bools2d = numpy.asarray(image) < numpy.asarray(limits)
    return ink


def _find_solid(ink: Bools2d, side: int) -> Bools2d:
    """Find areas of ink that squares of a size fit in: they are no lines."""
    solid = numpy.zeros_like(ink)
    n_rows, n_columns = ink.shape
    if min(n_rows, n_columns) < side:
        return solid
    full = _slide(_slide(ink, side).T, side).T
    padded = numpy.zeros_like(ink)
    padded[side - 1 :, side - 1 :] = full
    # Each place of a square that fits, from its lower right corner back.
    grown = ~_slide(~numpy.pad(padded, ((0, side - 1), (0, 0))), side)
    return ~_slide(~numpy.pad(grown, ((0, 0), (0, side - 1))).T, side).T


def _slide(ink: Bools2d, n: int) -> Bools2d:
    """Say where n rows that follow each other are all ink (n_rows - n + 1, n_columns)."""
    left = ink
    # By doubling: what is ink in n rows is so in the first and in the last part of them.
    have = 1
    while have < n:
        step = min(have, n - have)
        left = left[step:] & left[:-step]
        have += step
    return left


def _find_lines(
    ink: Bools2d, least: float, most: float
) -> Iterator[tuple[float, float, float]]:
    """Find level lines: runs of ink in neighboring rows, that aren't thick.

    least (pixels): Length of a run.
    most (pixels): Thickness of a line.
    YIELDS: Place, start and end.
    """
    for runs in _join_runs(_find_runs(_thicken(ink), least)):
        start = min(run.start for run in runs)
        end = max(run.end for run in runs)
        lengths = [run.end - run.start for run in runs]
        # Each line was thickened by a row above it, and one below.
        if sum(lengths) / (end - start) - 2 <= most:
            rows = [run.row * n for run, n in zip(runs, lengths, strict=True)]
            yield sum(rows) / sum(lengths), float(start), float(end)


def _thicken(ink: Bools2d) -> Bools2d:
    """Close gaps of two pixels along rows, and let neighboring rows overlap: lines that
    fall a little go from row to row."""
    thick = ink.copy()
    thick[:, 1:] |= ink[:, :-1]
    thick[:, :-1] |= ink[:, 1:]
    tall = thick.copy()
    tall[1:] |= thick[:-1]
    tall[:-1] |= thick[1:]
    return tall


def _find_runs(ink: Bools2d, least: float) -> list[Run]:
    """List the runs of a length, at least; of very many, the longest."""
    padded = numpy.pad(ink, ((0, 0), (1, 1))).astype("int8")
    steps = numpy.diff(padded, axis=1)
    rows, starts = numpy.nonzero(steps == 1)
    _, ends = numpy.nonzero(steps == -1)
    found: Ints2d = numpy.stack([rows, starts, ends], axis=1)
    lengths = ends - starts
    found, lengths = found[lengths >= least], lengths[lengths >= least]
    if len(found) > MAX_RUNS:
        found = found[numpy.sort(numpy.argsort(-lengths, kind="stable")[:MAX_RUNS])]
    return [Run(*run) for run in found.tolist()]


def _join_runs(runs: Sequence[Run]) -> list[list[Run]]:
    """Group runs that overlap in neighboring rows.

    runs: By rows, from the left.
    """
    parents = list(range(len(runs)))

    def find(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    above = 0
    for i, run in enumerate(runs):
        while runs[above].row < run.row - 1:
            above += 1
        # Those of the row above that end before this one begins, end before the next.
        while runs[above].row == run.row - 1 and runs[above].end < run.start:
            above += 1
        j = above
        while runs[j].row == run.row - 1 and runs[j].start <= run.end:
            parents[find(i)] = find(j)
            j += 1
    groups: dict[int, list[Run]] = {}
    for i, run in enumerate(runs):
        groups.setdefault(find(i), []).append(run)
    return list(groups.values())


def _drop_text(rulings: Sequence[Box], words: Sequence[Word]) -> list[Box]:
    """Leave out lines that go through words, as the strokes of blurred letters do."""
    x0, y0, x1, y1 = numpy.asarray([word.box for word in words]).T
    inset = INSIDE * (y1 - y0)
    kept = []
    for ruling in rulings:
        start, top, end, bottom = ruling
        is_over = (top > y0 + inset) & (top < y1 - inset)
        inside = numpy.minimum(x1, end) - numpy.maximum(x0, start)
        shared = float(inside[is_over & (inside > 0)].sum())
        if bottom > top or shared < MAX_INSIDE * (end - start):
            kept.append(ruling)
    return kept


def _is_mark(
    word: Word, across: Sequence[Box], down: Sequence[Box], reach: float
) -> bool:
    """Check whether a word is what OCR has made of a line."""
    x0, y0, x1, y1 = word.box
    if set(word.text) <= UPRIGHT and x1 - x0 <= 3 * reach:
        middle = (x0 + x1) / 2
        if any(_is_beside(line, middle, word.box, reach) for line in down):
            return True
    return set(word.text) <= MARKS and any(
        abs(line[1] - word.middle) <= max(reach, (y1 - y0) / 2)
        and line[0] - reach <= x0
        and x1 <= line[2] + reach
        for line in across
    )


def _is_beside(line: Box, x: float, box: Box, reach: float) -> bool:
    """Check whether an upright line goes along a place, at the height of a box."""
    shared = min(line[3], box[3]) - max(line[1], box[1])
    return abs(line[0] - x) <= reach and shared >= 0.5 * (box[3] - box[1])


def _cut_marks(word: Word, down: Sequence[Box], reach: float) -> list[Word]:
    """Cut marks that OCR has made of the lines at the sides of a word."""
    x0, y0, x1, y1 = word.box
    text = word.text
    letter = (x1 - x0) / max(len(text), 1)
    if text[:1] in SIDES and any(_is_beside(d, x0, word.box, reach) for d in down):
        text, x0 = text[1:], x0 + letter
    if text[-1:] in SIDES and any(_is_beside(d, x1, word.box, reach) for d in down):
        text, x1 = text[:-1], x1 - letter
    return [word._replace(text=text, box=(x0, y0, x1, y1))] if text else []
