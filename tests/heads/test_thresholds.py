import numpy
import pytest

from spacy_clinical.heads.thresholds import (
    decide,
    find_best_threshold,
    tune_thresholds,
)

LABELS = ["401", "428", "250"]


def test_codes_at_or_above_their_threshold_are_chosen_best_first():
    scores = numpy.array([0.3, 0.9, 0.29])
    assert decide(LABELS, scores, threshold=0.3, by_label={}) == [1, 0]
    assert decide(LABELS, scores, threshold=0.3, by_label={"428": 0.95}) == [0]
    assert decide(LABELS, scores, threshold=0.3, by_label={"250": 0.1}) == [1, 0, 2]
    assert decide(LABELS, scores, threshold=0.0, by_label={}, top_k=2) == [1, 0]
    assert decide(LABELS, scores, threshold=1.0, by_label={}) == []


def test_equal_scores_keep_their_order():
    assert decide(LABELS, numpy.full(3, 0.5), threshold=0.5, by_label={}) == [0, 1, 2]


def test_best_threshold_by_hand():
    scores = numpy.array([0.9, 0.8, 0.6, 0.4, 0.2])
    positive = numpy.array([True, False, True, False, False])
    # Two of three above .5 (F1 .8); one of one above .85 (F1 .67).
    assert find_best_threshold(scores, positive) == pytest.approx(0.5)


def test_equal_scores_are_not_parted():
    scores = numpy.array([0.5, 0.5, 0.5, 0.1])
    positive = numpy.array([True, False, False, False])
    assert find_best_threshold(scores, positive) == pytest.approx(0.3)


def test_a_label_that_nothing_has_is_never_found():
    assert find_best_threshold(numpy.array([0.9]), numpy.array([False])) == 1.0


def test_tuned_thresholds_give_the_best_f1():
    random = numpy.random.default_rng(1)
    gold = (random.random((60, 3)) < [0.5, 0.3, 0.02]).astype(float)
    scores = (random.random((60, 3)) + gold) / 2
    common, by_label = tune_thresholds(LABELS, scores, gold, min_positives=10)
    assert set(by_label) == {"401", "428"}

    def f1(threshold, columns):
        found, true = scores[:, columns] >= threshold, gold[:, columns] > 0
        return 2 * (found & true).sum() / (found.sum() + true.sum())

    grid = numpy.linspace(0, 1, 201)
    assert f1(common, [0, 1, 2]) >= max(f1(t, [0, 1, 2]) for t in grid)
    for i, label in enumerate(LABELS[:2]):
        assert f1(by_label[label], [i]) >= max(f1(t, [i]) for t in grid)
