"""Model that says which mentions in Docs belong together."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Linear, Model

from spacy_clinical.architectures.projected_rows import (
    add_gradients,
    begin_squashed,
    init_rows,
    locate_rows,
    read_rows,
    read_weights,
)
from spacy_clinical.architectures.relation_input import RelationInput, RelationModel
from spacy_clinical.heads.span_pairs import NEVER, PairInput, make_weights, score_pairs
from spacy_clinical.types import Floats2d, Ints2d

# Dimensions besides nO: what the training data have.
COUNTS = ("n_types", "n_kinds", "n_words")
# Rows of a text, and those of its mentions.
Given: TypeAlias = tuple[Floats2d, Ints2d, PairInput]


def build_relation_head(
    encoder: Model[list[Doc], Any],
    size: int = 64,
    width: int = 64,
    hidden: int = 128,
    dropout: float = 0.4,
) -> RelationModel:
    """Build a head that scores pairs of mentions by both, and by what is between them.

    encoder: A `spacy-clinical.HFEncoder.v1`, a `spacy-clinical.SharedEncoder.v1`, or any
        layer from Docs to the vectors of tokens, such as a listener.
    size: Width that the rows of the encoder are projected to.
    width: Of the vector of a mention.
    hidden: Width of the vector of a pair.
    dropout: Dropout rate. The rate of the training config overrides it.
    """
    projection: Model[Floats2d, Floats2d] = Linear(size)
    scores: Model[Given, Floats2d] = Model(
        "span_pairs",
        forward_pairs,
        params=dict.fromkeys(make_weights(1, 1, 1, 1, n_types=1, n_kinds=1, n_words=1)),
        attrs={"dropout_rate": dropout},
    )
    model: RelationModel = Model(
        "relation_head",
        forward,
        init=init,
        layers=[encoder, projection, scores],
        dims=dict.fromkeys(("nO", *COUNTS)),
        attrs={"width": width, "hidden": hidden},
        refs={"encoder": encoder, "projection": projection, "scores": scores},
    )
    return model


def init(model: RelationModel, X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint and initialize the head, whose dimensions must be set."""
    init_rows(model, X)
    weights = make_weights(
        model.get_ref("projection").get_dim("nO"),
        model.attrs["width"],
        model.attrs["hidden"],
        model.get_dim("nO"),
        **{name: model.get_dim(name) for name in COUNTS},
    )
    scores = model.get_ref("scores")
    for name, value in weights.items():
        scores.set_param(name, value)


def forward(
    model: RelationModel, given: list[RelationInput], is_train: bool
) -> tuple[list[Floats2d], Callable[[Sequence[Floats2d]], list[RelationInput]]]:
    """Compute the logits (n_pairs, 2 * n_labels) of each Doc's pairs."""
    scores = model.get_ref("scores")
    docs = [one.doc for one in given]
    if not is_train:
        return [
            scores.predict(
                (numpy.tanh(rows), locate_rows(one.places, offsets), one.pairs)
            )
            if len(one.pairs.first) and len(rows)
            else numpy.full(one.pairs.can_be.shape, NEVER, "float32")
            for one, (rows, offsets) in zip(given, read_rows(model, docs), strict=True)
        ], lambda d_logits: given
    read, backprop_rows = begin_squashed(model, docs)
    logits, callbacks = [], []
    for one, (rows, offsets) in zip(given, read, strict=True):
        if len(one.pairs.first) and len(rows):
            places = locate_rows(one.places, offsets)
            found, backprop_pairs = scores((rows, places, one.pairs), True)
        else:
            found = numpy.full(one.pairs.can_be.shape, NEVER, "float32")
            backprop_pairs = None
        logits.append(found)
        callbacks.append(backprop_pairs)

    def backprop(d_logits: Sequence[Floats2d]) -> list[RelationInput]:
        backprop_rows(
            [
                numpy.zeros_like(rows) if backprop_pairs is None else backprop_pairs(d)
                for (rows, _), backprop_pairs, d in zip(
                    read, callbacks, d_logits, strict=True
                )
            ]
        )
        return given

    return logits, backprop


def forward_pairs(
    model: Model[Any, Any], given: Given, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    """Compute the logits (n_pairs, 2 * n_labels) of pairs; see `score_pairs`."""
    rows, places, pairs = given
    weights = read_weights(model)
    drop = model.attrs["dropout_rate"] if is_train else 0.0
    logits, backprop_pairs = score_pairs(rows, places, pairs, weights, drop=drop)

    def backprop(d_logits: Floats2d) -> Floats2d:
        gradients = {name: numpy.zeros_like(W) for name, W in weights.items()}
        d_rows = backprop_pairs(d_logits, gradients)
        add_gradients(model, gradients)
        return d_rows

    return logits, backprop
