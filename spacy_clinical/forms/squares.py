"""Find the checkboxes that are drawn on scans, and whether there is ink in them.

A box is sought by its four sides: a level stroke as long as words are high, and as much
ink along the other three.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import NamedTuple

import numpy
from PIL import Image

from spacy_clinical.forms.checkboxes import EMPTY_BOX, TICKED_BOX, UNSURE_BOX
from spacy_clinical.forms.pages import Box, FormPage, Word
from spacy_clinical.types import Bools2d, Ints2d

# Sides of a box, in heights of the page's words.
MIN_SIDE, MAX_SIDE = 0.72, 2.4
# Share of a side that must be ink, and how far it may be from where it is sought, as a
# part of the side.
SIDE_INK, SIDE_SHIFT = 0.85, 0.12
# The greatest difference of width and height, as a part of the side.
MAX_UNEVEN = 0.16
# The greatest distance of ink from each corner, in sides.
CORNER = 0.07
# Share of ink right beside a box, at most.
MAX_BESIDE = 0.06
# The inside begins at this distance from the sides, in sides.
INSET = 0.22
# Inside, so much ink more than in the emptiest box of the page is a tick; so little is
# none.
TICK_INK, NO_INK = 0.12, 0.03
# If the emptiest box has more ink than this, all are ticked.
MAX_SPECKS = 0.06
# The greatest distance of a box from its option, in sides.
BESIDE = 3.0
# Characters that OCR makes of a box, at most.
MAX_MISREAD = 4
# A box that OCR has read together with its option, as in "OMild" and "(Asthma".
GLUED = re.compile(r"[^\w\s]|_|[O0oQDLCUIl1]{1,2}(?=[A-Z][a-z])")
# What is left of a box before an option that begins with a capital.
REST = re.compile(r"^(?:[\[\](){}|_]+|[lIJ1|\]]+(?=[A-Z]))")
# Shades that ink is darker than paper, at least.
MIN_CONTRAST = 40
# Strokes that are looked at on a page, at most.
MAX_STROKES = 20_000


class Square(NamedTuple):
    """A box on a scan.

    ink (0 to 1): Share of its inside.
    """

    box: Box
    ink: float


def read_squares(page: FormPage, image: Image.Image) -> FormPage:
    """Put the checkboxes of a scan among its words, in place of what OCR made of them.

    image: The picture that the words were read on, in 8-bit grey.
    """
    heights = [word.height for word in page.words if word.text.isalnum()]
    if len(heights) < 2:
        return page
    squares = find_squares(image, median(heights))
    squares = [square for square in squares if _has_option(square.box, page.words)]
    squares = [s for s in squares if not any(_is_letter(s.box, w) for w in page.words)]
    if not squares:
        return page
    least = min(square.ink for square in squares)
    specks = least if least <= MAX_SPECKS else 0.0
    words = list(page.words)
    for square in squares:
        words = [w for word in words for w in _cut_word(word, square.box)]
    for square in squares:
        ink = square.ink - specks
        sure, mark = 0.5, UNSURE_BOX
        if ink >= TICK_INK:
            sure, mark = 1.0, TICKED_BOX
        elif ink <= NO_INK:
            sure, mark = 1.0, EMPTY_BOX
        words.append(Word(mark, square.box, sure))
    return replace(page, words=words)


def _is_letter(box: Box, word: Word) -> bool:
    """Check whether a square may be a letter of a word, not a box that was read with
    it."""
    x0, y0, x1, y1 = word.box
    side = box[2] - box[0]
    across = min(x1, box[2]) - max(x0, box[0])
    if across <= 0.25 * side or min(y1, box[3]) - max(y0, box[1]) <= 0.5 * side:
        return False
    if max(box[0] - x0, x1 - box[2]) <= 0.4 * side:
        # All that the word has.
        return False
    return box[0] - x0 > 0.4 * side or GLUED.match(word.text) is None


def find_squares(image: Image.Image, height: float) -> list[Square]:
    """Find upright squares, about as large as words are high.

    height (pixels): Of words.
    """
    pixels = numpy.asarray(image)
    some = pixels[::3, ::3]
    paper = float(numpy.median(some))
    printed = some[some < paper - MIN_CONTRAST]
    if not printed.size:
        return []
    dark = float(numpy.median(printed))
    ink: Bools2d = pixels < paper - 0.4 * (paper - dark)
    thick = _thicken(ink)
    squares: list[Square] = []
    for y, x0, x1 in _find_strokes(thick, MIN_SIDE * height, MAX_SIDE * height):
        side = x1 - x0
        if any(_shares(square.box, (x0, y, x1, y)) for square in squares):
            continue
        for top in (y, y - side):
            box = _fit(thick, x0, x1, top, side)
            if box is None or not (_has_corners(ink, box) and _is_free(ink, box)):
                continue
            if not any(_is_over(s.box, box) for s in squares):
                squares.append(Square(box, _measure_ink(ink, box)))
                break
    return squares


def _thicken(ink: Bools2d) -> Bools2d:
    """Close gaps of a pixel or two: ink, and what is right beside it."""
    thick = ink.copy()
    thick[1:] |= ink[:-1]
    thick[:-1] |= ink[1:]
    wide = thick.copy()
    wide[:, 1:] |= thick[:, :-1]
    wide[:, :-1] |= thick[:, 1:]
    return wide


def _find_strokes(ink: Bools2d, least: float, most: float) -> Ints2d:
    """Find level strokes of a length: their row, start and end."""
    padded = numpy.pad(ink, ((0, 0), (1, 1))).astype("int8")
    steps = numpy.diff(padded, axis=1)
    rows, starts = numpy.nonzero(steps == 1)
    _, ends = numpy.nonzero(steps == -1)
    lengths = ends - starts
    fits = (lengths >= least) & (lengths <= most)
    return numpy.stack([rows[fits], starts[fits], ends[fits]], axis=1)[:MAX_STROKES]


def _fit(ink: Bools2d, x0: int, x1: int, top: int, side: int) -> Box | None:
    """Find the box that a stroke is the upper or the lower side of; None if there is
    none."""
    bottom = top + side
    reach = max(round(SIDE_SHIFT * side), 2)
    n_rows, n_columns = ink.shape
    if top < reach or bottom + reach >= n_rows or x0 < reach or x1 + reach >= n_columns:
        return None
    upper = ink[top - reach : top + reach + 1, x0:x1].mean(axis=1)
    lower = ink[bottom - reach : bottom + reach + 1, x0:x1].mean(axis=1)
    left = ink[top:bottom, x0 - reach : x0 + reach + 1].mean(axis=0)
    right = ink[top:bottom, x1 - reach : x1 + reach + 1].mean(axis=0)
    if min(part.max() for part in (upper, lower, left, right)) < SIDE_INK:
        return None
    # The outermost lines that are ink: a letter's strokes are broader.
    shifts = numpy.arange(-reach, reach + 1)
    box = (
        float(x0 + shifts[left >= SIDE_INK].min() + 1),
        float(top + shifts[upper >= SIDE_INK].min() + 1),
        float(x1 + shifts[right >= SIDE_INK].max() - 1),
        float(bottom + shifts[lower >= SIDE_INK].max() - 1),
    )
    width, height = box[2] - box[0], box[3] - box[1]
    return box if abs(width - height) <= MAX_UNEVEN * max(width, height) else None


def _has_corners(ink: Bools2d, box: Box) -> bool:
    """Check whether there is ink at all corners, where letters are round."""
    reach = max(round(CORNER * (box[2] - box[0])), 1)
    for x in (round(box[0]), round(box[2])):
        for y in (round(box[1]), round(box[3])):
            near = ink[y - reach : y + reach + 1, x - reach : x + reach + 1]
            if not near.any():
                return False
    return True


def _is_free(ink: Bools2d, box: Box) -> bool:
    """Check whether nothing stands right beside a box, as letters do beside a letter,
    and nothing goes beyond its sides, as round letters do."""
    x0, y0, x1, y1 = (round(value) for value in box)
    side = x1 - x0
    near, far = max(round(0.14 * side), 2), round(0.3 * side)
    above = max(y0 - far, 0), max(y0 - near + 1, 0)
    before = max(x0 - far, 0), max(x0 - near, 0)
    # Check marks go beyond the upper right corner.
    parts = (
        ink[y0 : y1 + 1, slice(*before)],
        ink[(y0 + y1) // 2 : y1 + 1, x1 + near + 1 : x1 + far + 1],
        ink[slice(*above), x0 : x0 + round(0.6 * side)],
        ink[y1 + near : y1 + far + 1, x0 : x1 + 1],
    )
    return all(not part.size or float(part.mean()) < MAX_BESIDE for part in parts)


def _measure_ink(ink: Bools2d, box: Box) -> float:
    x0, y0, x1, y1 = box
    inset = max(INSET * (x1 - x0), 3.0)
    inner = ink[
        round(y0 + inset) : round(y1 - inset) + 1,
        round(x0 + inset) : round(x1 - inset) + 1,
    ]
    return float(inner.mean()) if inner.size else 0.0


def _shares(box: Box, other: Sequence[float]) -> bool:
    """Check whether a stroke lies in a box that is known."""
    reach = 0.3 * (box[2] - box[0])
    return (
        other[0] >= box[0] - reach
        and other[2] <= box[2] + reach
        and box[1] - reach <= other[1] <= box[3] + reach
    )


def _is_over(box: Box, other: Box) -> bool:
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    return width > 0 and height > 0


def _has_option(box: Box, words: Sequence[Word]) -> bool:
    """Check whether a word stands beside a box, which is no letter of it itself."""
    x0, y0, x1, y1 = box
    side = x1 - x0
    for word in words:
        wx0, wy0, wx1, wy1 = word.box
        level = min(y1, wy1) - max(y0, wy0) > 0.3 * min(y1 - y0, wy1 - wy0)
        gap = max(wx0 - x1, x0 - wx1)
        # Boxes that OCR has read with their option count as beside it.
        longer = wx1 > x1 + side or wx0 < x0 - side
        if level and longer and gap <= BESIDE * side and len(word.text) > 1:
            return True
    return False


def _cut_word(word: Word, box: Box) -> list[Word]:
    """Take from a word what OCR has made of a box."""
    x0, y0, x1, y1 = word.box
    side = box[2] - box[0]
    level = min(y1, box[3]) - max(y0, box[1]) > 0.3 * min(y1 - y0, box[3] - box[1])
    shared = min(x1, box[2]) - max(x0, box[0])
    if not level or shared <= 0.1 * side or not word.text:
        return [word]
    # What is beside the box is kept.
    before, behind = box[0] - x0, x1 - box[2]
    if max(before, behind) <= 0.6 * side and len(word.text) <= MAX_MISREAD:
        return []
    letter = (x1 - x0) / len(word.text)
    n_cut = max(round(shared / letter), 1)
    if before > behind:
        n_kept = max(round(before / letter), 1)
        text = word.text[: min(n_kept, len(word.text) - n_cut)]
        return [word._replace(text=text, box=(x0, y0, box[0], y1))] if text else []
    n_cut = min(round((box[2] - x0) / letter), MAX_MISREAD)
    text = REST.sub("", word.text[max(n_cut, 1) :])
    return [word._replace(text=text, box=(box[2], y0, x1, y1))] if text else []
