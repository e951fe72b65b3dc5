"""Check that predictions in bfloat16 agree with those in float32."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_clinical.encoders.runtime import Runtime
from spacy_clinical.types import Ints1d

PROBE = Path(__file__).parents[1] / "resources" / "precision_probe.txt"
# Minimum share of equal labels.
MIN_AGREEMENT = 0.995


def settle_precision(
    runtime: Runtime,
    compute: Callable[[Doc], Any],
    agree: Callable[[Any, Any], bool] | None = None,
) -> None:
    """Let an encoder predict in bfloat16 if that gives the same results.

    It is tried on an invented note. Nothing is computed if this is already decided, or
    if bfloat16 isn't faster.

    compute: Function that predicts the labels of a note's tokens, or other values that
        `agree` compares.
    agree: Function that compares predictions in float32 and in bfloat16. By default,
        99.5 % of the labels must be equal.
    """
    if not runtime.is_open:
        return
    with runtime.computing_in("fp32"):
        expected = compute(read_probe())
    with runtime.computing_in("bf16"):
        fast = compute(read_probe())
    runtime.settle(agrees=(agree or are_same)(expected, fast))


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
