"""Score how well concepts fit a name, by a small network over features."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from spacy_clinical.concepts.gram_search import FEATURES as ALIKE
from spacy_clinical.concepts.ranking import TIERS
from spacy_clinical.types import Floats1d, Floats2d, Ints1d

WEIGHTS = Path(__file__).parents[1] / "resources" / "linker_weights.json"
FEATURES = (
    *TIERS,
    *ALIKE,
    *("n_same", "n_alike", "is_preferred", "n_names", "behind_best", "n_rivals"),
    *("acronym_same", "acronym_other", "n_words", "first_same", "n_first_names"),
)
_COSINE = len(TIERS)
_SAME_KEY = _COSINE + ALIKE.index("same_key")


class Fit(NamedTuple):
    """The fit of a concept to a name.

    fits: As each of the vocabularies has it: see `ranking.Found`.
    is_preferred: Whether its id is of a preferred system.
    n_names: Number of its names in the vocabulary that has the most.
    first: How it fits in the first vocabulary; None if it isn't there.
    n_first_names: Number of its names there.
    """

    fits: Sequence[Floats1d]
    is_preferred: bool
    n_names: int
    first: Floats1d | None = None
    n_first_names: int = 0


def describe(name: str, fits: Sequence[Fit]) -> Floats2d:
    """Describe how some concepts fit a name.

    RETURNS (n_concepts, n_features): See `FEATURES`.
    """
    n, n_fits = len(fits), _COSINE + len(ALIKE)
    rows = np.zeros((n, len(FEATURES)), dtype=np.float32)
    # Faster than np.stack.
    vectors = np.concatenate([v for fit in fits for v in fit.fits]).reshape(-1, n_fits)
    counts = np.array([len(fit.fits) for fit in fits])
    starts = np.cumsum(counts) - counts
    rows[:, :n_fits] = vectors[_find_best(vectors, starts, counts)]
    rows[:, : len(TIERS)] = np.maximum.reduceat(vectors[:, : len(TIERS)], starts)
    rows[:, n_fits] = np.add.reduceat(vectors[:, :2].max(1), starts)
    rows[:, n_fits + 1] = np.add.reduceat(vectors[:, _COSINE] > 0.8, starts, dtype=int)
    rows[:, n_fits + 2] = [fit.is_preferred for fit in fits]
    rows[:, n_fits + 3] = np.log1p([fit.n_names for fit in fits])
    for row, fit in zip(rows, fits, strict=True):
        if fit.first is not None:
            row[n_fits + 9] = max(fit.first[0], fit.first[1])
            row[n_fits + 10] = fit.n_first_names
    rows[:, n_fits + 10] = np.log1p(rows[:, n_fits + 10])
    is_same = rows[:, :2].max(1, initial=0)
    rows[:, n_fits + 4] = rows[:, _COSINE].max(initial=0) - rows[:, _COSINE]
    rows[:, n_fits + 5] = is_same.sum() - is_same
    is_acronym = len(name) <= 6 and sum(map(str.isupper, name)) > 1
    rows[:, n_fits + 6] = is_acronym * rows[:, 0]
    rows[:, n_fits + 7] = is_acronym * (1 - rows[:, 0])
    rows[:, n_fits + 8] = np.log1p(name.count(" "))
    return rows


def _find_best(vectors: Floats2d, starts: Ints1d, counts: Ints1d) -> Ints1d:
    """Find for each concept the vocabulary that has it under the most similar name."""
    best = starts.copy()
    order = vectors[:, 0] * 2 + vectors[:, _COSINE]
    for number in np.flatnonzero(counts > 1).tolist():
        first = starts[number]
        best[number] = first + np.argmax(order[first : first + counts[number]])
    return best


class Scorer(NamedTuple):
    """A network with one hidden layer.

    shift, scale (n_features): Applied to the features.
    hidden (n_features, n_hidden), hidden_bias (n_hidden): Of its first layer.
    output (n_hidden): Of its second one.
    nothing: What the score of no concept is.
    """

    shift: Floats1d
    scale: Floats1d
    hidden: Floats2d
    hidden_bias: Floats1d
    output: Floats1d
    nothing: float

    def score(self, features: Floats2d) -> Floats1d:
        """Score the concepts that a name may mean.

        features (n_concepts, n_features): As `describe` makes them.
        RETURNS (n_concepts): How probable each is; what is left of 1 is for none.
        """
        scaled = (features - self.shift) * self.scale
        hidden = np.maximum(scaled @ self.hidden + self.hidden_bias, 0.0)
        logits = hidden @ self.output
        top = max(float(logits.max(initial=self.nothing)), self.nothing)
        exps = np.exp(logits - top)
        scores: Floats1d = exps / (exps.sum() + np.exp(self.nothing - top))
        return scores


@cache
def load_scorer(path: Path = WEIGHTS) -> Scorer:
    """Load the weights of a scorer."""
    saved = json.loads(path.read_text(encoding="utf8"))
    names = Scorer._fields[:-1]
    arrays: dict[str, Any] = {
        name: np.array(saved[name], dtype=np.float32) for name in names
    }
    return Scorer(**arrays, nothing=float(saved["nothing"]))
