"""Scores of a note from the logits of its windows, and the loss."""

from typing import Literal

import numpy

from spacy_clinical.types import Floats1d, Floats2d

# How the windows' probabilities are combined into the note's.
WindowPooling = Literal["max", "mean", "noisy_or"]

# Below this, a probability is the sum of the windows' probabilities.
SMALL = 1e-9


def sigmoid(X: Floats2d) -> Floats2d:
    """Turn logits into probabilities."""
    Y: Floats2d = 0.5 * (1.0 + numpy.tanh(0.5 * X.astype("float64")))
    return Y


def pool_windows(logits: Floats2d, pooling: WindowPooling) -> Floats1d:
    """Compute the probability of each label for a note.

    logits (n_windows, n_labels): Logits of at least one window.
    pooling: "max" or "mean" of the windows' probabilities, or "noisy_or": the
        probability that at least one window has the label, if they are independent.
    RETURNS (n_labels): The probabilities.
    """
    if pooling == "max":
        best: Floats1d = sigmoid(logits.max(axis=0))
        return best
    P = sigmoid(logits)
    pooled: Floats1d
    if pooling == "mean":
        pooled = P.mean(axis=0)
    else:
        pooled = -numpy.expm1(_log_sigmoid(-logits).sum(axis=0))
    return pooled


def get_loss(
    logits: Floats2d,
    gold: Floats1d,
    pooling: WindowPooling,
    weights: Floats1d,
) -> tuple[float, Floats2d]:
    """Compute the binary cross entropy of a note, and its gradient for the logits.

    logits (n_windows, n_labels): Unnormalized.
    gold (n_labels): 1 or 0; NaN if unknown.
    pooling: See `pool_windows`.
    weights (n_labels): Factor on the loss of positive labels.
    RETURNS: The sum over the labels, and the gradient (n_windows, n_labels).
    """
    is_known = ~numpy.isnan(gold)
    w = numpy.where(gold > 0, weights, 1.0) * is_known
    w_true = w * numpy.where(is_known, gold, 0.0)
    w_false = w - w_true
    log_P, log_Q = _log_sigmoid(logits), _log_sigmoid(-logits)
    # Logarithms of the note's p and 1 - p, and their gradients for the logits. Nothing
    # is divided by a probability, so the gradient of a confident error doesn't vanish.
    if pooling == "max":
        is_best = numpy.zeros_like(log_P)
        is_best[logits.argmax(axis=0), numpy.arange(logits.shape[1])] = 1.0
        log_p, log_q = (log_P * is_best).sum(axis=0), (log_Q * is_best).sum(axis=0)
        d_log_p, d_log_q = is_best * numpy.exp(log_Q), -is_best * numpy.exp(log_P)
    elif pooling == "mean":
        log_n = numpy.log(len(log_P))
        log_p, log_q = _log_sum(log_P) - log_n, _log_sum(log_Q) - log_n
        d_log_p = numpy.exp(log_P - log_n - log_p + log_Q)
        d_log_q = -numpy.exp(log_Q - log_n - log_q + log_P)
    else:
        log_q = log_Q.sum(axis=0)
        # If p is so small that 1 - q rounds to 0, use the sum of all P.
        log_p = _log_sum(log_P)
        is_large = log_q < -SMALL
        log_p[is_large] = numpy.log(-numpy.expm1(log_q[is_large]))
        d_log_p, d_log_q = numpy.exp(log_q - log_p + log_P), -numpy.exp(log_P)
    loss = -float((w_true * log_p + w_false * log_q).sum())
    return loss, -(w_true * d_log_p + w_false * d_log_q)


def _log_sigmoid(X: Floats2d) -> Floats2d:
    """Turn logits into log-probabilities, exact also near 0 and 1."""
    Y: Floats2d = -numpy.logaddexp(0.0, -X.astype("float64"))
    return Y


def _log_sum(X: Floats2d) -> Floats1d:
    """Compute the logarithm of the sum of e^X over all rows."""
    Y: Floats1d = numpy.logaddexp.reduce(X, axis=0)
    return Y
