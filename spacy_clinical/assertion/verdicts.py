"""From what rules and head say of a target to what is written of it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from spacy_clinical.assertion.assess import NOTHING, Assessment, Reason
from spacy_clinical.assertion.cues import ATTRIBUTES, MODEL


class Verdict(NamedTuple):
    """The attributes of a target and the reasons for them.

    attributes: Those that are true for it.
    cues: Why, by the rules.
    by_head: Why, by the head: places without words of their own.
    """

    attributes: Sequence[str] = ()
    cues: Sequence[Reason] = ()
    by_head: Sequence[Reason] = ()


NOTHING_HOLDS = Verdict()


def decide(
    place: tuple[int, int],
    assessment: Assessment,
    scores: Mapping[str, float],
    names: Sequence[str],
) -> Verdict:
    """Decide which attributes are true for a target, and why.

    place (characters): Start and end of the target.
    assessment: What the rules say. They decide on attributes without a score.
    scores (0 to 1): By attribute; true from 0.5 on.
    names: Of the attributes that may be written.
    """
    true = {name for name, score in scores.items() if score >= 0.5}
    if assessment is NOTHING and not true:
        return NOTHING_HOLDS
    by_rules = {ATTRIBUTES[category] for category in assessment.categories}
    true |= by_rules.difference(scores)
    true.intersection_update(names)
    return Verdict(
        [name for name in names if name in true],
        [
            reason
            for category, reason in assessment.reasons.items()
            if ATTRIBUTES.get(category) in true
        ],
        [
            Reason(*place, name.removeprefix("is_"), MODEL, MODEL)
            for name in scores
            if name in true and name not in by_rules
        ],
    )


def list_said(
    place: tuple[int, int], assessment: Assessment, names: Sequence[str]
) -> Sequence[int]:
    """List what the rules say of a target, by attribute: 0 for nothing, 1, or 2 where a
    cue stands beside it. The head may doubt how far a cue reaches, not the cue.

    place (characters): Start and end of the target.
    names: Of the attributes.
    """
    if assessment is NOTHING:
        return [0] * len(names)
    said = {ATTRIBUTES[category]: 1 for category in assessment.categories}
    said |= {
        ATTRIBUTES[category]: 2
        for category, reason in assessment.reasons.items()
        if category in ATTRIBUTES and reason.is_beside(*place)
    }
    return [said.get(name, 0) for name in names]
