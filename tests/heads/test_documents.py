import numpy
import pytest

from spacy_clinical.heads.documents import get_loss, pool_windows, sigmoid

# Two windows, three labels; probabilities 1/2, 3/4 and the like.
LOGITS = numpy.log(numpy.array([[1.0, 3.0, 1 / 3], [3.0, 1.0, 1 / 3]]))


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("max", [3 / 4, 3 / 4, 1 / 4]),
        ("mean", [5 / 8, 5 / 8, 1 / 4]),
        # 1 - 1/2 * 1/4, 1 - 3/4 * 3/4
        ("noisy_or", [7 / 8, 7 / 8, 7 / 16]),
    ],
)
def test_windows_are_pooled(pooling, expected):
    assert pool_windows(LOGITS, pooling) == pytest.approx(expected)


@pytest.mark.parametrize("pooling", ["max", "mean", "noisy_or"])
def test_one_window_is_pooled_to_itself(pooling):
    assert pool_windows(LOGITS[:1], pooling) == pytest.approx(sigmoid(LOGITS)[0])


@pytest.mark.parametrize("pooling", ["max", "mean", "noisy_or"])
def test_extreme_logits_stay_finite(pooling):
    logits = numpy.array([[1e4, -1e4, 0.0], [-1e4, -1e4, 1e4]], dtype="float32")
    assert pool_windows(logits, pooling) == pytest.approx(
        {"max": [1, 0, 1], "mean": [0.5, 0, 0.75], "noisy_or": [1, 0, 1]}[pooling],
        abs=1e-6,
    )
    loss, gradient = get_loss(logits, numpy.array([0.0, 1, 1]), pooling, numpy.ones(3))
    assert numpy.isfinite(loss)
    assert numpy.isfinite(gradient).all()


def test_loss_by_hand():
    # The windows' best: 3/4 for a true label, 3/4 for a false one, one unknown.
    gold = numpy.array([1.0, 0.0, numpy.nan])
    loss, gradient = get_loss(LOGITS, gold, "max", numpy.array([2.0, 5.0, 5.0]))
    assert loss == pytest.approx(-2 * numpy.log(3 / 4) - numpy.log(1 / 4))
    assert gradient == pytest.approx(numpy.array([[0, 3 / 4, 0], [-1 / 2, 0, 0]]))


@pytest.mark.parametrize("pooling", ["max", "mean", "noisy_or"])
def test_gradient_is_that_of_the_loss(pooling):
    random = numpy.random.default_rng(0)
    logits = random.normal(size=(4, 5)) * 2
    gold = numpy.array([1.0, 0.0, 1.0, numpy.nan, 0.0])
    weights = random.uniform(1, 3, 5)
    _, gradient = get_loss(logits, gold, pooling, weights)
    for place in numpy.ndindex(logits.shape):
        step = numpy.zeros_like(logits)
        step[place] = 1e-5
        above = get_loss(logits + step, gold, pooling, weights)[0]
        below = get_loss(logits - step, gold, pooling, weights)[0]
        assert gradient[place] == pytest.approx((above - below) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("n_windows", [1, 3])
@pytest.mark.parametrize("size", [5.0, 20.0, 50.0, 1000.0])
@pytest.mark.parametrize("pooling", ["max", "mean", "noisy_or"])
def test_a_note_that_is_surely_wrong_is_learned_from(pooling, size, n_windows):
    """However far from the truth the logits are, the gradient shows the way."""
    logits = numpy.array([[-size, size]] * n_windows)
    gold = numpy.array([1.0, 0.0])
    loss, gradient = get_loss(logits, gold, pooling, numpy.ones(2))
    n_to_blame = n_windows if pooling == "noisy_or" else 1
    # The note's p is 0 or 1, nearly: each logit's gradient is -1 or 1, or its part.
    assert gradient.sum(axis=0) == pytest.approx([-1, n_to_blame], abs=0.03)
    assert loss == pytest.approx((1 + n_to_blame) * size, abs=2)


@pytest.mark.parametrize("pooling", ["max", "mean", "noisy_or"])
def test_one_window_is_learned_from_alike(pooling):
    logits = numpy.array([[-40.0, -3.0, 0.5, 3.0, 40.0]])
    for truth in (0.0, 1.0):
        gold = numpy.full(5, truth)
        loss, gradient = get_loss(logits, gold, pooling, numpy.ones(5))
        assert gradient[0] == pytest.approx(sigmoid(logits)[0] - truth)
        expected = numpy.logaddexp(0, -logits if truth else logits).sum()
        assert loss == pytest.approx(expected)
