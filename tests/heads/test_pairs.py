import numpy
import pytest
from numpy import log

from spacy_clinical.heads.pairs import find_deciding, get_loss, pool_pair, rank_windows

# Rows of probabilities: their logarithms are logits.
P = numpy.asarray([[0.1, 0.2, 0.7], [0.6, 0.1, 0.3], [0.5, 0.1, 0.4]])


def test_the_window_that_says_most_decides():
    """By hand: the second is least undecided, and the first the most certain."""
    assert find_deciding(P, undecided=2) == 1
    assert find_deciding(P, undecided=None) == 0
    assert pool_pair(log(P), "window", 2).scores == pytest.approx([0.6, 0.1, 0.3])
    assert pool_pair(log(P), "window", None).scores == pytest.approx([0.1, 0.2, 0.7])
    assert pool_pair(log(P), "mean", 2).scores == pytest.approx(P.mean(axis=0))
    assert pool_pair(log(P), "mean", 2).by_window == pytest.approx(P)


def test_windows_are_ranked_by_the_label_that_they_agree_on():
    assert rank_windows(P, 0).tolist() == [1, 2]
    assert rank_windows(P, 1).tolist() == []


@pytest.mark.parametrize("deciding", ["window", "mean"])
@pytest.mark.parametrize("gold", [0, 1, 2])
def test_the_gradient_is_that_of_the_loss(deciding, gold):
    logits = numpy.random.default_rng(3).normal(size=(4, 3))
    loss, gradient = get_loss(logits, gold, deciding, 2)
    pooled = pool_pair(logits, deciding, 2).scores
    assert loss == pytest.approx(-log(pooled[gold]))
    for place in numpy.ndindex(logits.shape):
        moved = logits.copy()
        moved[place] += 1e-6
        slope = (get_loss(moved, gold, deciding, 2)[0] - loss) / 1e-6
        assert gradient[place] == pytest.approx(slope, abs=1e-4)
