"""Places of answers: from spans of wordpieces to whole tokens of the Doc."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy
from spacy.tokens import Doc

from spacy_clinical.pieces.align import Pieces
from spacy_clinical.pieces.text import Text
from spacy_clinical.questions.spans import Spans


class Place(NamedTuple):
    """An answer in a Doc.

    start, end (tokens): Half open.
    score (0 to 1): Its probability among all spans.
    """

    start: int
    end: int
    score: float


def place_spans(
    spans: Spans, pieces: Pieces, text: Text, *, with_null: bool
) -> Iterator[Place]:
    """Find the tokens of the best spans, without duplicates.

    Of spans with the same words, the best is kept, as SQuAD's script does. Spans are
    extended to whole tokens, without white space at their ends. Those that would go over
    a part of the note that isn't in the text are left out.

    spans, pieces: The spans, in wordpieces of the text.
    text: A text of a Doc.
    with_null: See `Spans.find_scores`.
    YIELDS: Places in the Doc, the best first.
    """
    doc = text.doc
    if doc is None:
        return
    scores, _ = spans.find_scores(with_null=with_null)
    seen: set[str] = set()
    for first, last, score in zip(
        spans.first.tolist(), spans.last.tolist(), scores.tolist(), strict=True
    ):
        tokens = _find_tokens(first, last, pieces, text)
        if tokens is None:
            continue
        start, end = _strip(doc, *tokens)
        words = " ".join(doc[start:end].text.casefold().split())
        if words and words not in seen:
            seen.add(words)
            yield Place(start, end, score)


def _find_tokens(
    first: int, last: int, pieces: Pieces, text: Text
) -> tuple[int, int] | None:
    """Find the Doc's tokens that pieces are in; None if they aren't in a row."""
    i = int(numpy.searchsorted(pieces.stop, first, side="right"))
    j = int(numpy.searchsorted(pieces.first, last, side="right")) - 1
    if i > j:
        return None
    start, end = int(text.token_ids[i]), int(text.token_ids[j])
    return (start, end + 1) if end - start == j - i else None


def _strip(doc: Doc, start: int, end: int) -> tuple[int, int]:
    while start < end and doc[start].is_space:
        start += 1
    while start < end and doc[end - 1].is_space:
        end -= 1
    return start, end


def find_pieces(
    doc: Doc, start: int, end: int, pieces: Pieces, text: Text
) -> tuple[int, int] | None:
    """Find the first and last piece of a part of a Doc.

    start, end (characters): The part.
    RETURNS: None if the part isn't in the text, or has no pieces.
    """
    span = doc.char_span(start, end, alignment_mode="expand")
    if span is None or not len(text.token_ids):
        return None
    at = numpy.flatnonzero((text.token_ids >= span.start) & (text.token_ids < span.end))
    seen = at[pieces.is_seen[at]] if len(at) == len(span) else at[:0]
    if not len(seen):
        return None
    return int(pieces.first[seen[0]]), int(pieces.stop[seen[-1]]) - 1
