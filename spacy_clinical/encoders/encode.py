"""Docs → wordpieces → windows → batches → one row for each wordpiece."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Model

from spacy_clinical.align import Encoded, Pieces, align_pieces, piece_borders
from spacy_clinical.encoders.shim import EncoderShim
from spacy_clinical.types import Floats2d, Ints1d
from spacy_clinical.windows import plan_windows, stitch

EncoderModel: TypeAlias = Model[list[Doc], list[Encoded]]


def make_encoder(shim: EncoderShim) -> EncoderModel:
    """Wrap an encoder as a Thinc layer."""
    return Model("hf_encoder", forward, init=init, dims={"nO": None}, shims=[shim])


def init(model: EncoderModel, X: Any = None, Y: Any = None) -> None:
    """Read the checkpoint, if that has not been done."""
    shim = get_shim(model)
    if model.has_dim("nO") is None:
        model.set_dim("nO", shim.width)


def get_shim(model: EncoderModel) -> EncoderShim:
    """The encoder inside the layer."""
    shim = model.shims[0]
    assert isinstance(shim, EncoderShim)
    return shim


def hide_words(pieces: Pieces, rate: float, mask_id: int | None) -> Ints1d:
    """Replace all wordpieces of a random share of the tokens.

    RETURNS (n_pieces): The ids; unchanged where the checkpoint has no mask.
    """
    ids = pieces.ids.copy()
    if mask_id is not None:
        for token in numpy.flatnonzero(numpy.random.random(len(pieces.first)) < rate):
            ids[pieces.first[token] : pieces.stop[token]] = mask_id
    return ids


def forward(
    model: EncoderModel, docs: list[Doc], is_train: bool
) -> tuple[list[Encoded], Callable[[Sequence[Floats2d]], list[Doc]]]:
    """Encode Docs of any length; no wordpiece is dropped."""
    shim = get_shim(model)
    size, stride = shim.window
    encodings = shim.loaded.tokenizer.encode([doc.text for doc in docs])
    pieces = [
        align_pieces(doc, encoding.ids, encoding.offsets)
        for doc, encoding in zip(docs, encodings, strict=True)
    ]
    plans = [
        plan_windows(len(p), size=size, stride=stride, borders=piece_borders(doc, p))
        for doc, p in zip(docs, pieces, strict=True)
    ]
    places = [(i, window) for i, plan in enumerate(plans) for window in plan]
    ids = [p.ids for p in pieces]
    if is_train and shim.mask_rate:
        ids = [
            hide_words(p, shim.mask_rate, shim.loaded.tokenizer.mask_id) for p in pieces
        ]
    outputs, backprop_windows = shim(
        [ids[i][window.start : window.stop] for i, window in places], is_train
    )
    encoded = []
    done = 0
    for p, plan in zip(pieces, plans, strict=True):
        of_doc = outputs[done : done + len(plan)]
        encoded.append(Encoded(stitch(of_doc, plan, width=shim.width), p, plan))
        done += len(plan)

    def backprop(d_encoded: Sequence[Floats2d]) -> list[Doc]:
        d_outputs = []
        for (i, (start, stop, keep_start, keep_stop)), output in zip(
            places, outputs, strict=True
        ):
            # Only the kept part of a window was used.
            d_output = output[: stop - start] * 0
            d_output[keep_start - start : keep_stop - start] = d_encoded[i][
                keep_start:keep_stop
            ]
            d_outputs.append(d_output)
        backprop_windows(d_outputs)
        return docs

    return encoded, backprop
