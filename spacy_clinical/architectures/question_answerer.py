"""Model of question answering: an encoder and the logits of starts and ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Dropout, Model, chain

from spacy_clinical.architectures.document_layers import build_label_scores
from spacy_clinical.architectures.encoder import (
    EncoderModel,
    get_shim,
    hide_for_training,
    plan_for,
)
from spacy_clinical.architectures.feed_forward import build_feed_forward
from spacy_clinical.architectures.parity import settle_precision
from spacy_clinical.encoders.shim import EncoderShim
from spacy_clinical.pieces.align import Pieces
from spacy_clinical.pieces.plan import Plan
from spacy_clinical.pieces.text import OtherText, Text, read_doc
from spacy_clinical.pieces.windows import Window
from spacy_clinical.questions.spans import Spans, find_spans
from spacy_clinical.types import Floats2d

# What is asked of the invented note, to compare precisions.
PROBE = "What does the patient complain of?"
# Largest accepted difference between the probabilities of borders.
MAX_DIFFERENCE = 0.01


@dataclass(frozen=True)
class AnswerLogits:
    """The logits of a text with its question.

    logits (n_rows, 2): For each window, those of start and end, of all rows of the
        input: also of special tokens and the question.
    starts: For each window, the number of rows before it.
    windows, pieces: Windows and pieces of the text.
    text: The text, with its question.
    """

    logits: list[Floats2d]
    starts: list[int]
    windows: list[Window]
    pieces: Pieces
    text: Text

    @property
    def n_pieces(self) -> int:
        """Number of wordpieces of the text."""
        return len(self.pieces)

    @property
    def n_seen(self) -> int:
        """Number of wordpieces that were read."""
        return sum(w.keep_stop - w.keep_start for w in self.windows)

    def find_spans(self, max_length: int) -> Spans:
        """Find the best spans of at most `max_length` pieces."""
        inside = [
            rows[before : before + window.stop - window.start]
            for rows, before, window in zip(
                self.logits, self.starts, self.windows, strict=True
            )
        ]
        # The first row stands for no answer.
        nulls = [float(rows[0].sum()) for rows in self.logits]
        return find_spans(self.windows, inside, nulls, max_length=max_length)


QuestionAnswerer: TypeAlias = Model[list[Text], list[AnswerLogits]]


def build_question_answerer(
    encoder: EncoderModel, dropout: float = 0.1
) -> QuestionAnswerer:
    """Build a model that scores where answers start and end.

    encoder: A `spacy-clinical.HFEncoder.v1`. Its `size` is the length of a window
        together with the question.
    dropout: Dropout rate before the head. The rate of the training config overrides it.
    """
    block, output = build_feed_forward(), build_label_scores()
    head: Model[Any, Any] = chain(Dropout(dropout), block, output)
    return Model(
        "question_answerer",
        forward,
        init=init,
        layers=[encoder, head],
        refs={"encoder": encoder, "head": head, "block": block, "output": output},
        attrs={"has_checkpoint": True},
    )


def init(model: QuestionAnswerer, X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint."""
    model.get_ref("encoder").initialize()


def forward(
    model: QuestionAnswerer, texts: list[Text], is_train: bool
) -> tuple[list[AnswerLogits], Callable[[Sequence[Sequence[Floats2d]]], list[Text]]]:
    """Score starts and ends in all windows of texts, each with its question."""
    shim = get_shim(model.get_ref("encoder"))
    if is_train:
        return _begin_update(model, shim, texts)
    settle_precision(
        shim.runtime, lambda doc: _find_probabilities(model, doc), agree=are_close
    )
    return _predict(model, shim, texts), lambda d_logits: texts


def _predict(
    model: QuestionAnswerer, shim: EncoderShim, texts: list[Text]
) -> list[AnswerLogits]:
    """Score batch by batch, so that a note's vectors are never all in memory."""
    head, ops = model.get_ref("head"), model.ops
    plan = plan_for(shim, texts)
    logits: list[Floats2d] = [numpy.zeros((0, 2))] * len(plan.inputs)
    for i, rows in shim.predict_framed(plan.inputs):
        logits[i] = ops.to_numpy(head.predict(ops.asarray2f(rows)))
    return _share_out(shim, plan, logits)


def _begin_update(
    model: QuestionAnswerer, shim: EncoderShim, texts: list[Text]
) -> tuple[list[AnswerLogits], Callable[[Sequence[Sequence[Floats2d]]], list[Text]]]:
    ops = model.ops
    plan = plan_for(shim, texts)
    outputs, backprop_rows = shim.begin_update_framed(hide_for_training(shim, plan))
    borders = numpy.cumsum([len(rows) for rows in outputs])[:-1]
    Y, backprop_head = model.get_ref("head")(
        ops.asarray2f(numpy.concatenate(outputs)), True
    )
    logits = numpy.split(ops.to_numpy(Y), borders)

    def backprop(d_logits: Sequence[Sequence[Floats2d]]) -> list[Text]:
        dY = numpy.concatenate([rows for of_text in d_logits for rows in of_text])
        dX = ops.to_numpy(backprop_head(ops.asarray2f(dY)))
        backprop_rows(numpy.split(dX, borders))
        return texts

    return _share_out(shim, plan, logits), backprop


def _share_out(
    shim: EncoderShim, plan: Plan, logits: Sequence[Floats2d]
) -> list[AnswerLogits]:
    """Split the logits of all windows by text."""
    _, starts = shim.frame(plan.inputs)
    shared, done = [], 0
    for text, pieces, windows in zip(
        plan.texts, plan.pieces, plan.windows, strict=True
    ):
        stop = done + len(windows)
        shared.append(
            AnswerLogits(
                list(logits[done:stop]), starts[done:stop], windows, pieces, text
            )
        )
        done = stop
    return shared


def _find_probabilities(model: QuestionAnswerer, doc: Doc) -> list[Floats2d]:
    text = read_doc(doc, other=OtherText(PROBE, is_question=True))
    [scored] = _predict(model, get_shim(model.get_ref("encoder")), [text])
    return [softmax(rows) for rows in scored.logits]


def softmax(rows: Floats2d) -> Floats2d:
    """Turn the logits of borders into probabilities, each column by itself."""
    X = rows.astype("float64")
    P: Floats2d = numpy.exp(X - numpy.logaddexp.reduce(X, axis=0))
    return P


def are_close(expected: Sequence[Floats2d], found: Sequence[Floats2d]) -> bool:
    """Check whether probabilities differ by at most 0.01."""
    return all(
        bool(numpy.abs(a - b).max() <= MAX_DIFFERENCE)
        for a, b in zip(expected, found, strict=True)
    )
