"""Span groups whose Doc may have been retokenized.

spaCy's groups count the tokens that there were: after `doc.retokenize` their spans show
other words, or can't be had at all (E035). The characters of a span stay true, so spans
are found again by them. A span that starts or ends inside a merged token gets all of it.
"""

from struct import iter_unpack

import srsly
from spacy.tokens import Doc, Span, SpanGroup

# How a SpanGroup saves a span: id, kb_id, label, start, end, start_char, end_char.
SAVED = ">QQQllll"


def is_current(span: Span) -> bool:
    """Check whether a span has the tokens that its characters have."""
    doc, start, end = span.doc, span.start, span.end
    if end > len(doc) or start >= end:
        return start == end
    last = doc[end - 1]
    return bool(
        doc[start].idx == span.start_char and last.idx + len(last) == span.end_char
    )


def follow(span: Span) -> Span:
    """Find a span's tokens again, if its Doc was retokenized."""
    return span if is_current(span) else _restore(span.doc, span)


def list_spans(doc: Doc, key: str) -> list[Span]:
    """List the spans of a group, with the tokens that they have now; none if missing."""
    group = doc.spans.get(key)
    if not group:
        return []
    try:
        spans = list(group)
    except IndexError:
        spans = []
    if spans and all(map(is_current, spans)):
        return spans
    return _read_saved(doc, group)


def realign_spans(doc: Doc) -> None:
    """Bring all span groups of a retokenized Doc up to date."""
    for key, group in list(doc.spans.items()):
        spans = list_spans(doc, key)
        doc.spans[key] = SpanGroup(
            doc, name=group.name, attrs=dict(group.attrs), spans=spans
        )


def _restore(doc: Doc, span: Span) -> Span:
    found = doc.char_span(
        span.start_char,
        span.end_char,
        label=span.label,
        kb_id=span.kb_id,
        span_id=span.id,
        alignment_mode="expand",
    )
    return span if found is None else found


def _read_saved(doc: Doc, group: SpanGroup) -> list[Span]:
    spans = []
    for packed in srsly.msgpack_loads(group.to_bytes())["spans"]:
        for span_id, kb_id, label, _, _, start, end in iter_unpack(SAVED, packed):
            span = doc.char_span(
                start,
                end,
                label=label,
                kb_id=kb_id,
                span_id=span_id,
                alignment_mode="expand",
            )
            # Nothing of the text goes, so only an empty span has no token.
            spans.append(Span(doc, 0, 0, label=label) if span is None else span)
    return spans
