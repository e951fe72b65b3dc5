"""Scores of codes over the folds of a cross-validation, from arrays.

A fold has the "codes" that its model knows, the "gold" codes of each held-out text, and
by the name of each system its "scores" (n_texts, n_codes).
"""

from collections.abc import Sequence
from typing import Any

import numpy

from spacy_clinical.evaluation.icd9_scorer import DEPTHS, find_auc
from spacy_clinical.heads.thresholds import tune_thresholds

# Positive texts that a code needs for a threshold of its own.
MIN_POSITIVES = 10


def find_threshold(folds: Sequence[dict[str, Any]]) -> float:
    """Find the threshold that is best over all texts, for a model trained on all."""
    codes = sorted({code for fold in folds for code in fold["codes"]})
    scores = numpy.concatenate([spread(fold, "ours", codes) for fold in folds])
    gold = numpy.array([[c in g for c in codes] for f in folds for g in f["gold"]])
    return tune_thresholds(codes, scores, gold).common


def measure(
    folds: Sequence[dict[str, Any]],
    name: str,
    *,
    threshold: float | None = None,
    by_code: bool = False,
) -> dict[str, list[float]]:
    """Measure each fold, with thresholds from the others."""
    measures: dict[str, list[float]] = {}
    for i, fold in enumerate(folds):
        others = [other for j, other in enumerate(folds) if j != i]
        own = {}
        common = threshold
        if common is None:
            codes = fold["codes"]
            tuned = tune_thresholds(
                codes,
                numpy.concatenate([spread(o, name, codes) for o in others]),
                numpy.array(
                    [[c in g for c in codes] for o in others for g in o["gold"]]
                ),
                min_positives=MIN_POSITIVES,
            )
            common, own = tuned.common, tuned.by_label if by_code else {}
        for key, value in score_fold(fold, name, common, own).items():
            measures.setdefault(key, []).append(value)
    return measures


def spread(fold: dict[str, Any], name: str, codes: Sequence[str]) -> numpy.ndarray:
    """Put a fold's scores in the columns of another."""
    scores = fold["scores"][name]
    places = {code: i for i, code in enumerate(fold["codes"])}
    columns = [
        scores[:, places[c]] if c in places else numpy.zeros(len(scores)) for c in codes
    ]
    return numpy.stack(columns, axis=1)


def score_fold(
    fold: dict[str, Any], name: str, common: float, own: dict[str, float]
) -> dict[str, float]:
    """Score a fold as spacy_clinical.evaluation.icd9_scorer does, from arrays."""
    codes, scores = fold["codes"], fold["scores"][name]
    wanted = numpy.array([own.get(code, common) for code in codes])
    found, truth = (
        scores >= wanted,
        numpy.array([[code in gold for code in codes] for gold in fold["gold"]]),
    )
    hits = int((found & truth).sum())
    n_true = sum(map(len, fold["gold"]))
    by_code = 2 * (found & truth).sum(0) / numpy.maximum(found.sum(0) + truth.sum(0), 1)
    occurring = {code for gold in fold["gold"] for code in gold}
    areas = [find_auc(scores[:, i], truth[:, i]) for i in range(len(codes))]
    order = numpy.argsort(-scores, axis=1, kind="stable")
    ranked = numpy.take_along_axis(truth, order, axis=1)
    return {
        "micro-P": hits / max(int(found.sum()), 1),
        "micro-R": hits / n_true,
        "micro-F1": 2 * hits / (int(found.sum()) + n_true),
        "macro-F1": float(by_code[truth.any(0)].sum()) / len(occurring),
        "micro-AUROC": find_auc(scores.ravel(), truth.ravel()) or 0.0,
        "macro-AUROC": float(numpy.mean([a for a in areas if a is not None])),
        **{f"P@{k}": float(ranked[:, :k].mean()) for k in DEPTHS},
    }


def draw_data(folds: Sequence[dict[str, Any]], names: Any) -> dict[str, Any]:
    """List precision and recall at all thresholds, over all texts."""
    curves = {}
    for name in names:
        scores = numpy.concatenate([f["scores"][name].ravel() for f in folds])
        truth = numpy.concatenate(
            [
                numpy.array([[c in g for c in f["codes"]] for g in f["gold"]]).ravel()
                for f in folds
            ]
        )
        n_true = sum(len(g) for f in folds for g in f["gold"])
        order = numpy.argsort(-scores, kind="stable")
        hits = numpy.cumsum(truth[order])
        places = numpy.unique(numpy.geomspace(50, 20_000, 60).astype(int))
        curves[name] = [
            (float(hits[k - 1] / n_true), float(hits[k - 1] / k)) for k in places
        ]
    return curves
