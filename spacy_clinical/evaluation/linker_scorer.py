import re
from collections.abc import Callable, Iterable
from typing import Any

from spacy.scorer import PRFScore
from spacy.tokens import Span
from spacy.training import Example

# How corpora write that an entity has no concept.
NIL = frozenset({"", "-1", "NIL", "CUI-less", "CUI_less"})
# Of the prefixes in gold ids: PubTator writes "MESH:D003110" or "D003110".
_PREFIX = re.compile(r"^(?:MESH|MSH):(?=[CD]\d)")


def make_linker_scorer() -> Callable[..., dict[str, Any]]:
    """Construct the scorer of `clinical_linker`."""
    return score_links


def score_links(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score the concepts of entities against `ent.kb_id_` of the reference.

    Entities are compared that have the same borders in both; references without any
    `kb_id_` aren't scored. Gold ids may be alternatives ("D001|D002": one is enough) or
    composite ("D001+D002": all are needed).

    RETURNS: linker_acc and linker_acc_5, the shares of entities with a gold concept
        whose first concept, or one of the first five, is right; linker_nil_p, _r and _f
        of entities without one; linker_per_type, both shares by label.
    """
    nil = PRFScore()
    counts: dict[str, list[int]] = {}
    for example in examples:
        gold_ents = list(example.reference.ents)
        if not any(ent.kb_id_ for ent in gold_ents):
            continue
        found = {(e.start_char, e.end_char): e for e in example.predicted.ents}
        for gold in gold_ents:
            ent = found.get((gold.start_char, gold.end_char))
            if ent is None:
                continue
            is_nil = gold.kb_id_ in NIL
            says_nil = not ent.kb_id_
            nil.tp += is_nil and says_nil
            nil.fp += says_nil and not is_nil
            nil.fn += is_nil and not says_nil
            if not is_nil:
                row = counts.setdefault(gold.label_, [0, 0, 0])
                row[0] += 1
                row[1] += is_right(gold.kb_id_, list_ids(ent, 1))
                row[2] += is_right(gold.kb_id_, list_ids(ent, 5))
    totals = [sum(column) for column in zip(*counts.values(), strict=True)]
    n_gold, n_first, n_five = totals or (0, 0, 0)
    has_nil = nil.tp + nil.fp + nil.fn > 0
    return {
        "linker_acc": n_first / n_gold if n_gold else None,
        "linker_acc_5": n_five / n_gold if n_gold else None,
        "linker_nil_p": nil.precision if has_nil else None,
        "linker_nil_r": nil.recall if has_nil else None,
        "linker_nil_f": nil.fscore if has_nil else None,
        "linker_per_type": {
            label: {"acc": first / n, "acc_5": five / n, "n": n}
            for label, (n, first, five) in counts.items()
        },
    }


def list_ids(ent: Span, limit: int) -> set[str]:
    """List the ids of the concepts of an entity.

    limit: Of each of its parts; the first of all parts.
    """
    record = ent._.concept or {}
    first = {part["id"] for part in record.get("parts", ())} | {ent.kb_id_}
    others = [key for key, _ in ent._.kb_ents[:limit]] if limit > 1 else []
    return {_PREFIX.sub("", key) for key in (*first, *others) if key}


def list_gold(gold: str) -> list[str]:
    """List the ids in a gold annotation, as MeSH and OMIM write them."""
    return [_PREFIX.sub("", key.strip()) for key in re.split(r"[|+]", gold)]


def is_right(gold: str, ids: set[str]) -> bool:
    """Check whether ids are those of a gold annotation."""
    return all(
        any(_PREFIX.sub("", one.strip()) in ids for one in part.split("|"))
        for part in gold.split("+")
    )
