"""Carry annotations of a note to the Doc of its clean text.

Carried are entities, span groups with their scores, sentences, categories, codes, whether
entities hold, what they mean, and what belongs together (`carry_records`). Nothing else of `doc.user_data` is, as it may quote the note: not
the note's metadata, nor the words of forms and what is written in their fields.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import srsly
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.util import filter_spans

from spacy_clinical.errors import CodedRuntimeError, Errors
from spacy_clinical.extensions.assertion_attributes import (
    CONTEXT_ATTRIBUTES,
    is_span_key,
    move_cues,
)
from spacy_clinical.extensions.attributes import add_to
from spacy_clinical.extensions.concept_attributes import list_concepts, set_concept
from spacy_clinical.extensions.doc_data import get_user_data, restore_lists
from spacy_clinical.extensions.moved import TokenFinder
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.identifiers.found import LABELS, PHI_KEY
from spacy_clinical.identifiers.replace.carry_records import DateMove, carry_records
from spacy_clinical.identifiers.replace.check import find_left
from spacy_clinical.identifiers.replace.offset_map import OffsetMap

# Sections whose titles no vocabulary knows are labelled by their words.
OTHER = "other"
# As `extensions.attributes` and `section_splitter` keep it: where the text under a title
# starts.
_BODIES, _SCORES = "body_places", "scores"
_RECORD = "spacy_clinical.assertion"


def carry_annotations(
    doc: Doc,
    nlp: Language,
    text: str,
    offsets: OffsetMap,
    gone: Sequence[str],
    dates: DateMove,
) -> Doc:
    """Make the Doc of a clean text, with the annotations of the original.

    doc: The original.
    nlp: The pipeline whose tokenizer to use.
    text: The clean text.
    offsets: Where the places of the original are in it.
    gone: The identifiers that were replaced.
    dates: What was done with dates.
    RAISES RuntimeError: C897, if one of them is in the new Doc.
    """
    # `nlp.make_doc` refuses long texts.
    new = nlp.tokenizer(text)
    finder = TokenFinder(new, offsets.to_new)
    new.ents = filter_spans(_copy_all(finder, doc.ents, gone))
    for key in doc.spans:
        if key != PHI_KEY:
            new.spans[key] = _copy_group(doc, key, finder, gone)
    if doc.has_annotation("SENT_START"):
        firsts = {finder.find(s.start_char, s.end_char)[0] for s in doc.sents}
        for token in new:
            token.is_sent_start = token.i in firsts or token.i == 0
    new.cats = dict(doc.cats)
    _copy_assertions(doc, finder)
    _copy_concepts(doc, finder, gone)
    _copy_codes(doc, new, offsets)
    carry_records(doc, finder, offsets, gone, dates)
    for name, entry in (doc._.clinical_provenance or {}).items():
        if isinstance(entry, dict):
            add_to(new, "clinical_provenance", name, entry)
    check_doc(new, gone, known=_list_labels(doc))
    return new


def _copy_all(
    finder: TokenFinder, spans: Iterable[Span], gone: Sequence[str]
) -> list[Span]:
    copies = finder.copy_spans(spans)
    for copy in copies:
        _clean(copy, gone)
    return copies


def _clean(span: Span, gone: Sequence[str]) -> None:
    """Remove the ids of a span, and the label that was made of a title, if an
    identifier is in them."""
    if span.kb_id_ and find_left(span.kb_id_, gone):
        span.kb_id_ = ""
    if span.id_ and find_left(span.id_, gone):
        span.id_ = ""
    if find_left(span.label_.replace("_", " "), gone):
        span.label_ = OTHER


def _copy_group(
    doc: Doc, key: str, finder: TokenFinder, gone: Sequence[str]
) -> SpanGroup:
    spans = list_spans(doc, key)
    old = doc.spans[key].attrs
    columns = {
        name: old[name]
        for name in (_SCORES, _BODIES)
        if name in old and len(old[name]) == len(spans)
    }
    attrs: dict[str, list[Any]] = {name: [] for name in columns}
    copies = []
    for i, span in enumerate(spans):
        copy = finder.copy_span(span)
        if copy is None:
            continue
        _clean(copy, gone)
        copies.append(copy)
        for name, values in columns.items():
            value = values[i]
            attrs[name].append(
                finder.move(value, value)[0] if name == _BODIES else value
            )
    return SpanGroup(finder.doc, name=key, attrs=attrs, spans=copies)


def _copy_assertions(doc: Doc, finder: TokenFinder) -> None:
    """Copy whether spans hold, and why."""
    data = get_user_data(finder.doc)
    for key, value in get_user_data(doc).items():
        if not (isinstance(key, tuple) and len(key) == 4 and key[0] == "._."):
            continue
        _, name, start, end = key
        if start is None or end is None or not is_span_key(str(name)):
            continue
        is_flag = name in CONTEXT_ATTRIBUTES and isinstance(value, bool)
        if not is_flag and name != _RECORD:
            continue
        first, last = finder.find(start, end)
        if first < last:
            span = finder.doc[first:last]
            moved = move_cues(restore_lists(value), start, span.start_char, finder.move)
            data["._.", name, span.start_char, span.end_char] = moved


def _copy_concepts(doc: Doc, finder: TokenFinder, gone: Sequence[str]) -> None:
    """Copy what spans mean. A name or id that has an identifier in it isn't copied,
    though a vocabulary has it: a patient named Crohn may have another disease."""
    for row in list_concepts(doc):
        first, last = finder.find(row.start, row.end)
        texts = _list_texts([row.label, row.candidates, row.concept])
        if first < last and not any(find_left(text, gone) for text in texts):
            span = Span(finder.doc, first, last, row.label)
            set_concept(span, row.candidates, row.concept)


def _copy_codes(doc: Doc, new: Doc, offsets: OffsetMap) -> None:
    codes = doc._.icd9
    for code in codes:
        for place in code.get("evidence", ()):
            place["start"], place["end"] = offsets.to_new(place["start"], place["end"])
    if codes:
        new._.icd9 = codes


def _list_labels(doc: Doc) -> set[str]:
    """List the labels and categories that come from models, not from the note."""
    return {*LABELS, *(ent.label_ for ent in doc.ents), *doc.cats}


def check_doc(doc: Doc, gone: Sequence[str], *, known: Iterable[str] = ()) -> None:
    """Check that the bytes of a Doc hold no identifier, apart from its checked text.

    gone: The identifiers that were replaced.
    known: Texts that don't come from the note.
    RAISES RuntimeError: C897, if there is one.
    """
    own = {token.text for token in doc} | set(known)
    saved = srsly.msgpack_loads(doc.to_bytes(exclude=["tensor"]))
    texts = [text for text in saved.get("strings", ()) if text not in own]
    texts += _list_texts(list(get_user_data(doc).items()))
    texts += [text for group in doc.spans.values() for text in _list_texts(group.attrs)]
    n_left = sum(bool(find_left(text, gone)) for text in texts)
    if n_left:
        raise CodedRuntimeError(Errors.C897.format(n=n_left))


def _list_texts(value: Any) -> list[str]:
    """List all texts in plain data."""
    texts, values = [], [value]
    while values:
        value = values.pop()
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, dict):
            values += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set):
            values += value
    return texts
