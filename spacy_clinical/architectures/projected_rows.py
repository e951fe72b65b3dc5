"""The rows of an encoder that a head of its own reads: of places in Docs, not of each."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy
from spacy.tokens import Doc
from thinc.api import Model

from spacy_clinical.architectures.encoder import (
    encode,
    encode_again,
    get_shim,
    has_checkpoint,
)
from spacy_clinical.architectures.shared_encoder import SharedEncoder, project_rows
from spacy_clinical.extensions.doc_data import token_borders
from spacy_clinical.pieces.text import read_doc
from spacy_clinical.types import Floats2d, Ints2d

# Rows (n_rows, width) of a Doc, and what each stands for (n_rows, 2; characters, half
# open).
Rows: TypeAlias = tuple[Floats2d, Ints2d]

# Memory for the rows of a frozen encoder during training.
MAX_KNOWN_BYTES = 2**29


def init_rows(model: Model[Any, Any], X: Any = None) -> None:
    """Load the checkpoint, and initialize the projection.

    model: With the refs "encoder" and "projection".
    X: Some inputs, each with a Doc.
    """
    encoder, projection = model.get_ref("encoder"), model.get_ref("projection")
    encoder.initialize(X=None if X is None else [one.doc for one in X])
    projection.set_dim("nI", encoder.get_dim("nO"))
    projection.initialize()


def read_rows(model: Model[Any, Any], docs: list[Doc]) -> list[Rows]:
    """Compute the projected rows of Docs for prediction.

    model: With the refs "encoder" and "projection".
    """
    encoder, projection = model.get_ref("encoder"), model.get_ref("projection")

    def project(rows: Floats2d) -> Floats2d:
        return project_rows(projection, rows)

    if isinstance(encoder, SharedEncoder):
        read = [encoder.waiting.take(doc) or encode_again(encoder, doc) for doc in docs]
    elif has_checkpoint(encoder):
        read = encode(encoder, docs, project=project, width=projection.get_dim("nO"))
    else:
        rows = [model.ops.to_numpy(X) for X in encoder.predict(docs)]
        return [
            (project(X), _find_tokens(doc)) for X, doc in zip(rows, docs, strict=True)
        ]
    return [(encoded.X, encoded.pieces.offsets) for encoded in read]


def _find_tokens(doc: Doc) -> Ints2d:
    return numpy.stack(token_borders(doc), axis=1)


def begin_rows(
    model: Model[Any, Any], docs: list[Doc]
) -> tuple[list[Rows], Callable[[Sequence[Floats2d]], Any]]:
    """Compute the vectors of Docs for training, as the encoder makes them.

    model: With the ref "encoder".
    RETURNS: The vectors, and a callback that takes their gradients.
    """
    encoder = model.get_ref("encoder")
    if isinstance(encoder, SharedEncoder):
        return _encode_once(encoder.source, docs), lambda d_rows: docs
    if not has_checkpoint(encoder):
        rows, backprop = encoder(docs, True)
        read = [
            (model.ops.to_numpy(X), _find_tokens(doc))
            for X, doc in zip(rows, docs, strict=True)
        ]
        return read, lambda d_rows: backprop([model.ops.asarray2f(d) for d in d_rows])
    settings = get_shim(encoder).settings
    if not settings.learn_rate_scale and not settings.mask_rate:
        return _encode_once(encoder, docs), lambda d_rows: docs
    encoded, backprop = encoder(docs, True)
    return [(one.X, one.pieces.offsets) for one in encoded], backprop


def begin_squashed(
    model: Model[Any, Any], docs: list[Doc]
) -> tuple[list[Rows], Callable[[Sequence[Floats2d]], Any]]:
    """Compute the projected rows of Docs for training, as heads read them: from -1 to 1.

    model: With the refs "encoder" and "projection".
    RETURNS: The rows, and a callback that takes their gradients.
    """
    ops = model.ops
    read, backprop_encoder = begin_rows(model, docs)
    borders = numpy.cumsum([len(X) for X, _ in read])[:-1]
    X = numpy.concatenate([X for X, _ in read]).astype("float32")
    projected, backprop_projection = model.get_ref("projection")(ops.asarray2f(X), True)
    squashed = ops.to_numpy(ops.xp.tanh(projected))
    parts = numpy.split(squashed, borders)

    def backprop(d_rows: Sequence[Floats2d]) -> Any:
        d_squashed = numpy.concatenate(d_rows) * (1 - squashed**2)
        dX = backprop_projection(ops.asarray2f(d_squashed))
        return backprop_encoder(numpy.split(ops.to_numpy(dX), borders))

    return [
        (rows, offsets) for rows, (_, offsets) in zip(parts, read, strict=True)
    ], backprop


def _encode_once(encoder: Any, docs: list[Doc]) -> list[Rows]:
    """Encode Docs with a frozen encoder, and cache their rows for the next epochs."""
    cache = get_shim(encoder).known_rows
    keys = [_get_key(doc) for doc in docs]
    new = {key: doc for key, doc in zip(keys, docs, strict=True) if key not in cache}
    read = {}
    for key, encoded in zip(new, encode(encoder, list(new.values())), strict=True):
        read[key] = encoded.X.astype("float16"), encoded.pieces.offsets
    if sum(rows.nbytes for rows, _ in cache.values()) < MAX_KNOWN_BYTES:
        cache.update(read)
    return [read[key] if key in read else cache[key] for key in keys]


def _get_key(doc: Doc) -> bytes:
    # Windows are cut at these.
    text = read_doc(doc)
    borders = numpy.asarray([*text.sections, -1, *text.sentences])
    return hashlib.sha256(text.text.encode("utf8") + borders.tobytes()).digest()


def locate_rows(places: Ints2d, offsets: Ints2d) -> Ints2d:
    """Find the rows of places: first and last of each, half open.

    places (n_places, 2): Starts and ends (characters).
    offsets (n_rows, 2): What each row stands for. There is at least one.
    """
    starts, ends = places.T
    # A place without rows, such as a control character, is read from the next row.
    first = numpy.searchsorted(offsets[:, 1], starts, side="right")
    first = numpy.minimum(first, len(offsets) - 1)
    stop = numpy.searchsorted(offsets[:, 0], ends, side="left")
    return numpy.stack([first, numpy.maximum(stop, first + 1)], axis=1)


def read_weights(model: Model[Any, Any]) -> dict[str, Floats2d]:
    """Get the weights of a layer that computes in NumPy."""
    ops = model.ops
    return {name: ops.to_numpy(model.get_param(name)) for name in model.param_names}


def add_gradients(model: Model[Any, Any], gradients: Mapping[str, Floats2d]) -> None:
    """Add to the gradients of a layer that computes in NumPy."""
    for name, gradient in gradients.items():
        model.inc_grad(name, model.ops.asarray(gradient, dtype="float32"))
