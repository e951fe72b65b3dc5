"""Scorer of `clinical_icd9_categorizer`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy
from spacy.scorer import PRFScore
from spacy.training import Example

from spacy_clinical.icd9.codes import write_code
from spacy_clinical.types import Bools1d, Floats1d

# Ranks k of precision at k.
DEPTHS = (5, 8, 15)


def make_icd9_scorer() -> Callable[..., dict[str, Any]]:
    """Make the scorer of `clinical_icd9_categorizer`."""
    return score_icd9


def score_icd9(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score the codes of notes.

    F1 uses the codes in `doc._.icd9`, that is, the pipeline's thresholds; rankings use
    `doc.cats`. A true code that the model can't predict counts as missed. Macro F1 is
    the mean over the codes of at least one note. Macro AUROC is the mean over the codes
    that the model can predict, and that some notes have and others don't. Notes without
    any `cats` in the reference are skipped.

    RETURNS: icd9_micro_p, _r, _f; icd9_macro_f; icd9_micro_auc, icd9_macro_auc (None if
        nothing can be ranked); icd9_p_at_5, _8, _15 (precision of the best k codes);
        icd9_f_per_type, by code.
    SOURCE: Edin et al. 2023, arXiv 2304.10909, on macro F1; AUROC is CORe's measure.
    """
    gold, decided, ranked = [], [], []
    for eg in examples:
        true = {write_code(k) or k for k, v in eg.reference.cats.items() if v > 0}
        if eg.reference.cats:
            gold.append(true)
            decided.append({record["code"] for record in eg.predicted._.icd9})
            ranked.append(eg.predicted.cats)
    total, by_code = PRFScore(), _score_by_code(gold, decided)
    for true, predicted in zip(gold, decided, strict=True):
        total.score_set(predicted, true)
    occurring = {code for true in gold for code in true}
    f_scores = [by_code[code].fscore for code in occurring]
    return {
        "icd9_micro_p": total.precision,
        "icd9_micro_r": total.recall,
        "icd9_micro_f": total.fscore,
        "icd9_macro_f": float(numpy.mean(f_scores)) if f_scores else 0.0,
        **_score_ranks(gold, ranked),
        "icd9_f_per_type": {
            code: score.to_dict() for code, score in sorted(by_code.items())
        },
    }


def _score_by_code(
    gold: list[set[str]], decided: list[set[str]]
) -> dict[str, PRFScore]:
    by_code: dict[str, PRFScore] = {}
    for true, predicted in zip(gold, decided, strict=True):
        for code in true | predicted:
            by_code.setdefault(code, PRFScore()).score_set(
                predicted & {code}, true & {code}
            )
    return by_code


def _score_ranks(
    gold: Sequence[set[str]], ranked: Sequence[Mapping[str, float]]
) -> dict[str, float | None]:
    codes = sorted({code for scores in ranked for code in scores})
    scores = numpy.asarray([[s.get(code, 0.0) for code in codes] for s in ranked])
    truth = numpy.asarray([[code in true for code in codes] for true in gold])
    if not scores.size:
        empty = [
            "icd9_micro_auc",
            "icd9_macro_auc",
            *(f"icd9_p_at_{k}" for k in DEPTHS),
        ]
        return dict.fromkeys(empty)
    areas = [find_auc(scores[:, i], truth[:, i]) for i in range(len(codes))]
    defined = [area for area in areas if area is not None]
    order = numpy.argsort(-scores, axis=1, kind="stable")
    hits = numpy.take_along_axis(truth, order, axis=1)
    return {
        "icd9_micro_auc": find_auc(scores.ravel(), truth.ravel()),
        "icd9_macro_auc": float(numpy.mean(defined)) if defined else None,
        **{f"icd9_p_at_{k}": float((hits[:, :k].sum(1) / k).mean()) for k in DEPTHS},
    }


def find_auc(scores: Floats1d, truth: Bools1d) -> float | None:
    """Compute the area under the ROC curve.

    This is the probability that a positive has a higher score than a negative. Equal
    scores count half.

    RETURNS: The area; None if all are positive or all are negative.
    SOURCE: Mann & Whitney 1947, by ranks.
    """
    n_true = int(truth.sum())
    n_false = len(truth) - n_true
    if not n_true or not n_false:
        return None
    _, inverse, counts = numpy.unique(scores, return_inverse=True, return_counts=True)
    # The mean rank of equal scores, counted from 1.
    ranks = (numpy.cumsum(counts) - (counts - 1) / 2)[inverse]
    above = float(ranks[truth].sum()) - n_true * (n_true + 1) / 2
    return above / (n_true * n_false)
