"""Check that predictions in bfloat16 agree with those in float32."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Model

from spacy_clinical.encoders.remembered import recall, remember
from spacy_clinical.encoders.runtime import Runtime
from spacy_clinical.encoders.shim import EncoderShim
from spacy_clinical.types import Ints1d

PROBE = Path(__file__).parents[1] / "resources" / "precision_probe.txt"
KIND = "precision"
# Minimum share of equal labels.
MIN_AGREEMENT = 0.995


def settle_precision(
    runtime: Runtime,
    compute: Callable[[Doc], Any],
    agree: Callable[[Any, Any], bool] | None = None,
    model: Model[Any, Any] | None = None,
) -> None:
    """Let an encoder predict in bfloat16 if that gives the same results.

    It is tried on an invented note, once for the same weights and processor: see
    `encoders/remembered.py`. Nothing is computed if this is already decided, or if
    bfloat16 isn't faster.

    compute: Function that predicts the labels of a note's tokens, or other values that
        `agree` compares.
    agree: Function that compares predictions in float32 and in bfloat16. By default,
        99.5 % of the labels must be equal.
    model: The model with the encoder, on whose weights the result depends; None if it
        isn't to be remembered.
    """
    if not runtime.is_open:
        return
    agree = agree or are_same
    key = None if model is None else (agree.__name__, *_describe(model))
    agrees = key and recall(KIND, key, runtime.device)
    if not isinstance(agrees, bool):
        with runtime.computing_in("fp32"):
            expected = compute(read_probe())
        with runtime.computing_in("bf16"):
            fast = compute(read_probe())
        agrees = agree(expected, fast)
        if key:
            remember(KIND, key, runtime.device, agrees)
    runtime.settle(agrees=agrees)


def _describe(model: Model[Any, Any]) -> list[str]:
    """Describe the weights of a model, and how its encoders read the note."""
    described: list[str] = []
    for node in model.walk():
        plain = {
            k: v for k, v in node.attrs.items() if isinstance(v, str | int | float)
        }
        described.append(repr((node.name, sorted(plain.items()))))
        for name in node.param_names:
            if node.has_param(name):
                weights = node.ops.to_numpy(node.get_param(name))
                described.append(hashlib.sha256(weights.tobytes()).hexdigest())
        for shim in node.shims:
            if isinstance(shim, EncoderShim):
                [encoding] = shim.loaded.tokenizer.encode([read_probe().text])
                described += [shim.sha256, repr(shim.settings), repr(encoding.ids)]
    return described


def are_same(expected: Ints1d, found: Ints1d) -> bool:
    """Check whether at least 99.5 % of the labels are equal."""
    return float(numpy.mean(expected == found)) >= MIN_AGREEMENT


@cache
def read_probe() -> Doc:
    """Make a Doc of an invented note, split at white space."""
    words: list[str] = []
    spaces: list[bool] = []
    for line in PROBE.read_text(encoding="utf8").splitlines():
        of_line = line.split()
        words += [*of_line, "\n"]
        spaces += [*[True] * (len(of_line) - 1), *[False] * bool(of_line), False]
    return Doc(Vocab(), words=words, spaces=spaces)
