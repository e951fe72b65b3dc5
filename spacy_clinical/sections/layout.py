"""Find the borders that titles, lists and sentences set in a Doc."""

from collections.abc import Iterator

import numpy
from spacy.attrs import IS_SPACE, SENT_START
from spacy.tokens import Doc, Span

from spacy_clinical.extensions.attributes import (
    SECTIONS_KEY,
    SUBSECTIONS_KEY,
    find_section_title,
)
from spacy_clinical.extensions.doc_data import read_text, token_borders
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.sections.labels import is_title, list_known_labels
from spacy_clinical.sections.split import flatten
from spacy_clinical.tokenization.items import find_items
from spacy_clinical.types import Bools1d


def find_borders(doc: Doc) -> tuple[Bools1d, Bools1d]:
    """Find the borders that no phrase crosses, and the tokens that are no text.

    RETURNS (n_tokens): Where something new starts: sentences, list items, sections and
        titles, and what comes after a title or a blank line. And layout: white space,
        titles that are in the vocabulary, up to the body, and the marks of list items
        ("2.", "-", "[x]"). A title that isn't in the vocabulary is text between borders,
        as it may be a problem ("2. Diabetes: ...").
    """
    if not len(doc):
        return numpy.zeros(0, dtype=bool), numpy.zeros(0, dtype=bool)
    borders = doc.to_array(SENT_START) == 1
    layout = doc.to_array(IS_SPACE) == 1
    known = list_known_labels(doc._.clinical_provenance or {})
    for section, is_part in _list_sections(doc):
        places = [section.start, section.end]
        title, body = find_section_title(section)
        if title is not None:
            places += [title.start, title.end]
            if is_title(title.text, section.label_, known, is_part=is_part):
                layout[title.start : body] = True
        borders[[place for place in places if place < len(doc)]] = True
    items = find_items(flatten(read_text(doc)))
    starts, ends = token_borders(doc)
    tokens = numpy.searchsorted(ends, items.borders, side="right")
    borders[tokens[tokens < len(doc)]] = True
    for start, end in items.marks:
        first = int(numpy.searchsorted(starts, start, side="left"))
        stop = int(numpy.searchsorted(ends, end, side="right"))
        layout[first:stop] = True
    return borders, layout


def _list_sections(doc: Doc) -> Iterator[tuple[Span, bool]]:
    for key in (SECTIONS_KEY, SUBSECTIONS_KEY):
        for section in list_spans(doc, key):
            yield section, key == SUBSECTIONS_KEY
