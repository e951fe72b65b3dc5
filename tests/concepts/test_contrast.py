"""The contrastive loss: against the paper's formula, and its gradient."""

import math

import numpy as np
import pytest

from spacy_clinical.concepts.contrast import find_contrast


def test_one_pair_of_each_kind_by_hand():
    # Cosines: same concept 0, other concept 0 and 1.
    vectors = [np.array([1.0, 0]), np.array([0, 2.0]), np.array([0, 3.0])]
    loss, _ = find_contrast(vectors, ["a", "a", "b"])
    pull = math.log(1 + math.exp(0.5))
    near = math.log(1 + math.exp(60 * 0.5)) / 60
    far = math.log(1 + math.exp(60 * -0.5)) / 60
    # The first: pair at 0, other at 0. The second: pair at 0, other at 1. The third has
    # no pair, so nothing is harder than it.
    assert loss == pytest.approx((pull + far + pull + near) / 3)


def test_easy_pairs_do_not_count():
    vectors = [np.array([1.0, 0.1]), np.array([1.0, 0]), np.array([-1.0, 0])]
    loss, gradient = find_contrast(vectors, ["a", "a", "b"])
    assert loss == 0
    assert not gradient.any()


@pytest.mark.parametrize("concepts", [["a"] * 4, list("abcd"), ["a"]])
def test_nothing_to_compare(concepts):
    vectors = list(np.random.default_rng(0).normal(size=(len(concepts), 3)))
    loss, gradient = find_contrast(vectors, concepts)
    assert loss == 0
    assert np.isfinite(gradient).all()


def test_vectors_of_nothing():
    loss, gradient = find_contrast([np.zeros(2), np.zeros(2), np.ones(2)], list("aab"))
    assert math.isfinite(loss)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_the_loss(seed):
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(6, 4))
    concepts = list("aabbcc")
    _, gradient = find_contrast(list(vectors), concepts)
    step = 1e-6
    for place in np.ndindex(vectors.shape):
        losses = []
        for sign in (1, -1):
            moved = vectors.copy()
            moved[place] += sign * step
            losses.append(find_contrast(list(moved), concepts)[0])
        assert gradient[place] == pytest.approx(
            (losses[0] - losses[1]) / (2 * step), abs=1e-4
        )


def test_steps_against_the_gradient_lower_the_loss():
    vectors = np.random.default_rng(1).normal(size=(8, 5))
    concepts = list("aabbccdd")
    first, gradient = find_contrast(list(vectors), concepts)
    for _ in range(20):
        vectors = vectors - 0.5 * gradient
        last, gradient = find_contrast(list(vectors), concepts)
    assert last < 0.5 * first
