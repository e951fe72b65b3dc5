"""Whether predictions in bfloat16 are those in float32."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_clinical.encoders.runtime import Runtime
from spacy_clinical.types import Ints1d

PROBE = Path(__file__).parents[1] / "resources" / "precision_probe.txt"
# Share of the labels that must be the same.
MIN_AGREEMENT = 0.995


def settle_precision(runtime: Runtime, label: Callable[[Doc], Ints1d]) -> None:
    """Let an encoder predict in bfloat16 if the labels of an invented note agree.

    Nothing is computed where that is decided or bfloat16 isn't faster.

    label: Gives the label of each token, or of whatever else a model labels.
    """
    if not runtime.is_open:
        return
    with runtime.computing_in("fp32"):
        expected = label(read_probe())
    with runtime.computing_in("bf16"):
        found = label(read_probe())
    agreement = float(numpy.mean(expected == found))
    runtime.settle(agrees=agreement >= MIN_AGREEMENT)


@cache
def read_probe() -> Doc:
    """An invented note, cut at its white space."""
    words: list[str] = []
    spaces: list[bool] = []
    for line in PROBE.read_text(encoding="utf8").splitlines():
        of_line = line.split()
        words += [*of_line, "\n"]
        spaces += [*[True] * (len(of_line) - 1), *[False] * bool(of_line), False]
    return Doc(Vocab(), words=words, spaces=spaces)
