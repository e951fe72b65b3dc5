"""What is written of a target, by what rules and head say."""

from spacy_clinical.assertion.assess import NOTHING, Assessment, Reason
from spacy_clinical.assertion.verdicts import decide
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES

PLACE = (3, 8)
DENIED = Assessment({"negated": Reason(0, 2, "negated", "before", "no")})


def test_nothing_holds_without_a_cue_or_a_high_score():
    for scores in ({}, {"is_negated": 0.49}):
        verdict = decide(PLACE, NOTHING, scores, CONTEXT_ATTRIBUTES)
        assert not any(verdict)


def test_rules_decide_on_attributes_without_a_score():
    verdict = decide(PLACE, DENIED, {"is_uncertain": 0.9}, CONTEXT_ATTRIBUTES)
    assert verdict.attributes == ["is_negated", "is_uncertain"]
    assert [cue.rule for cue in verdict.cues] == ["no"]
    assert [why[:3] for why in verdict.by_head] == [(*PLACE, "uncertain")]


def test_a_low_score_rejects_what_the_rules_say():
    verdict = decide(PLACE, DENIED, {"is_negated": 0.1}, CONTEXT_ATTRIBUTES)
    assert not any(verdict)


def test_attributes_that_are_not_asked_for_are_left_out():
    scores = {"is_uncertain": 0.9}
    assert not any(decide(PLACE, DENIED, scores, ["is_family"]))
