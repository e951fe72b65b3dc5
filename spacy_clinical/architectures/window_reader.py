"""Window layer: from texts to one vector for each window."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy
from thinc.api import Model

from spacy_clinical.architectures.encoder import (
    EncoderModel,
    get_shim,
    has_checkpoint,
    hide_for_training,
    plan_for,
)
from spacy_clinical.architectures.window_vectors import begin_vectors, read_vectors
from spacy_clinical.pieces.align import Pieces
from spacy_clinical.pieces.plan import ReadText, cut_text
from spacy_clinical.pieces.pool import Summary, backprop_summary, summarize
from spacy_clinical.pieces.text import Text
from spacy_clinical.types import Floats2d

WindowReader: TypeAlias = Model[list[Text], list[ReadText]]
Backprop: TypeAlias = Callable[[Sequence[Floats2d]], Any]


def build_window_reader(
    encoder: Model[Any, Any], *, summary: Summary, size: int
) -> WindowReader:
    """Build a layer that turns each window of a text into one vector.

    encoder, summary, size: See `document_classifier.build_document_classifier`.
    """
    return Model(
        "window_reader",
        forward,
        init=init,
        layers=[encoder],
        attrs={"summary": summary, "size": size},
    )


def init(model: WindowReader, X: Any = None, Y: Any = None) -> None:
    """Initialize the encoder."""
    [encoder] = model.layers
    if has_checkpoint(encoder):
        encoder.initialize()
    else:
        encoder.initialize(X=None if X is None else [text.doc for text in X])


def forward(
    model: WindowReader, texts: list[Text], is_train: bool
) -> tuple[list[ReadText], Backprop]:
    """Compute the vector of each window of each text."""
    [encoder], summary = model.layers, model.attrs["summary"]
    if not has_checkpoint(encoder):
        return _read_tokens(model, texts, is_train)
    if is_train:
        return _begin_update(encoder, texts, summary)
    shim = get_shim(encoder)
    plan = plan_for(shim, texts)
    return plan.share_out(
        read_vectors(shim, plan.inputs, summary)
    ), lambda d_vectors: texts


def _begin_update(
    encoder: EncoderModel, texts: list[Text], summary: Summary
) -> tuple[list[ReadText], Backprop]:
    """Encode texts for training; see `begin_vectors`."""
    shim = get_shim(encoder)
    plan = plan_for(shim, texts)
    windows = hide_for_training(shim, plan)
    vectors, backprop_windows = begin_vectors(shim, windows, summary)

    def backprop(d_vectors: Sequence[Floats2d]) -> list[Text]:
        backprop_windows(numpy.concatenate(d_vectors))
        return texts

    return plan.share_out(vectors), backprop


def _read_tokens(
    model: WindowReader, texts: list[Text], is_train: bool
) -> tuple[list[ReadText], Backprop]:
    """Compute window vectors from the vectors of tokens."""
    [encoder], size, summary = model.layers, model.attrs["size"], model.attrs["summary"]
    rows, backprop_rows = encoder([text.doc for text in texts], is_train)
    read, members = [], []
    for text, of_doc in zip(texts, rows, strict=True):
        X = model.ops.to_numpy(of_doc)
        pieces = _take_tokens(text)
        windows = cut_text(text, pieces, size=size, stride=size - size // 8)
        inside = [pieces.ids[window.start : window.stop] for window in windows]
        vectors = [summarize(X[of_window], summary) for of_window in inside]
        stacked = numpy.asarray(vectors, dtype="float32").reshape(-1, X.shape[1])
        read.append(ReadText(stacked, windows, pieces.offsets, text))
        members.append(inside)

    def backprop(d_vectors: Sequence[Floats2d]) -> Any:
        gradients = []
        for of_doc, windows, given in zip(rows, members, d_vectors, strict=True):
            X = model.ops.to_numpy(of_doc)
            d_rows = numpy.zeros(X.shape, dtype="float32")
            for of_window, d_vector in zip(windows, given, strict=True):
                d_rows[of_window] += backprop_summary(d_vector, X[of_window], summary)
            gradients.append(model.ops.asarray2f(d_rows))
        return backprop_rows(gradients)

    return read, backprop


def _take_tokens(text: Text) -> Pieces:
    """Use a text's tokens as its pieces, except white space; ids are Doc indices."""
    doc: Any = text.doc
    seen = [i for i, token in enumerate(text.token_ids) if not doc[int(token)].is_space]
    places = numpy.arange(len(seen))
    return Pieces(text.token_ids[seen], text.tokens[seen], places, places + 1)
