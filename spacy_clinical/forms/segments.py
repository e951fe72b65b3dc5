"""Cut lines into segments: runs of words between two gaps."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy
from spacy.tokens import Doc

from spacy_clinical.extensions.form_data import find_widgets
from spacy_clinical.forms.pages import Box
from spacy_clinical.forms.places import Places, find_places
from spacy_clinical.types import Ints2d

# A gap separates two segments if it is this many times as wide as words are high; in lines
# whose spaces are wide, as those of a typewriter are, if it is clearly wider than the
# narrowest of them.
SEGMENT_GAP, WIDEST_SPACE = 1.15, 1.5
WIDER = 1.6
# Pages are higher than wide: across, a thousandth is a smaller part of an inch.
ASPECT = 1.3
# In text without boxes, the least number of spaces that separates segments.
SPACES_GAP = 3
# A label may be followed by dots or a line to write on.
LEADER = re.compile(r"[._\u2026\u00b7]{2,}")


@dataclass(frozen=True)
class Segment:
    """A run of tokens in a line.

    start, end (tokens): Half open.
    box: In thousandths of the page.
    height: Of its words.
    row: Number of its line, counted over all pages.
    is_bold: Whether all of its words are.
    """

    start: int
    end: int
    text: str
    box: Box
    height: float
    page: int
    row: int
    is_bold: bool = False


def find_segments(doc: Doc, places: Places | None = None) -> list[Segment]:
    """Cut the lines of a Doc at wide gaps, after colons, and where what is printed and
    what is written in a fillable form's fields meet.

    RETURNS: In the Doc's order. Text without boxes is taken as it looks in a font whose
        letters are equally wide.
    """
    places = places or find_places(doc)
    owners = find_widgets(doc).owners
    segments: list[Segment] = []
    seen = numpy.flatnonzero(places.lines >= 0).tolist()
    for _, tokens in groupby(seen, key=lambda i: places.lines[i]):
        line = list(tokens)
        least = _find_least_gap(places, line)
        run: list[int] = []
        for i in line:
            is_cut = run and owners[run[-1]] != owners[i]
            if is_cut or (run and _is_apart(doc, places, run[-1], i, least)):
                segments.append(_make_segment(doc, places, run))
                run = []
            run.append(i)
        segments.append(_make_segment(doc, places, run))
    return segments


def widen_boxes(places: Places, segments: Sequence[Segment]) -> Ints2d:
    """Give each token the box of its segment: (n_tokens, 4)."""
    boxes = places.boxes.copy()
    for segment in segments:
        boxes[segment.start : segment.end] = numpy.asarray(segment.box)
    return boxes


def find_box(places: Places, start: int, end: int) -> tuple[Box, int]:
    """Find the box of what a run of tokens has on its first page, and that page."""
    page = int(places.pages[start])
    inside = numpy.arange(start, end)
    seen = inside[(places.pages[inside] == page) & (places.lines[inside] >= 0)]
    boxes = places.boxes[seen if len(seen) else inside]
    low, high = boxes.min(axis=0), boxes.max(axis=0)
    return (float(low[0]), float(low[1]), float(high[2]), float(high[3])), page


def trim_leader(doc: Doc, segment: Segment) -> Segment:
    """Take dots and lines to write on from the end of a segment."""
    end = segment.end
    while end > segment.start + 1 and LEADER.fullmatch(doc[end - 1].text):
        end -= 1
    return replace(segment, end=end, text=doc[segment.start : end].text)


def is_leader(text: str) -> bool:
    """Check whether there is nothing but dots, or a line to write on."""
    return LEADER.fullmatch(text.replace(" ", "")) is not None


def _find_least_gap(places: Places, line: list[int]) -> float:
    """Find the smallest gap that separates segments of a line, in thousandths of the
    page."""
    boxes = places.boxes[line]
    if places.n_columns:
        return 1000 * (SPACES_GAP - 0.5) / places.n_columns
    # Words without tall letters are low: take the upper quartile.
    height = ASPECT * float(numpy.quantile(boxes[:, 3] - boxes[:, 1], 0.75))
    gaps = boxes[1:, 0] - boxes[:-1, 2]
    spaces = gaps[gaps > 0]
    wide = WIDER * float(spaces.min()) if len(spaces) else 0.0
    return max(SEGMENT_GAP * height, min(wide, WIDEST_SPACE * height))


def _is_apart(doc: Doc, places: Places, before: int, i: int, least: float) -> bool:
    """Check whether a token starts a segment: after a colon or a gap."""
    gap = float(places.boxes[i, 0] - places.boxes[before, 2])
    return gap > least or (gap > 0 and doc[before].text.endswith(":"))


def _make_segment(doc: Doc, places: Places, run: list[int]) -> Segment:
    start, end = run[0], run[-1] + 1
    box, page = find_box(places, start, end)
    boxes = places.boxes[run]
    height = float(numpy.median(boxes[:, 3] - boxes[:, 1]))
    row = int(places.lines[start])
    is_bold = bool(places.is_bold[run].all())
    return Segment(start, end, doc[start:end].text, box, height, page, row, is_bold)
