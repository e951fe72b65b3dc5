"""Model of assertions about places in Docs."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from spacy.tokens import Doc
from thinc.api import Dropout, Linear, Model

from spacy_clinical.architectures.assertion_rules import AssertionModel, Targets
from spacy_clinical.architectures.projected_rows import (
    add_gradients,
    begin_squashed,
    init_rows,
    read_rows,
    read_weights,
)
from spacy_clinical.heads.span_attention import make_weights, read_places
from spacy_clinical.types import Floats2d, Ints2d

# Logit for places in a text without wordpieces.
NOT_SAID = -20.0


def build_assertion_head(
    encoder: Model[list[Doc], Any],
    size: int = 64,
    n_heads: int = 4,
    reach: int = 24,
    dropout: float = 0.2,
) -> AssertionModel:
    """Build a head that reads each place with the wordpieces around it in its sentence.

    encoder: A `spacy-clinical.HFEncoder.v1`, a `spacy-clinical.SharedEncoder.v1`, or any
        layer from Docs to the vectors of tokens, such as a listener.
    size: Width of the head, a multiple of `n_heads`.
    n_heads: Number of attention heads.
    reach (wordpieces or tokens): How far around a place it reads.
    dropout: Dropout rate. The rate of the training config overrides it.
    """
    projection: Model[Floats2d, Floats2d] = Linear(size)
    attention: Model[Any, Any] = Model(
        "span_attention",
        forward_attention,
        params=dict.fromkeys(make_weights(n_heads, n_heads, 1, 1)),
        attrs={"n_heads": n_heads, "reach": reach},
    )
    model: AssertionModel = Model(
        "assertion_head",
        forward,
        init=init,
        layers=[encoder, projection, Dropout(dropout), attention],
        dims={"nO": None},
        refs={"encoder": encoder, "projection": projection, "attention": attention},
    )
    return model


def init(model: AssertionModel, X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint and initialize the head, whose nO must be set."""
    init_rows(model, X)
    attention = model.get_ref("attention")
    weights = make_weights(
        model.get_ref("projection").get_dim("nO"),
        attention.attrs["n_heads"],
        attention.attrs["reach"],
        model.get_dim("nO"),
    )
    for name, value in weights.items():
        attention.set_param(name, value)


def forward(
    model: AssertionModel, given: list[Targets], is_train: bool
) -> tuple[list[Floats2d], Callable[[Sequence[Floats2d]], list[Targets]]]:
    """Compute the logits (n_places, n_attributes) of each Doc's places."""
    if not is_train:
        attention = model.get_ref("attention")
        return [
            attention.predict((numpy.tanh(rows), _locate(one, offsets)))
            if len(one.places) and len(rows)
            else numpy.full((len(one.places), model.get_dim("nO")), NOT_SAID, "float32")
            for one, (rows, offsets) in zip(
                given, read_rows(model, [one.doc for one in given]), strict=True
            )
        ], lambda d_logits: given
    _, _, dropout, attention = model.layers
    read, backprop_rows = begin_squashed(model, [one.doc for one in given])
    borders = numpy.cumsum([0, *(len(rows) for rows, _ in read)])
    # Places in a text without wordpieces read a row of zeros, the last one.
    width = model.get_ref("projection").get_dim("nO")
    rows = [*(rows for rows, _ in read), numpy.zeros((1, width), dtype="float32")]
    squashed = numpy.concatenate(rows)
    nowhere = numpy.asarray([len(squashed) - 1, len(squashed)] * 2)
    places = [
        _locate(one, offsets) + start
        if len(offsets)
        else numpy.tile(nowhere, (len(one.places), 1))
        for one, (_, offsets), start in zip(given, read, borders, strict=False)
    ]
    dropped, backprop_dropout = dropout(model.ops.asarray2f(squashed), True)
    logits, backprop_attention = attention((dropped, numpy.concatenate(places)), True)
    counts = numpy.cumsum([len(one.places) for one in given])[:-1]

    def backprop(d_logits: Sequence[Floats2d]) -> list[Targets]:
        d_dropped = backprop_attention(numpy.concatenate(d_logits))
        d_squashed = backprop_dropout(model.ops.asarray2f(d_dropped))
        d_rows = model.ops.to_numpy(d_squashed)[:-1]
        backprop_rows(numpy.split(d_rows, borders[1:-1]))
        return given

    return numpy.split(logits, counts), backprop


def _locate(one: Targets, offsets: Ints2d) -> Ints2d:
    """Find the rows of places and of the sentences they are in (n_places, 4).

    offsets (n_rows, 2): What each row stands for (characters, half open).
    """
    starts, ends = one.places.T
    # That 0 may be there twice doesn't matter.
    sentences = numpy.asarray([0, *one.sentences])
    index = numpy.searchsorted(sentences, starts, side="right")
    following = numpy.append(sentences, offsets[-1:, 1].max(initial=0) + 1)[index]

    def find_first(characters: Any) -> Any:
        return numpy.searchsorted(offsets[:, 1], characters, side="right")

    def find_stop(characters: Any) -> Any:
        return numpy.searchsorted(offsets[:, 0], characters, side="left")

    # A place without rows, such as a control character, is read from the next row.
    first = numpy.minimum(find_first(starts), max(len(offsets) - 1, 0))
    stop = numpy.maximum(find_stop(ends), first + 1)
    return numpy.stack(
        [first, stop, find_first(sentences[index - 1]), find_stop(following)], axis=1
    )


def forward_attention(
    model: Model[Any, Any], given: tuple[Floats2d, Ints2d], is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    """Compute the logits (n_places, nO) of places from rows; see `read_places`."""
    rows, places = given
    weights = read_weights(model)
    logits, backprop_places = read_places(model.ops.to_numpy(rows), places, weights)

    def backprop(d_logits: Floats2d) -> Floats2d:
        d_rows, d_weights = backprop_places(d_logits)
        add_gradients(model, d_weights)
        return d_rows

    return logits, backprop
