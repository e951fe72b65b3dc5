"""Window layer: from texts to one vector for each window."""

import hashlib
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
from spacy_clinical.encoders.shim import EncoderShim
from spacy_clinical.pieces.align import Pieces
from spacy_clinical.pieces.batches import Input
from spacy_clinical.pieces.plan import Plan, ReadText, cut_text
from spacy_clinical.pieces.pool import Summary, backprop_summary, summarize
from spacy_clinical.pieces.text import Text
from spacy_clinical.types import Floats2d

# Size of the cache of window vectors, for training over a frozen encoder.
MAX_KNOWN_BYTES = 2**28

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
    return plan.share_out(_encode(shim, plan, summary)), lambda d_vectors: texts


def _encode(shim: EncoderShim, plan: Plan, summary: Summary) -> Floats2d:
    """Encode windows as vectors (n_windows, width)."""
    vectors = numpy.zeros((len(plan.inputs), shim.width), dtype="float32")
    for i, rows in shim.predict_framed(plan.inputs):
        vectors[i] = summarize(rows, summary)
    return vectors


def _begin_update(
    encoder: EncoderModel, texts: list[Text], summary: Summary
) -> tuple[list[ReadText], Backprop]:
    """Encode texts for training.

    A frozen encoder isn't trained, and encodes each text only once, unless words are
    masked at random.
    """
    shim = get_shim(encoder)
    plan = plan_for(shim, texts)
    if not shim.settings.learn_rate_scale and not shim.settings.mask_rate:
        return plan.share_out(
            _encode_once(shim, plan, summary)
        ), lambda d_vectors: texts
    outputs, backprop_rows = shim.begin_update_framed(hide_for_training(shim, plan))
    vectors = numpy.zeros((len(outputs), shim.width), dtype="float32")
    for i, rows in enumerate(outputs):
        vectors[i] = summarize(rows, summary)

    def backprop(d_vectors: Sequence[Floats2d]) -> list[Text]:
        d_rows = [row for of_text in d_vectors for row in of_text]
        backprop_rows(
            [
                backprop_summary(d_row, rows, summary)
                for d_row, rows in zip(d_rows, outputs, strict=True)
            ]
        )
        return texts

    return plan.share_out(vectors), backprop


def _encode_once(shim: EncoderShim, plan: Plan, summary: Summary) -> Floats2d:
    """Encode windows as vectors, and cache them for the next epochs."""
    cache = shim.known_windows
    keys = [_get_key(given, summary) for given in plan.inputs]
    given = dict(zip(keys, plan.inputs, strict=True))
    new = {key: window for key, window in given.items() if key not in cache}
    names = list(new)
    encoded = {
        names[i]: summarize(rows, summary)
        for i, rows in shim.predict_framed(list(new.values()))
    }
    if sum(vector.nbytes for vector in cache.values()) < MAX_KNOWN_BYTES:
        cache.update(encoded)
    vectors = [encoded[key] if key in encoded else cache[key] for key in keys]
    return numpy.asarray(vectors, dtype="float32").reshape(-1, shim.width)


def _get_key(window: Input, summary: Summary) -> bytes:
    digest = hashlib.sha256(summary.encode("ascii"))
    parts = [window.ids, window.global_at, window.boxes]
    if window.partner is not None:
        ids, *roles = window.partner
        parts += [ids, numpy.asarray(roles)]
    for part in parts:
        digest.update(b"-" if part is None else part.tobytes() + b"|")
    return digest.digest()


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
