"""Model of a document categorizer: an encoder and a head over windows of a text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Dropout, Model, chain, noop

from spacy_clinical.architectures.document_layers import (
    build_hidden,
    build_label_scores,
)
from spacy_clinical.architectures.encoder import get_shim
from spacy_clinical.architectures.parity import settle_precision
from spacy_clinical.architectures.window_reader import (
    WindowReader,
    build_window_reader,
    has_checkpoint,
)
from spacy_clinical.heads.documents import sigmoid
from spacy_clinical.pieces.plan import ReadText
from spacy_clinical.pieces.pool import Summary
from spacy_clinical.pieces.text import Text, read_note
from spacy_clinical.types import Floats2d

# Largest accepted difference between scores in bfloat16 and in float32.
MAX_DIFFERENCE = 0.01


@dataclass(frozen=True)
class WindowScores:
    """Predictions for a text.

    logits (n_windows, n_labels): Unnormalized.
    spans: Offsets of each window in the Doc (characters, half open). A window that
        joins several sections has several.
    n_pieces, n_seen: Number of wordpieces (with a listener, tokens) of the text, and
        how many of them were read.
    """

    logits: Floats2d
    spans: list[list[tuple[int, int]]]
    n_pieces: int
    n_seen: int


DocumentClassifier: TypeAlias = Model[list[Text], list[WindowScores]]


def build_document_classifier(
    encoder: Model[list[Doc], Any],
    summary: Summary = "first",
    dropout: float = 0.1,
    size: int = 256,
) -> DocumentClassifier:
    """Build a classifier that scores labels in each window of a text.

    encoder: A `spacy-clinical.HFEncoder.v1`, or any layer that returns a vector for
        each token, such as a listener or `spacy.Tok2Vec.v2`.
    summary: Vector of a window: "first" (its first vector, as published heads expect),
        "mean" (the mean of all) or "unit_mean" (the mean scaled to length 1, as in
        sentence-transformers).
    dropout: Dropout rate before the head. The rate of the training config overrides it.
    size (tokens): Length of a window, if the encoder returns vectors for tokens.
    """
    reader: WindowReader = build_window_reader(encoder, summary=summary, size=size)
    hidden, output = build_hidden(), build_label_scores()
    head: Model[Any, Any] = chain(Dropout(dropout), hidden, output)
    return Model(
        "document_classifier",
        forward,
        init=init,
        # Version 0.1.0 saved pipelines with three layers.
        layers=[reader, head, noop()],
        refs={
            "encoder": encoder,
            "reader": reader,
            "head": head,
            "hidden": hidden,
            "output": output,
        },
        attrs={"has_checkpoint": has_checkpoint(encoder)},
    )


def init(model: DocumentClassifier, X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint, or infer the width of a layer over tokens."""
    model.get_ref("reader").initialize(X=X)


def forward(
    model: DocumentClassifier, texts: list[Text], is_train: bool
) -> tuple[list[WindowScores], Callable[[Sequence[Floats2d]], list[Text]]]:
    """Score the labels in each window of each text."""
    if not is_train and model.attrs["has_checkpoint"]:
        settle_precision(
            get_shim(model.get_ref("encoder")).runtime,
            lambda doc: _find_probabilities(model, doc),
            agree=are_close,
            model=model,
        )
    return _score(model, texts, is_train=is_train)


def _find_probabilities(model: DocumentClassifier, doc: Doc) -> Floats2d:
    [scored], _ = _score(model, [read_note(doc)], is_train=False)
    return sigmoid(scored.logits)


def are_close(expected: Floats2d, found: Floats2d) -> bool:
    """Check whether scores differ by at most 0.01."""
    return bool(numpy.abs(expected - found).max() <= MAX_DIFFERENCE)


def _score(
    model: DocumentClassifier, texts: list[Text], *, is_train: bool
) -> tuple[list[WindowScores], Callable[[Sequence[Floats2d]], list[Text]]]:
    read, backprop_reader = model.get_ref("reader")(texts, is_train)
    borders = numpy.cumsum([len(text.X) for text in read])[:-1]
    X = model.ops.asarray2f(numpy.concatenate([text.X for text in read]))
    Y, backprop_head = model.get_ref("head")(X, is_train)
    logits = numpy.split(model.ops.to_numpy(Y), borders)
    scores = [_locate(*pair) for pair in zip(logits, read, strict=True)]

    def backprop(d_logits: Sequence[Floats2d]) -> list[Text]:
        dY = model.ops.asarray2f(numpy.concatenate(d_logits))
        dX = model.ops.to_numpy(backprop_head(dY))
        backprop_reader(numpy.split(dX, borders))
        return texts

    return scores, backprop


def _locate(logits: Floats2d, read: ReadText) -> WindowScores:
    seen = {i for window in read.windows for i in range(window.start, window.stop)}
    spans = [read.find_sources(i) for i in range(len(read.windows))]
    return WindowScores(logits, spans, len(read.offsets), len(seen))
