"""Whether predictions in bfloat16 are those in float32."""

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
# Share of the labels that must be the same.
MIN_AGREEMENT = 0.995


def settle_precision(
    runtime: Runtime,
    compute: Callable[[Doc], Any],
    agree: Callable[[Any, Any], bool] | None = None,
) -> None:
    """Let an encoder predict in bfloat16 if it says the same of an invented note.

    Nothing is computed where that is decided or bfloat16 isn't faster.

    compute: What is predicted of a note: the label of each token, or whatever `agree`
        compares.
    agree: Whether what was found in float32 and in bfloat16 is the same. None: if
        99.5 % of the labels are.
    """
    if not runtime.is_open:
        return
    with runtime.computing_in("fp32"):
        expected = compute(read_probe())
    with runtime.computing_in("bf16"):
        found = compute(read_probe())
    runtime.settle(agrees=(agree or are_same)(expected, found))


def are_same(expected: Ints1d, found: Ints1d) -> bool:
    """Check whether nearly all labels are the same."""
    return float(numpy.mean(expected == found)) >= MIN_AGREEMENT


@cache
def read_probe() -> Doc:
    """Read an invented note as a Doc, split at white space."""
    words: list[str] = []
    spaces: list[bool] = []
    for line in PROBE.read_text(encoding="utf8").splitlines():
        of_line = line.split()
        words += [*of_line, "\n"]
        spaces += [*[True] * (len(of_line) - 1), *[False] * bool(of_line), False]
    return Doc(Vocab(), words=words, spaces=spaces)
