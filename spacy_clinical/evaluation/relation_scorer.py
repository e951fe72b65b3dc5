from collections.abc import Callable, Iterable
from typing import Any

from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.evaluation.scorers import LabelledScore
from spacy_clinical.extensions.relation_attributes import get_known_relations
from spacy_clinical.relations.mentions import TIME_LABELS

# Places of child and head (start, end), and the label.
_Key = tuple[tuple[int, int], tuple[int, int], str]


def make_relation_scorer() -> Callable[..., dict[str, Any]]:
    """Construct the scorer of `clinical_relations`."""
    return score_relations


def score_relations(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score relations by the places of child and head, and by label.

    The types of the two don't count. Labels that a reference says nothing of aren't
    scored there.

    RETURNS: relations_p, _r and _f over all labels, relations_per_type by label;
        relations_untimed_p, _r and _f without the labels that only say when;
        relations_reversed, the number of relations that were found the other way round.
    """
    score, untimed, n_reversed = LabelledScore(), PRFScore(), 0
    has_any = False
    for example in examples:
        known = get_known_relations(example.reference)
        gold = _list_keys(example.reference, known)
        found = _list_keys(example.predicted, known)
        has_any = has_any or bool(gold)
        score.add(found, gold)
        untimed.score_set(_drop_times(found), _drop_times(gold))
        n_reversed += sum(
            (head, child, label) in gold for child, head, label in found - gold
        )
    results = score.to_dict("relations")
    results |= {
        "relations_untimed_p": untimed.precision,
        "relations_untimed_r": untimed.recall,
        "relations_untimed_f": untimed.fscore,
        "relations_reversed": n_reversed,
    }
    return results if has_any else dict.fromkeys(results)


def _list_keys(doc: Doc, known: set[str] | None) -> set[_Key]:
    return {
        (_get_place(one["child"]), _get_place(one["head"]), one["label"])
        for one in doc._.relations
        if known is None or one["label"] in known
    }


def _get_place(side: dict[str, Any]) -> tuple[int, int]:
    return side["start_char"], side["end_char"]


def _drop_times(keys: set[_Key]) -> set[_Key]:
    return {key for key in keys if key[2] not in TIME_LABELS}
