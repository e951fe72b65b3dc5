"""Write sections as span groups of a Doc."""

from collections.abc import Iterator
from typing import Any

import numpy
from numpy.typing import NDArray
from spacy.attrs import IDX
from spacy.tokens import Doc, Span, SpanGroup

from spacy_clinical.extensions.attributes import (
    SECTION_TITLES_KEY,
    SECTIONS_KEY,
    SUBSECTIONS_KEY,
)
from spacy_clinical.sections.cuts import Section


def write_sections(doc: Doc, sections: list[Section]) -> None:
    """Write sections, parts and titles as span groups of a Doc.

    Borders inside a token move to its start, so that no token is lost.
    """
    strings = doc.vocab.strings
    # Spans take ids far faster than strings.
    ids = {label: strings.add(label) for label in {s.label for s in sections}}
    codes = {code: strings.add(code) for code in {s.loinc for s in sections}}
    tops: tuple[list[Span], list[float]] = ([], [])
    parts: tuple[list[Span], list[float]] = ([], [])
    titles: tuple[list[Span], list[int]] = ([], [])
    for section, place in zip(sections, _snap(doc, sections), strict=True):
        start, end, first, last = place
        if start >= end:
            continue
        label = ids[section.label]
        spans, scores = tops if section.depth == 1 else parts
        spans.append(Span(doc, start, end, label, kb_id=codes[section.loinc]))
        scores.append(section.confidence)
        if section.title is not None:
            titles[0].append(Span(doc, first, min(last, end), label))
            titles[1].append(min(section.body_start, section.end))
    for key, (spans, values), attribute in (
        (SECTIONS_KEY, tops, "scores"),
        (SUBSECTIONS_KEY, parts, "scores"),
        (SECTION_TITLES_KEY, titles, "body_places"),
    ):
        attrs = {attribute: values}
        doc.spans[key] = SpanGroup(doc, name=key, attrs=attrs, spans=spans)


def _snap(doc: Doc, sections: list[Section]) -> Iterator[tuple[int, ...]]:
    """Turn characters into tokens.

    YIELDS (tokens): For each section its start, its end, and where its title starts and
        ends. Those without a title have an empty one.
    """
    offsets = doc.to_array(IDX)
    spots: list[int] = []
    for section in sections:
        first, last = section.title or (section.start, section.start + 1)
        spots += (section.start, section.end, first, last - 1)
    tokens: NDArray[Any] = numpy.searchsorted(
        offsets, numpy.asarray(spots, dtype=offsets.dtype), side="right"
    )
    n_chars = max((section.end for section in sections), default=0)
    table = (tokens.reshape(-1, 4) - 1).tolist()
    for section, row in zip(sections, table, strict=True):
        start, end, first, last = row
        if section.end == n_chars:
            end = len(doc)
        yield start, end, first, last + 1
