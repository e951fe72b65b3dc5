"""Span groups whose Doc may have been retokenized.

spaCy's groups count the tokens that there were: after `doc.retokenize` their spans show
other words, or can't be had at all (E035). The characters of a span stay true, so spans
are found again by them. A span that starts or ends inside a merged token gets all of it.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from struct import iter_unpack
from typing import Any, Protocol, TypeVar

import srsly
from spacy.tokens import Doc, Span, SpanGroup

# How a SpanGroup saves a span: id, kb_id, label, start, end, start_char, end_char.
SAVED = ">QQQllll"


class Place(Protocol):
    """A place in a Doc, and what is known of it (characters, half open)."""

    @property
    def start(self) -> int:
        """Its first character."""

    @property
    def end(self) -> int:
        """The character after it."""

    @property
    def label(self) -> str:
        """Its type."""


Row = TypeVar("Row", bound=Place)


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
    if is_current(span):
        return span
    saved = (span.id, span.kb_id, span.label, 0, 0, span.start_char, span.end_char)
    restored = _find_span(span.doc, saved)
    return span if restored is None else restored


def write_rows(
    doc: Doc,
    key: str,
    rows: Iterable[Row],
    attrs: Callable[[list[Row]], dict[str, list[Any]]],
) -> None:
    """Write what is known of places in a Doc as a group: a span for each, and attrs.

    Places that start or end inside a token get all of it; those without any are left out.

    rows: With `start`, `end` (characters) and `label`, in the order of the group.
    attrs: Makes the lists of the group's attrs, of rows that have a span.
    """
    kept, spans = [], []
    for row in rows:
        span = doc.char_span(row.start, row.end, row.label, alignment_mode="expand")
        if span is not None:
            kept.append(row)
            spans.append(span)
    doc.spans[key] = SpanGroup(doc, name=key, attrs=attrs(kept), spans=spans)


def list_places(doc: Doc, key: str) -> list[tuple[int, int]]:
    """List where the spans of a group are (characters, half open), ascending."""
    return sorted((span.start_char, span.end_char) for span in list_spans(doc, key))


def list_spans(doc: Doc, key: str) -> list[Span]:
    """List the spans of a group, with the tokens that they have now; none if missing."""
    # Twenty times as fast as `doc.spans.get`, which asks for the group twice.
    group = doc.spans.data.get(key)
    if not group:
        return []
    try:
        spans = list(group)
    except IndexError:
        spans = []
    if spans and all(map(is_current, spans)):
        return spans
    return _read_saved(doc, group)


def find_by_start(
    doc: Doc, key: str, token: int, *, to_end: bool = False
) -> tuple[Sequence[Span], int]:
    """Find the first span of a group that starts at a token or after it.

    The group is in note order. Its spans are only listed if the Doc was retokenized.

    to_end: Whether the spans behind that one are used, too.
    RETURNS: The spans of the group, with the tokens that they have now, and the index of
        that span; the number of spans if there is none.
    """
    group = doc.spans.get(key) or ()
    starts = range(len(group))
    try:
        index = bisect_left(starts, token, key=lambda i: group[i].start)
        # After a change of tokens, the spans behind it don't match any more.
        checked = starts[-1:] if to_end else starts[max(index - 1, 0) : index + 1]
        if all(is_current(group[i]) for i in checked):
            return group, index
    except IndexError:
        pass
    spans = list_spans(doc, key)
    return spans, bisect_left(spans, token, key=lambda span: span.start)


def realign_spans(doc: Doc) -> None:
    """Bring all span groups of a retokenized Doc up to date."""
    for key, group in list(doc.spans.items()):
        spans = list_spans(doc, key)
        doc.spans[key] = SpanGroup(
            doc, name=group.name, attrs=dict(group.attrs), spans=spans
        )


def _find_span(doc: Doc, saved: tuple[int, ...]) -> Span | None:
    """Find a span by its characters.

    saved: Its fields, as in `SAVED`.
    """
    span_id, kb_id, label, _, _, start, end = saved
    span: Span | None = doc.char_span(
        start, end, label=label, kb_id=kb_id, span_id=span_id, alignment_mode="expand"
    )
    return span


def _read_saved(doc: Doc, group: SpanGroup) -> list[Span]:
    spans = []
    for packed in srsly.msgpack_loads(group.to_bytes())["spans"]:
        for saved in iter_unpack(SAVED, packed):
            span = _find_span(doc, saved)
            # All of the text stays, so only an empty span has no token.
            spans.append(Span(doc, 0, 0, label=saved[2]) if span is None else span)
    return spans
