"""Docs as drafts, and drafts as Docs with the same annotations at their new places."""

from collections.abc import Sequence

import numpy
from spacy.attrs import ORTH, SPACY
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.util import filter_spans

from spacy_clinical.corpora.note_style.edits import Draft, Place
from spacy_clinical.extensions.assertion_attributes import (
    CONTEXT_ATTRIBUTES,
    is_span_key,
    move_cues,
)
from spacy_clinical.extensions.doc_data import get_user_data
from spacy_clinical.extensions.moved import TokenFinder


def make_draft(docs: Sequence[Doc]) -> Draft:
    """Make a draft of a text that several Docs have.

    docs: The first of them has the entities.
    """
    places: dict[tuple[int, int], Place] = {}
    for doc in docs:
        is_first = doc is docs[0]
        spans = [(ent, is_first) for ent in doc.ents]
        spans += [(span, False) for group in doc.spans.values() for span in group]
        for span, is_entity in spans:
            start, end = span.start_char, span.end_char
            if (start, end) not in places and start < end:
                places[start, end] = Place(start, end, span.label_, is_entity)
    for key, value in get_user_data(docs[0]).items():
        is_said = isinstance(key, tuple) and key[1] in CONTEXT_ATTRIBUTES
        if is_said and value is True:
            found = places.get(key[2:])
            if found:
                places[key[2:]] = found._replace(is_asserted=True)
    return Draft(docs[0].text, places.values())


def make_doc(nlp: Language, doc: Doc, draft: Draft) -> Doc:
    """Make the Doc of a changed text.

    It has the entities, span groups, categories and data of the original at their new
    places, but nothing that belongs to single tokens, such as tags.

    nlp: The pipeline whose tokenizer to use.
    doc: The original.
    draft: Its text, changed.
    """
    new = nlp.make_doc(draft.text)
    finder = _Finder(new, draft)
    if doc.has_annotation("ENT_IOB"):
        missing = [new[a:b] for a, b in finder.find_all(_list_missing(doc))]
        added = finder.make_new()
        ents = filter_spans([*finder.copy_spans(doc.ents), *added])
        taken = {i for ent in ents for i in range(ent.start, ent.end)}
        unknown = {i for span in missing for i in range(span.start, span.end)} - taken
        new.set_ents(ents, missing=[new[i : i + 1] for i in sorted(unknown)])
    for key, group in doc.spans.items():
        spans = finder.copy_spans(group)
        if _has_all(group, doc.ents):
            spans += finder.make_new()
        new.spans[key] = SpanGroup(new, name=group.name, attrs=group.attrs, spans=spans)
    new.cats = dict(doc.cats)
    _copy_data(doc, new, finder, draft)
    return new


class _Finder(TokenFinder):
    """Finds the tokens at places of the original text."""

    def __init__(self, doc: Doc, draft: Draft) -> None:
        super().__init__(doc, draft.map_place)
        self.draft = draft

    def make_new(self) -> list[Span]:
        """Make spans of the entities that the original doesn't have."""
        return [
            Span(self.doc, *self.find_now(place.start, place.end), place.label)
            for place in self.draft.places
            if place.is_new
        ]


def _has_all(group: SpanGroup, ents: Sequence[Span]) -> bool:
    """Check whether a group has all entities of a Doc, which has some."""
    places = {(span.start, span.end, span.label) for span in group}
    return bool(ents) and all((e.start, e.end, e.label) in places for e in ents)


def have_same_text(doc: Doc, other: Doc) -> bool:
    """Check whether two Docs have the same text; quickly, if they have the same tokens."""
    tokens, others = doc.to_array([ORTH, SPACY]), other.to_array([ORTH, SPACY])
    return numpy.array_equal(tokens, others) or doc.text == other.text


def _list_missing(doc: Doc) -> list[tuple[int, int]]:
    """List the places where entities are unknown."""
    if doc.has_annotation("ENT_IOB", require_complete=True):
        return []
    return [
        (token.idx, token.idx + len(token))
        for token in doc
        if token.ent_iob == 0 and not token.is_space
    ]


def _copy_data(doc: Doc, new: Doc, finder: _Finder, draft: Draft) -> None:
    """Copy the user data, whose keys say where in the text it belongs."""
    data = get_user_data(new)
    for key, value in get_user_data(doc).items():
        is_placed = isinstance(key, tuple) and len(key) == 4 and key[2] is not None
        if not is_placed:
            data[key] = value
            continue
        name, start, end = key[1:]
        if end is None:
            # Of a token.
            start, _ = draft.map_place(start, start + 1)
            data["._.", name, start, None] = value
        elif is_span_key(name):
            first, last = finder.find(start, end)
            if first < last:
                span = new[first:last]
                moved = move_cues(value, start, span.start_char, draft.map_place)
                data["._.", name, span.start_char, span.end_char] = moved
        else:
            data[("._.", name, *draft.map_stretch(start, end))] = value
