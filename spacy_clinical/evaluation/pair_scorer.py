from collections.abc import Callable, Iterable
from typing import Any

from spacy.scorer import PRFScore
from spacy.training import Example


def make_pair_scorer() -> Callable[..., dict[str, Any]]:
    """Construct the scorer of `clinical_pair_classifier`."""
    return score_pairs


def score_pairs(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score the labels of statements against those of the references, by their names.

    A statement without a prediction is wrong.

    RETURNS: pairs_acc, the share of right labels; pairs_macro_f, the mean F1 over the
        labels of the references; pairs_per_type, precision, recall and F1 by label.
    """
    n_right = n_all = 0
    by_label: dict[str, PRFScore] = {}
    labels: set[str] = set()
    for eg in examples:
        found = {one["statement"]: one["label"] for one in eg.predicted._.statements}
        for one in eg.reference._.statements:
            gold, label = one["label"], found.get(one["statement"], "")
            labels.add(gold)
            n_all += 1
            n_right += label == gold
            by_label.setdefault(gold, PRFScore()).tp += label == gold
            by_label[gold].fn += label != gold
            if label and label != gold:
                by_label.setdefault(label, PRFScore()).fp += 1
    scores = [by_label[label].fscore for label in labels]
    return {
        "pairs_acc": n_right / n_all if n_all else None,
        "pairs_macro_f": sum(scores) / len(scores) if scores else None,
        "pairs_per_type": {
            label: score.to_dict() for label, score in sorted(by_label.items())
        },
    }
