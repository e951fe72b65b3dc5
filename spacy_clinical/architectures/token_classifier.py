"""Model of a token classifier: an encoder and a head over tokens."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Dropout, Linear, Model, Relu, chain

from spacy_clinical.architectures.encoder import (
    EncoderModel,
    encode,
    encode_again,
    get_shim,
)
from spacy_clinical.architectures.parity import settle_precision
from spacy_clinical.architectures.shared_encoder import SharedEncoder
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.pieces.align import Encoded
from spacy_clinical.pieces.pool import Pooling, backprop_pool, pool
from spacy_clinical.types import Floats2d

TokenClassifier: TypeAlias = Model[list[Doc], list[Encoded]]


def build_token_classifier(
    encoder: EncoderModel,
    pooling: Pooling = "first",
    dropout: float = 0.1,
    crf: bool = False,
    hidden: int = 0,
) -> TokenClassifier:
    """Build an encoder with a head over tokens.

    encoder: A `spacy-clinical.HFEncoder.v1`, or a `spacy-clinical.SharedEncoder.v1`,
        which isn't trained, for components that can connect it.
    pooling: Vector of a token: that of its "first" wordpiece, or the "mean" of all.
    dropout: Dropout rate before the head. The rate of the training config overrides it.
    crf: Whether to learn transitions between tags (a conditional random field).
    hidden: Width of a hidden layer of the head, with "first" pooling only. 0 for a
        linear head.
    RAISES ValueError: C854, if there is a hidden layer and "mean" pooling.
    """
    if hidden and pooling != "first":
        # Predictions pool what the head says of wordpieces.
        raise CodedValueError(
            Errors.C854.format(
                name="model", setting="pooling", unknown=pooling, known="first"
            )
        )
    output: Model[Floats2d, Floats2d] = Linear()
    inner: Model[Floats2d, Floats2d] | None = Relu(hidden) if hidden else None
    head: Model[Floats2d, Floats2d] = chain(Dropout(dropout), output)
    if inner is not None:
        head = chain(Dropout(dropout), inner, Dropout(dropout), output)
    # Only the loss and the decoder use them; no layer computes with them.
    transitions: Model[Any, Any] = Model("transitions", pass_on, params={"W": None})
    model: TokenClassifier = Model(
        "token_classifier",
        forward,
        init=init,
        layers=[encoder, head, *([transitions] if crf else [])],
        refs={
            "encoder": encoder,
            "head": head,
            "hidden_layer": inner,
            "output_layer": output,
            "transitions": transitions if crf else None,
        },
    )
    model.attrs["pooling"] = pooling
    return model


def pass_on(model: Any, X: Any, is_train: bool) -> tuple[Any, Callable[[Any], Any]]:
    """Return the input unchanged."""
    return X, lambda dX: dX


def init(model: TokenClassifier, X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint and initialize the head, whose nO must be set."""
    encoder, output = model.get_ref("encoder"), model.get_ref("output_layer")
    encoder.initialize()
    width = encoder.get_dim("nO")
    if model.has_ref("hidden_layer"):
        inner = model.get_ref("hidden_layer")
        inner.set_dim("nI", width)
        inner.initialize()
        width = inner.get_dim("nO")
    output.set_dim("nI", width)
    output.initialize()
    model.get_ref("head").set_dim("nO", output.get_dim("nO"), force=True)
    init_transitions(model)


def init_transitions(model: TokenClassifier) -> None:
    """Give a model with transitions between tags those that say nothing."""
    if model.has_ref("transitions"):
        n_tags = model.get_ref("output_layer").get_dim("nO")
        zeros = model.ops.alloc2f(n_tags + 1, n_tags + 1)
        model.get_ref("transitions").set_param("W", zeros)


def forward(
    model: TokenClassifier, docs: list[Doc], is_train: bool
) -> tuple[list[Encoded], Callable[[Sequence[Floats2d]], list[Doc]]]:
    """Compute the logits (n_tokens, n_labels) of each Doc."""
    pooling: Pooling = model.attrs["pooling"]
    if not is_train and isinstance(model.get_ref("encoder"), SharedEncoder):
        return _read_shared(model, docs), lambda d_scored: docs
    if not is_train:
        runtime = get_shim(model.get_ref("encoder")).runtime
        settle_precision(
            runtime,
            lambda doc: _predict(model, [doc])[0].X.argmax(axis=1),
            model=model,
        )
        return _predict(model, docs, hand_on=True), lambda d_scored: docs
    encoded, backprop_encoder = model.get_ref("encoder")(docs, is_train)
    tokens = [pool(e.X, e.pieces, pooling) for e in encoded]
    X = model.ops.asarray2f(numpy.concatenate(tokens))
    Y, backprop_head = model.get_ref("head")(X, is_train)
    borders = numpy.cumsum([len(t) for t in tokens])[:-1]
    logits = numpy.split(model.ops.to_numpy(Y), borders)
    scored = [
        Encoded(rows, e.pieces, e.windows)
        for rows, e in zip(logits, encoded, strict=True)
    ]

    def backprop(d_logits: Sequence[Floats2d]) -> list[Doc]:
        dX = backprop_head(model.ops.asarray2f(numpy.concatenate(d_logits)))
        d_tokens = numpy.split(model.ops.to_numpy(dX), borders)
        backprop_encoder(
            [
                backprop_pool(d, e.pieces, pooling)
                for d, e in zip(d_tokens, encoded, strict=True)
            ]
        )
        return docs

    return scored, backprop


def _predict(
    model: TokenClassifier, docs: list[Doc], *, hand_on: bool = False
) -> list[Encoded]:
    """Score wordpieces, then pool, so that a note's vectors are never all in memory."""
    head = model.get_ref("head")
    n_labels = model.get_ref("output_layer").get_dim("nO")
    ops = model.ops
    encoded = encode(
        model.get_ref("encoder"),
        docs,
        project=lambda rows: ops.to_numpy(head.predict(ops.asarray2f(rows))),
        width=n_labels,
        hand_on=hand_on,
    )
    pooling: Pooling = model.attrs["pooling"]
    return [Encoded(pool(e.X, e.pieces, pooling), e.pieces, e.windows) for e in encoded]


def _read_shared(model: TokenClassifier, docs: list[Doc]) -> list[Encoded]:
    """Pool what the head said of wordpieces while another component ran its encoder."""
    encoder: SharedEncoder = model.get_ref("encoder")
    pooling: Pooling = model.attrs["pooling"]
    read = [encoder.waiting.take(doc) or encode_again(encoder, doc) for doc in docs]
    return [Encoded(pool(e.X, e.pieces, pooling), e.pieces, e.windows) for e in read]
