"""Which tokens of a note are its layout, not its text."""

import re

import numpy
from spacy.attrs import IDX, LENGTH
from spacy.tokens import Doc

from spacy_clinical.extensions import SECTIONS_KEY
from spacy_clinical.types import Bools1d

LIST_NUMBER = re.compile(r"^[ \t]*(\d{1,3}[.)])(?!\d)", re.M)


def find_layout(doc: Doc) -> Bools1d:
    """Mark the tokens of section titles, up to the body, and of white space, and the
    numbers of list items ("2." in a line).

    RETURNS (n_tokens)
    """
    layout = numpy.asarray([token.is_space for token in doc], dtype=bool)
    for section in doc.spans.get(SECTIONS_KEY, ()):
        title = section._.section_title
        if title is not None:
            layout[title.start : section._.section_body.start] = True
    borders = doc.to_array([IDX, LENGTH]).astype("int64").reshape(-1, 2)
    starts, ends = borders[:, 0], borders.sum(axis=1)
    for item in LIST_NUMBER.finditer(doc.text):
        first = int(numpy.searchsorted(ends, item.start(1), side="right"))
        stop = int(numpy.searchsorted(starts, item.end(1), side="left"))
        layout[first:stop] = True
    return layout


def trim(start: int, end: int, layout: Bools1d) -> tuple[int, int] | None:
    """Take layout from both ends of a run of tokens.

    start, end (tokens): Half open.
    RETURNS: What is left, or None.
    """
    text = numpy.flatnonzero(~layout[start:end]) + start
    if not len(text):
        return None
    return int(text[0]), int(text[-1]) + 1
