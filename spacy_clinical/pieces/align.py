"""Alignment of wordpieces with spaCy tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy

from spacy_clinical.pieces.windows import Window
from spacy_clinical.types import Bools1d, Floats2d, Ints1d, Ints2d


@dataclass(frozen=True)
class Pieces:
    """The wordpieces of a text, aligned with its tokens.

    ids (n_pieces): Ids in the checkpoint's vocabulary.
    offsets (n_pieces, 2): Offsets in the text (characters, half open), ascending.
    first, stop (n_tokens): The wordpieces first[i]:stop[i] overlap token i. A token
        that the tokenizer drops (white space, control characters) has none. A
        wordpiece that overlaps two tokens belongs to both.
    """

    ids: Ints1d
    offsets: Ints2d
    first: Ints1d
    stop: Ints1d

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def is_seen(self) -> Bools1d:
        """Mask of the tokens that have a wordpiece (n_tokens)."""
        return self.stop > self.first

    def find_starts(self, characters: Sequence[int]) -> Ints1d:
        """Find the first wordpiece that ends after each of the given characters.

        RETURNS: Indices, ascending and unique. Characters after the last wordpiece are
            skipped.
        """
        pieces = numpy.searchsorted(self.offsets[:, 1], characters, side="right")
        return numpy.unique(pieces[pieces < len(self)])


@dataclass(frozen=True)
class Encoded:
    """A model's output for a Doc.

    X: One float32 row for each wordpiece (from an encoder: n_pieces, width) or for each
        token (from a token classifier: n_tokens, n_labels).
    pieces: The wordpieces of the Doc.
    windows: The windows of wordpieces that the model read.
    """

    X: Floats2d
    pieces: Pieces
    windows: list[Window]


def align_pieces(
    text: str, tokens: Ints2d, ids: Sequence[int], offsets: Sequence[tuple[int, int]]
) -> Pieces:
    """Align the wordpieces and tokens that share a character.

    text: The text of both.
    tokens (n_tokens, 2): Offsets of the tokens (characters, half open).
    ids (n_pieces): Ids of the wordpieces.
    offsets (n_pieces, 2): Offsets of the wordpieces (characters, half open), ascending.
    """
    places = numpy.asarray(offsets, dtype="int64").reshape(-1, 2)
    starts = places[:, 0].copy()
    for i, (start, end) in enumerate(offsets):
        # Byte-level tokenizers include the white space before a word in its piece.
        while start < end and text[start].isspace():
            start += 1
        starts[i] = start
    first = numpy.searchsorted(places[:, 1], tokens[:, 0], side="right")
    stop = numpy.searchsorted(starts, tokens[:, 1], side="left")
    return Pieces(
        numpy.asarray(ids, dtype="int64"), places, first, numpy.maximum(first, stop)
    )
