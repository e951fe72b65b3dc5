"""Special tokens, token types and global attention around windows."""

from typing import Any

import numpy

from spacy_clinical.encoders.forward.makes import marks_questions
from spacy_clinical.encoders.tokenizer import PieceTokenizer
from spacy_clinical.pieces.batches import Input, Partner
from spacy_clinical.types import Ints1d


def frame_window(
    window: Input, tokenizer: PieceTokenizer, model: Any
) -> tuple[Input, int]:
    """Add special tokens and the partner to a window, with global attention for the first
    piece and for a question.

    window: A window without special tokens.
    tokenizer: The encoder's tokenizer.
    model: The encoder.
    RETURNS: The input, and the number of pieces before the window in it.
    """
    partner = window.partner
    types = None
    if partner is None:
        before, after = tokenizer.specials
    else:
        before, after, types = _frame_pair(window, partner, tokenizer)
        if not _has_types(partner, tokenizer, model):
            types = None
    n_before = len(before)
    at = [0, *(n_before + i for i in window.global_at.tolist())]
    if partner is not None and partner.is_question and partner.is_first:
        start = len(tokenizer.pair_frame.before)
        at += range(start + len(partner.ids))
    boxes = window.boxes
    if boxes is not None:
        first, last = [[0] * 4] * n_before, [[1000] * 4] * len(after)
        boxes = numpy.asarray([*first, *boxes, *last], dtype="int64")
    ids = numpy.asarray([*before, *window.ids, *after], dtype="int64")
    globals_at = numpy.unique(numpy.asarray(at, dtype="int64"))
    return Input(ids, globals_at, boxes, types=types), n_before


def _frame_pair(
    window: Input, partner: Partner, tokenizer: PieceTokenizer
) -> tuple[list[int], list[int], Ints1d]:
    """Find what stands before and after a window of a pair, and the types of all."""
    before, between, after, types = tokenizer.pair_frame
    other = partner.ids.tolist()
    lengths = [len(other), len(window.ids)]
    if not partner.is_first:
        lengths.reverse()
    parts = [len(before), lengths[0], len(between), lengths[1], len(after)]
    of_pieces = numpy.repeat(numpy.asarray(types, dtype="int64"), parts)
    if partner.is_first:
        return [*before, *other, *between], after, of_pieces
    return before, [*between, *other, *after], of_pieces


def _has_types(partner: Partner, tokenizer: PieceTokenizer, model: Any) -> bool:
    """Check whether token types tell the texts of a pair apart, as in transformers."""
    if (getattr(model.config, "type_vocab_size", 0) or 0) < 2:
        return False
    return tokenizer.returns_types or (partner.is_question and marks_questions(model))
