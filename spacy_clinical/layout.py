"""Which tokens of a note are its layout, not its text."""

import re

import numpy
from spacy.attrs import IDX, LENGTH
from spacy.tokens import Doc

from spacy_clinical.extensions import SECTIONS_KEY

LIST_NUMBER = re.compile(r"^[ \t]*(\d{1,3}[.)])(?!\d)", re.M)


def find_layout(doc: Doc) -> frozenset[int]:
    """The tokens of section titles and of list items' numbers ("2." in a line)."""
    layout: set[int] = set()
    for section in doc.spans.get(SECTIONS_KEY, ()):
        title = section._.section_title
        if title is not None:
            layout.update(range(title.start, title.end))
    borders = doc.to_array([IDX, LENGTH]).astype("int64").reshape(-1, 2)
    starts, ends = borders[:, 0], borders.sum(axis=1)
    for item in LIST_NUMBER.finditer(doc.text):
        first = int(numpy.searchsorted(ends, item.start(1), side="right"))
        stop = int(numpy.searchsorted(starts, item.end(1), side="left"))
        layout.update(range(first, stop))
    return frozenset(layout)
