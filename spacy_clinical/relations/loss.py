"""Losses of a head of relations: whether each pair has a label, and which of the
possible heads of a child has it."""

import numpy

from spacy_clinical.heads.gather import scatter_add
from spacy_clinical.heads.span_pairs import PairInput
from spacy_clinical.types import Bools1d, Floats2d

# How much the first counts; the second counts 1.
PAIR_WEIGHT = 0.5
_MAX_LOGIT = 30.0
_TINY = 1e-12


def compute_loss(
    logits: Floats2d, gold: Floats2d, pairs: PairInput, known: Bools1d
) -> tuple[float, Floats2d]:
    """Compute the loss of a text's pairs, and its gradient.

    logits, gold (n_pairs, 2 * n_labels): Scores, and 1 where a label is true.
    known (2 * n_labels): Whether the annotations say something of a label.
    """
    counts = (pairs.can_be & known).astype("float32")
    # Without overflow, whatever the logits.
    p = numpy.exp(-numpy.logaddexp(0, -logits))
    losses = (numpy.logaddexp(0, logits) - gold * logits) * counts
    loss, gradient = _compare_heads(logits, gold, pairs, counts)
    loss += PAIR_WEIGHT * float(losses.sum())
    gradient += PAIR_WEIGHT * (p - gold) * counts
    return loss, gradient.astype("float32")


def _compare_heads(
    logits: Floats2d, gold: Floats2d, pairs: PairInput, counts: Floats2d
) -> tuple[float, Floats2d]:
    """Cross entropy of the heads that a child may have, and of having none (logit 0)."""
    n_labels = logits.shape[1] // 2
    odds = numpy.exp(numpy.minimum(logits, _MAX_LOGIT)) * counts
    true = odds * gold
    children = (pairs.first, pairs.second)
    shape = len(pairs.types), n_labels
    all_odds, true_odds, n_true = (numpy.zeros(shape, "float32") for _ in range(3))
    halves = (slice(0, n_labels), slice(n_labels, None))
    for child, half in zip(children, halves, strict=True):
        for total, values in (
            (all_odds, odds),
            (true_odds, true),
            (n_true, gold * counts),
        ):
            scatter_add(total, child, values[:, half])
    # A child without a head has none.
    true_odds = numpy.where(n_true > 0, numpy.maximum(true_odds, _TINY), 1)
    loss = float((numpy.log1p(all_odds) - numpy.log(true_odds)).sum())
    gradient = numpy.zeros_like(logits)
    for child, half in zip(children, halves, strict=True):
        gradient[:, half] = odds[:, half] / (1 + all_odds[child])
        gradient[:, half] -= true[:, half] / true_odds[child]
    return loss, gradient


def mark_gold(
    pairs: PairInput, gold: set[tuple[int, int, int]], n_labels: int
) -> Floats2d:
    """Mark which labels pairs have (n_pairs, 2 * n_labels).

    gold: Index of the label, of the child and of the head. What isn't a candidate is
        left out.
    """
    marked = numpy.zeros(pairs.can_be.shape, dtype="float32")
    rows = {
        pair: row
        for row, pair in enumerate(
            zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
        )
    }
    for label, child, head in gold:
        row = rows.get((min(child, head), max(child, head)))
        if row is not None:
            marked[row, label if child < head else n_labels + label] = 1
    return numpy.where(pairs.can_be, marked, numpy.float32(0))
