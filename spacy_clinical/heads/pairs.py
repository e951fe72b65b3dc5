"""Labels of a pair of texts from the logits of its windows, and the loss."""

from typing import Literal, NamedTuple

import numpy

from spacy_clinical.types import Floats1d, Floats2d, Ints1d

# Which windows decide on a pair: the one that says most, or the "mean" of all.
Deciding = Literal["window", "mean"]


class PairScores(NamedTuple):
    """Probabilities of the labels of a pair.

    scores (n_labels): Those of the pair.
    by_window (n_windows, n_labels): Those of each window.
    """

    scores: Floats1d
    by_window: Floats2d


def pool_pair(
    logits: Floats2d, deciding: Deciding, undecided: int | None
) -> PairScores:
    """Compute the probabilities of a pair's labels.

    logits (n_windows, n_labels): Logits of at least one window.
    deciding: "window" for the window that says most, or the "mean" of all.
    undecided: Column of the label of windows that say nothing, such as "neutral"; None
        if there is none.
    """
    P = softmax(logits)
    if deciding == "mean":
        return PairScores(P.mean(axis=0), P)
    return PairScores(P[find_deciding(P, undecided)], P)


def find_deciding(P: Floats2d, undecided: int | None) -> int:
    """Find the window that says most: that is least undecided, or else most certain.

    P (n_windows, n_labels): Probabilities.
    """
    if undecided is None:
        return int(P.max(axis=1).argmax())
    return int(P[:, undecided].argmin())


def rank_windows(P: Floats2d, label: int) -> Ints1d:
    """List the windows whose best label is the given one, the most certain first."""
    own = numpy.flatnonzero(P.argmax(axis=1) == label)
    ranked: Ints1d = own[numpy.argsort(-P[own, label], kind="stable")]
    return ranked


def get_loss(
    logits: Floats2d, gold: int, deciding: Deciding, undecided: int | None
) -> tuple[float, Floats2d]:
    """Compute the negative log-probability of a pair's label, and its gradient.

    logits (n_windows, n_labels): Unnormalized.
    gold: Column of the right label.
    deciding, undecided: See `pool_pair`.
    RETURNS: The loss, and the gradient (n_windows, n_labels).
    """
    log_P = _log_softmax(logits)
    P = numpy.exp(log_P)
    share = numpy.zeros(len(P))
    if deciding == "mean":
        total = float(numpy.logaddexp.reduce(log_P[:, gold]))
        loss = numpy.log(len(P)) - total
        share = numpy.exp(log_P[:, gold] - total)
    else:
        window = find_deciding(P, undecided)
        loss = -log_P[window, gold]
        share[window] = 1.0
    gradient = P.copy()
    gradient[:, gold] -= 1.0
    return float(loss), gradient * share[:, None]


def softmax(logits: Floats2d) -> Floats2d:
    """Turn each row of logits into probabilities."""
    P: Floats2d = numpy.exp(_log_softmax(logits))
    return P


def _log_softmax(logits: Floats2d) -> Floats2d:
    X = logits.astype("float64")
    Y: Floats2d = X - numpy.logaddexp.reduce(X, axis=1, keepdims=True)
    return Y
