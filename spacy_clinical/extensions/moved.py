"""Annotations of a Doc at their places in another Doc, whose text was changed."""

from collections.abc import Callable, Iterable

from spacy.tokens import Doc, Span

from spacy_clinical.extensions.doc_data import token_borders


class TokenFinder:
    """Finds the tokens of a Doc at places of the text that it was made from.

    doc: Of the changed text.
    move: Finds where a place of the original text is in the changed one (characters).
    """

    def __init__(self, doc: Doc, move: Callable[[int, int], tuple[int, int]]) -> None:
        self.doc = doc
        self.move = move
        self.starts, self.ends = token_borders(doc)

    def find(self, start: int, end: int) -> tuple[int, int]:
        """Find the tokens that are at a place, without white space around them."""
        return self.find_now(*self.move(start, end))

    def find_now(self, start: int, end: int) -> tuple[int, int]:
        """Find the tokens at a place of the current text."""
        first = int(self.ends.searchsorted(start, side="right"))
        last = int(self.starts.searchsorted(end, side="left"))
        while first < last and self.doc[first].is_space:
            first += 1
        while first < last and self.doc[last - 1].is_space:
            last -= 1
        return first, last

    def find_all(self, places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Find the tokens at places, those without any left out."""
        found = (self.find(start, end) for start, end in places)
        return [(first, last) for first, last in found if first < last]

    def copy_span(self, span: Span) -> Span | None:
        """Make a span like another one; None if none of its words are left."""
        first, last = self.find(span.start_char, span.end_char)
        if first >= last:
            return None
        copy = Span(self.doc, first, last, span.label_, span_id=span.id_)
        copy.kb_id_ = span.kb_id_
        return copy

    def copy_spans(self, spans: Iterable[Span]) -> list[Span]:
        """Make spans like others, in order."""
        copies = (self.copy_span(span) for span in spans)
        return [copy for copy in copies if copy is not None]
