"""Decide by thresholds, and find out which."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy

from spacy_clinical.types import Bools1d, Floats1d, Floats2d


class Tuned(NamedTuple):
    """Thresholds that were found on labelled notes.

    common: For labels without one of their own.
    by_label: Of labels with enough positive notes.
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

    scores (n_labels): Between 0 and 1.
    threshold: Of labels that are not in `by_label`.
    top_k: At most so many.
    RETURNS: Their indices, best first; of equal ones the first.
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

    The common threshold is the best for all decisions together (micro-F1). Labels that
    enough notes have get their own; with fewer notes the best one is chance: on CodiEsp,
    thresholds of labels that ten of 400 notes have cost 2.5 points of micro-F1.

    scores, gold (n_notes, n_labels): Between 0 and 1.
    min_positives: Notes that must have a label.
    SOURCE: Lipton et al. 2014, arXiv 1402.1892; Edin et al. 2023, arXiv 2304.10909.
    """
    positive = gold > 0
    # What a model has no number for is found at no threshold.
    scores = numpy.nan_to_num(scores, nan=0.0, posinf=1.0, neginf=0.0)
    common = find_best_threshold(scores.ravel(), positive.ravel())
    by_label = {
        label: find_best_threshold(scores[:, i], positive[:, i])
        for i, label in enumerate(labels)
        if positive[:, i].sum() >= min_positives
    }
    return Tuned(common, by_label)


def find_best_threshold(scores: Floats1d, positive: Bools1d) -> float:
    """Find the threshold with the best F1: midway between two scores that occur.

    RETURNS: 1 if nothing is positive.
    """
    n_positive = int(positive.sum())
    if not n_positive:
        return 1.0
    order = numpy.argsort(-scores, kind="stable")
    ranked, hits = scores[order], numpy.cumsum(positive[order])
    f1 = 2 * hits / (numpy.arange(1, len(ranked) + 1) + n_positive)
    # Equal scores can't be parted.
    is_last = numpy.append(ranked[1:] < ranked[:-1], True)
    best = int(numpy.where(is_last, f1, -1.0).argmax())
    below = float(ranked[best + 1]) if best + 1 < len(ranked) else 0.0
    return (float(ranked[best]) + below) / 2
