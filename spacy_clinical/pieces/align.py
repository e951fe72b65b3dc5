"""Say which wordpieces make up which spaCy tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from spacy.tokens import Doc

from spacy_clinical.extensions.attributes import SECTIONS_KEY
from spacy_clinical.extensions.doc_data import token_borders
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.pieces.windows import Window
from spacy_clinical.types import Bools1d, Floats2d, Ints1d


@dataclass(frozen=True)
class Pieces:
    """The wordpieces of a Doc and their tokens.

    ids (n_pieces): Rows of the embedding table.
    first, stop (n_tokens): The wordpieces first[i]:stop[i] overlap token i. A token
        that the tokenizer drops (white space, control characters) has none; a
        wordpiece that overlaps two tokens belongs to both.
    """

    ids: Ints1d
    first: Ints1d
    stop: Ints1d

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def is_seen(self) -> Bools1d:
        """Whether each token has a wordpiece (n_tokens, bool)."""
        return self.stop > self.first


@dataclass(frozen=True)
class Encoded:
    """What a model says of a Doc.

    X: One row for each wordpiece (from an encoder: n_pieces, width) or for each
        token (from a token classifier: n_tokens, n_labels). float32.
    windows: How the wordpieces were cut.
    """

    X: Floats2d
    pieces: Pieces
    windows: list[Window]


def align_pieces(
    doc: Doc, ids: Sequence[int], offsets: Sequence[tuple[int, int]]
) -> Pieces:
    """Match wordpieces and tokens that share a character.

    offsets (characters of doc.text): Start and end of each wordpiece, ascending.
    """
    text = doc.text
    spans = numpy.zeros((len(ids), 2), dtype="int64")
    for i, (start, end) in enumerate(offsets):
        # Byte-level tokenizers count the white space before a word to its piece.
        while start < end and text[start].isspace():
            start += 1
        spans[i] = start, end
    token_starts, token_ends = token_borders(doc)
    first = numpy.searchsorted(spans[:, 1], token_starts, side="right")
    stop = numpy.searchsorted(spans[:, 0], token_ends, side="left")
    return Pieces(numpy.asarray(ids, dtype="int64"), first, numpy.maximum(first, stop))


def piece_borders(doc: Doc, pieces: Pieces) -> list[list[int]]:
    """Find the places where a cut between wordpieces does little harm.

    RETURNS: First wordpieces of sections, of sentences and of tokens; for
        `windows.plan_windows`.
    """
    kinds = []
    sections = list_spans(doc, SECTIONS_KEY)
    if sections:
        kinds.append([section.start for section in sections])
    if doc.has_annotation("SENT_START"):
        kinds.append([sent.start for sent in doc.sents])
    kinds.append(list(range(len(doc))))
    return [numpy.unique(pieces.first[starts]).tolist() for starts in kinds if starts]
