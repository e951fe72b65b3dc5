from collections.abc import Callable, Iterable
from typing import Any

from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.extensions.assertion_attributes import (
    CONTEXT_ATTRIBUTES,
    get_known_attributes,
)


def make_assertion_scorer() -> Callable[..., dict[str, Any]]:
    """Construct the scorer of `clinical_assertion`."""
    return score_assertions


def score_assertions(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score what is said of entities: F1 of the entities that an attribute is true for.

    `doc.ents` of the reference are the truth. An entity counts as found if it has the
    same borders, whatever its label, and the attribute is true for it; so entities that
    were not found, or too many, count against recall and precision where it is true.
    Attributes that a reference says nothing of aren't scored there.
    RETURNS: assertion_per_type, by attribute. For each attribute, such as assertion_is_negated_f, also _p and _r, and
        assertion_f, the mean of those F1 that have any true entity in the reference.
    """
    scores = {name: PRFScore() for name in CONTEXT_ATTRIBUTES}
    for example in examples:
        for name in get_known_attributes(example.reference):
            scores[name].score_set(
                _list_true(example.predicted, name), _list_true(example.reference, name)
            )
    known = [score.fscore for score in scores.values() if score.tp + score.fn]
    found: dict[str, Any] = {"assertion_f": sum(known) / len(known) if known else None}
    for name, score in scores.items():
        has_any = score.tp + score.fp + score.fn > 0
        found[f"assertion_{name}_p"] = score.precision if has_any else None
        found[f"assertion_{name}_r"] = score.recall if has_any else None
        found[f"assertion_{name}_f"] = score.fscore if has_any else None
    found["assertion_per_type"] = {
        name: score.to_dict()
        for name, score in scores.items()
        if score.tp + score.fp + score.fn
    }
    return found


def _list_true(doc: Doc, name: str) -> set[tuple[int, int]]:
    return {(e.start_char, e.end_char) for e in doc.ents if e._.get(name)}
