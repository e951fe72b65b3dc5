import pytest
import spacy
from spacy.training import Example

from spacy_clinical.evaluation.relation_scorer import score_relations
from spacy_clinical.extensions.relation_attributes import set_known_relations

TEXT = "aspirin 81 mg daily after the stroke"


def make_doc(relations):
    doc = spacy.blank("en")(TEXT)
    doc._.relations = [
        {
            "label": label,
            "child": {"label": "A", "start_char": child, "end_char": child + 2},
            "head": {"label": "B", "start_char": head, "end_char": head + 2},
        }
        for label, child, head in relations
    ]
    return doc


def score(found, gold, known=None):
    reference = make_doc(gold)
    if known is not None:
        set_known_relations(reference, known)
    return score_relations([Example(make_doc(found), reference)])


def test_scores_by_place_direction_and_label():
    gold = [("MODIFY", 8, 0), ("MODIFY", 14, 0), ("BEFORE", 30, 0), ("CAUSE", 0, 30)]
    # One is right, one the other way round, and one has another label.
    found = [("MODIFY", 8, 0), ("MODIFY", 0, 14), ("AFTER", 30, 0)]
    scores = score(found, gold)
    assert scores["relations_p"] == pytest.approx(1 / 3)
    assert scores["relations_r"] == pytest.approx(1 / 4)
    assert scores["relations_f"] == pytest.approx(2 / 7)
    # Without BEFORE and AFTER.
    assert scores["relations_untimed_p"] == pytest.approx(1 / 2)
    assert scores["relations_untimed_r"] == pytest.approx(1 / 3)
    assert scores["relations_reversed"] == 1
    by_label = scores["relations_per_type"]
    assert set(by_label) == {"MODIFY", "BEFORE", "AFTER", "CAUSE"}
    assert by_label["MODIFY"]["f"] == pytest.approx(1 / 2)


def test_labels_that_a_reference_says_nothing_of_are_not_scored():
    scores = score([("MODIFY", 8, 0), ("CAUSE", 8, 0)], [("MODIFY", 8, 0)], ["MODIFY"])
    assert scores["relations_f"] == 1


def test_nothing_to_find_is_no_score():
    assert set(score([("MODIFY", 8, 0)], []).values()) == {None}
    assert score([], [("MODIFY", 8, 0)])["relations_f"] == 0
