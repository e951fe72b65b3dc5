"""Put the lines that are drawn on a page together: rulings are drawn in many pieces."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from spacy_clinical.forms.pages import Box

# Lines whose places differ by less are one; the pieces of a line have smaller gaps.
SNAP, JOIN = 3.0, 3.5
# Shorter lines are marks, and parts of letters and pictures.
MIN_LENGTH = 6.0
# How far a line across may be tilted.
MAX_TILT = 0.6
# The longest of each direction that are looked at. Pages with more are drawings.
MAX_RULINGS = 1500


class Ruling(NamedTuple):
    """A line across or down a page.

    place: Its distance from the top, or from the left.
    start, end: From the left, or from the top.
    """

    place: float
    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start


class Rulings(NamedTuple):
    """The lines of a page, from the top and the left on."""

    across: list[Ruling]
    down: list[Ruling]

    def list_boxes(self) -> list[Box]:
        """List them as boxes without height or width."""
        across = [(r.start, r.place, r.end, r.place) for r in self.across]
        return across + [(r.place, r.start, r.place, r.end) for r in self.down]


def merge_rulings(lines: Iterable[Box]) -> Rulings:
    """Put pieces of the same line together, in n log n steps.

    lines: From one point to another, in points. What is neither level nor upright is
        left out.
    """
    across, down = [], []
    for x0, y0, x1, y1 in lines:
        if abs(y1 - y0) <= MAX_TILT:
            across.append(Ruling((y0 + y1) / 2, *sorted((x0, x1))))
        elif abs(x1 - x0) <= MAX_TILT:
            down.append(Ruling((x0 + x1) / 2, *sorted((y0, y1))))
    return Rulings(_merge(across), _merge(down))


def _merge(pieces: list[Ruling]) -> list[Ruling]:
    merged = [
        ruling
        for level in _group(sorted(pieces))
        for ruling in _join(level)
        if ruling.length >= MIN_LENGTH
    ]
    longest = sorted(merged, key=lambda ruling: -ruling.length)[:MAX_RULINGS]
    return sorted(longest)


def _group(pieces: list[Ruling]) -> Iterator[list[Ruling]]:
    """Group pieces at the same place.

    pieces: By their places.
    """
    level: list[Ruling] = []
    for piece in pieces:
        if level and piece.place - level[0].place > SNAP:
            yield level
            level = []
        level.append(piece)
    if level:
        yield level


def _join(level: list[Ruling]) -> Iterator[Ruling]:
    """Join pieces that follow each other."""
    place = sum(piece.place for piece in level) / len(level)
    start, end = 0.0, -JOIN - 1
    for piece in sorted(level, key=lambda piece: piece.start):
        if piece.start - end > JOIN:
            if end > start:
                yield Ruling(place, start, end)
            start, end = piece.start, piece.end
        end = max(end, piece.end)
    if end > start:
        yield Ruling(place, start, end)
