import numpy
import pytest
from spacy.training import Example

from spacy_clinical.evaluation.icd9_scorer import find_auc, score_icd9
from tests.conftest import load_blank


def make_example(gold, cats, found):
    nlp = load_blank()
    eg = Example.from_dict(nlp.make_doc("x"), {"cats": gold})
    eg.predicted.cats = cats
    eg.predicted._.icd9 = [{"code": code} for code in found]
    return eg


@pytest.fixture
def examples():
    """Codes are in equal numbers on purpose: two true, two found, of each kind."""
    return [
        # One found, one missed that the model does not know.
        make_example(
            {"401": 1, "999": 1}, {"401": 0.9, "428": 0.2, "250": 0.1}, ["401"]
        ),
        # One found, one invented.
        make_example(
            {"4280": 1, "401": 0}, {"401": 0.5, "428": 0.8, "250": 0.1}, ["428", "401"]
        ),
        make_example({"428": 0}, {"401": 0.1, "428": 0.6, "250": 0.3}, ["428"]),
        # Without gold: doesn't count.
        make_example({}, {"401": 1.0, "428": 1.0, "250": 1.0}, ["401", "250"]),
    ]


def test_scores_by_hand(examples):
    # "4280" is 428.0, not the category.
    examples[1].reference.cats = {"428": 1.0, "401": 0.0}
    scores = score_icd9(examples)
    # Found: 401, 428, 401 (wrong), 428 (wrong). True: 401, 999, 428.
    assert scores["icd9_micro_p"] == pytest.approx(2 / 4)
    assert scores["icd9_micro_r"] == pytest.approx(2 / 3)
    assert scores["icd9_micro_f"] == pytest.approx(4 / 7)
    # 401: 2/3, 428: 2/3, 999: 0; 250 occurs in no note.
    assert scores["icd9_macro_f"] == pytest.approx(4 / 9)
    # 401: .9 above .5 and .1. 428: .8 above .2 and .6. 250 and 999 can't be ranked.
    assert scores["icd9_macro_auc"] == 1.0
    # True: .9, .8. False: .2 .1 .5 .1 .1 .6 .3.
    assert scores["icd9_micro_auc"] == 1.0
    assert scores["icd9_p_at_5"] == pytest.approx((1 + 1 + 0) / 5 / 3)
    assert scores["icd9_f_per_type"]["999"] == {"p": 0.0, "r": 0.0, "f": 0.0}


def test_a_wrong_ranking_costs(examples):
    examples[2].predicted.cats = {"401": 0.95, "428": 0.6, "250": 0.3}
    examples[1].reference.cats = {"428": 1.0}
    scores = score_icd9(examples)
    # Of 401's two comparisons one is lost.
    assert scores["icd9_macro_auc"] == pytest.approx((1 / 2 + 1) / 2)


@pytest.mark.parametrize("size", [2, 17, 300])
def test_area_is_how_often_a_true_one_scores_higher(size):
    random = numpy.random.default_rng(size)
    # Coarse, so that many are equal.
    scores = random.integers(0, 8, size) / 8
    truth = random.random(size) < 0.4
    truth[:2] = [True, False]
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[truth] for b in scores[~truth]]
    assert find_auc(scores, truth) == pytest.approx(numpy.mean(pairs))


def test_without_both_kinds_there_is_no_area():
    assert find_auc(numpy.array([0.1, 0.2]), numpy.array([True, True])) is None
    assert find_auc(numpy.array([0.1, 0.2]), numpy.array([False, False])) is None


def test_nothing_to_score():
    scores = score_icd9([])
    assert scores["icd9_micro_f"] == 0.0
    assert scores["icd9_micro_auc"] is None
    assert scores["icd9_p_at_5"] is None


def test_notes_that_got_no_scores_count_as_zero(examples):
    examples[0].predicted.cats = {}
    examples[0].predicted._.icd9 = []
    examples[1].reference.cats = {"428": 1.0}
    scores = score_icd9(examples)
    assert scores["icd9_micro_r"] == pytest.approx(1 / 3)
    assert scores["icd9_macro_auc"] == pytest.approx((0 + 1) / 2)
