"""Semantic types that the sections of a note speak for."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from spacy.tokens import Doc

from spacy_clinical.concepts.contexts import list_held
from spacy_clinical.extensions.attributes import SECTIONS_KEY
from spacy_clinical.extensions.span_groups import list_spans


class SectionTypes:
    """Finds the semantic types of concepts by the section that an entity is in.

    doc: With sections, if it has any.
    types: Semantic types by labels of entities.
    """

    def __init__(self, doc: Doc, types: Mapping[str, Sequence[str]]) -> None:
        self._types = types
        spans = list_spans(doc, SECTIONS_KEY)
        self._starts = [span.start_char for span in spans]
        self._labels = [span.label_ for span in spans]

    def find(self, start: int) -> tuple[str, ...]:
        """Find the types of what the section at a place holds.

        start (characters): Of an entity.
        RETURNS: None where the section may hold anything.
        """
        place = bisect_right(self._starts, start) - 1
        held = sorted(list_held(self._labels[place])) if place >= 0 else []
        found = [name for label in held for name in self._types.get(label, ())]
        return tuple(dict.fromkeys(found))
