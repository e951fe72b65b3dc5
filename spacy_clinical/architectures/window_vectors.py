"""From an encoder's windows to one vector for each."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from spacy_clinical.encoders.shim import EncoderShim
from spacy_clinical.pieces.batches import Input
from spacy_clinical.pieces.pool import Summary, backprop_summary, summarize
from spacy_clinical.types import Floats2d

# Size of the cache of window vectors, for training over a frozen encoder.
MAX_KNOWN_BYTES = 2**28


def read_vectors(
    shim: EncoderShim, windows: Sequence[Input], summary: Summary
) -> Floats2d:
    """Encode windows as vectors (n_windows, width)."""
    vectors = numpy.zeros((len(windows), shim.width), dtype="float32")
    for i, rows in shim.predict_framed(windows):
        vectors[i] = summarize(rows, summary)
    return vectors


def begin_vectors(
    shim: EncoderShim, windows: Sequence[Input], summary: Summary
) -> tuple[Floats2d, Callable[[Floats2d], Any]]:
    """Encode windows for training.

    A frozen encoder isn't trained, and encodes each window only once, unless words are
    masked at random.

    RETURNS: The vectors (n_windows, width), and a callback that takes their gradient.
    """
    if not shim.settings.learn_rate_scale and not shim.settings.mask_rate:
        return _read_once(shim, windows, summary), lambda d_vectors: None
    outputs, backprop_rows = shim.begin_update_framed(windows)
    vectors = numpy.zeros((len(outputs), shim.width), dtype="float32")
    for i, rows in enumerate(outputs):
        vectors[i] = summarize(rows, summary)

    def backprop(d_vectors: Floats2d) -> None:
        backprop_rows(
            [
                backprop_summary(d_vector, rows, summary)
                for d_vector, rows in zip(d_vectors, outputs, strict=True)
            ]
        )

    return vectors, backprop


def _read_once(
    shim: EncoderShim, windows: Sequence[Input], summary: Summary
) -> Floats2d:
    """Encode windows as vectors, and cache them for the next epochs."""
    cache = shim.known_windows
    keys = [_get_key(given, summary) for given in windows]
    given = dict(zip(keys, windows, strict=True))
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
