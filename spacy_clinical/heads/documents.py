"""From the logits of a note's windows to scores of the note, and back."""

from typing import Literal

import numpy

from spacy_clinical.types import Floats1d, Floats2d

# What makes a note's score of its windows' probabilities.
WindowPooling = Literal["max", "mean", "noisy_or"]

# Keeps logarithms finite.
SMALL = 1e-7


def sigmoid(X: Floats2d) -> Floats2d:
    """Turn logits into probabilities."""
    Y: Floats2d = 0.5 * (1.0 + numpy.tanh(0.5 * X.astype("float64")))
    return Y


def pool_windows(logits: Floats2d, pooling: WindowPooling) -> Floats1d:
    """Find the probability of each label for a note.

    logits (n_windows, n_labels): At least one window.
    pooling: The largest probability of a window, their mean, or the probability that
        some window has the label, were they independent ("noisy_or").
    RETURNS (n_labels)
    """
    if pooling == "max":
        best: Floats1d = sigmoid(logits.max(axis=0))
        return best
    P = sigmoid(logits)
    pooled: Floats1d
    if pooling == "mean":
        pooled = P.mean(axis=0)
    else:
        pooled = -numpy.expm1(numpy.log1p(-P.clip(0, 1 - SMALL)).sum(axis=0))
    return pooled


def get_loss(
    logits: Floats2d,
    gold: Floats1d,
    pooling: WindowPooling,
    weights: Floats1d,
) -> tuple[float, Floats2d]:
    """Find the binary cross entropy of a note, and its gradient by the logits.

    logits (n_windows, n_labels).
    gold (n_labels): 1 or 0; NaN where it isn't known.
    weights (n_labels): Factor on the loss of positive labels.
    RETURNS: The sum over the labels, and the gradient (n_windows, n_labels).
    """
    p = pool_windows(logits, pooling).clip(SMALL, 1 - SMALL)
    is_known = ~numpy.isnan(gold)
    y = numpy.where(is_known, gold, 0.0)
    w = numpy.where(y > 0, weights, 1.0) * is_known
    loss = -float((w * (y * numpy.log(p) + (1 - y) * numpy.log1p(-p))).sum())
    # By the probability of the note, then by those of its windows.
    d_p = w * (p - y) / (p * (1 - p))
    P = sigmoid(logits)
    d_logits = numpy.zeros_like(P)
    if pooling == "max":
        labels = numpy.arange(logits.shape[1])
        # The two factors of p (1 - p) cancel: exact where p is 0 or 1, too.
        d_logits[logits.argmax(axis=0), labels] = w * (p - y)
    elif pooling == "mean":
        d_logits = d_p * P * (1 - P) / len(P)
    else:
        # d p / d P_i = (1 - p) / (1 - P_i)
        d_logits = d_p * (1 - p) * P
    return loss, d_logits
