"""Match wordpieces and spaCy tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy

from spacy_clinical.pieces.windows import Window
from spacy_clinical.types import Bools1d, Floats2d, Ints1d, Ints2d


@dataclass(frozen=True)
class Pieces:
    """The wordpieces of a text and its tokens.

    ids (n_pieces): Rows of the embedding table.
    offsets (n_pieces, 2): Where they are in the text (characters, half open), ascending.
    first, stop (n_tokens): The wordpieces first[i]:stop[i] overlap token i. A token
        that the tokenizer drops (white space, control characters) has none; a
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
        """Whether each token has a wordpiece (n_tokens, bool)."""
        return self.stop > self.first

    def find_starts(self, characters: Sequence[int]) -> Ints1d:
        """Find the first wordpieces that end after given characters of the text.

        RETURNS: Ascending, without repetitions; characters after all wordpieces have
            none.
        """
        found = numpy.searchsorted(self.offsets[:, 1], characters, side="right")
        return numpy.unique(found[found < len(self)])


@dataclass(frozen=True)
class Encoded:
    """What a model predicts of a Doc.

    X: One row for each wordpiece (from an encoder: n_pieces, width) or for each
        token (from a token classifier: n_tokens, n_labels). float32.
    windows: How the wordpieces were cut.
    """

    X: Floats2d
    pieces: Pieces
    windows: list[Window]


def align_pieces(
    text: str, tokens: Ints2d, ids: Sequence[int], offsets: Sequence[tuple[int, int]]
) -> Pieces:
    """Match wordpieces and tokens that share a character.

    tokens (n_tokens, 2): Where the tokens are in the text (characters, half open).
    offsets (n_pieces, 2): Where the wordpieces are, ascending.
    """
    places = numpy.asarray(offsets, dtype="int64").reshape(-1, 2)
    starts = places[:, 0].copy()
    for i, (start, end) in enumerate(offsets):
        # Byte-level tokenizers count the white space before a word to its piece.
        while start < end and text[start].isspace():
            start += 1
        starts[i] = start
    first = numpy.searchsorted(places[:, 1], tokens[:, 0], side="right")
    stop = numpy.searchsorted(starts, tokens[:, 1], side="left")
    return Pieces(
        numpy.asarray(ids, dtype="int64"), places, first, numpy.maximum(first, stop)
    )
