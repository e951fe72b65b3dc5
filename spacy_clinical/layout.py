"""Which tokens of a note are its layout, not its text."""

import re
from collections.abc import Sequence

import numpy
from spacy.tokens import Doc

from spacy_clinical.align import token_borders
from spacy_clinical.extensions import SECTIONS_KEY
from spacy_clinical.span_groups import list_spans
from spacy_clinical.types import Bools1d, EntityPrediction

LIST_NUMBER = re.compile(r"^[ \t]*(\d{1,3}[.)])(?!\d)", re.M)


def find_layout(doc: Doc) -> Bools1d:
    """Mark the tokens of section titles, up to the body, and of white space, and the
    numbers of list items ("2." in a line).

    RETURNS (n_tokens)
    """
    layout = numpy.asarray([token.is_space for token in doc], dtype=bool)
    for section in list_spans(doc, SECTIONS_KEY):
        title = section._.section_title
        if title is not None:
            layout[title.start : section._.section_body.start] = True
    starts, ends = token_borders(doc)
    for item in LIST_NUMBER.finditer(doc.text):
        first = int(numpy.searchsorted(ends, item.start(1), side="right"))
        stop = int(numpy.searchsorted(starts, item.end(1), side="left"))
        layout[first:stop] = True
    return layout


def trim_entities(
    doc: Doc, predictions: Sequence[EntityPrediction]
) -> list[EntityPrediction]:
    """Take layout from both ends of entities; what was nothing else goes.

    RETURNS: The others, in their order.
    """
    layout = find_layout(doc)
    trimmed = []
    for start, end, label, score in predictions:
        text = numpy.flatnonzero(~layout[start:end]) + start
        if len(text):
            borders = int(text[0]), int(text[-1]) + 1
            trimmed.append(EntityPrediction(*borders, label, score))
    return trimmed
