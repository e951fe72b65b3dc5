import numpy as np
import pytest

from spacy_clinical.relations.classes import NEGATIVE, Classes

LOGITS = np.asarray([[1.0, 3.0, -2.0], [2.0, 0.5, 0.0]])


def softmax(X):
    odds = np.exp(X)
    return odds / odds.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        # GAD and EU-ADR; ChemProt; DDI.
        (["0", "1"], ["1"]),
        (["cpr:3", "cpr:4", "false"], ["cpr:3", "cpr:4"]),
        (["DDI-advise", "DDI-false"], ["DDI-advise"]),
        (["false", "0"], []),
    ],
)
def test_published_labels_are_relations_or_none(names, labels):
    assert Classes(names, NEGATIVE, {}).labels == labels


def test_probabilities_are_those_of_a_softmax():
    classes = Classes(["cpr:3", "cpr:4", "false"], ["false"], {"cpr:3": "UP"})
    assert classes.labels == ["UP", "cpr:4"]
    np.testing.assert_allclose(classes.score(LOGITS), softmax(LOGITS))


def test_several_labels_may_be_one():
    classes = Classes(["a", "none", "b"], ["none"], {"a": "X", "b": "X"})
    p = softmax(LOGITS)
    expected = np.stack([p[:, 0] + p[:, 2], p[:, 1]], axis=1)
    np.testing.assert_allclose(classes.score(LOGITS), expected)


def test_no_pairs_have_no_probabilities():
    classes = Classes(["0", "1"], ["0"], {})
    assert classes.score(np.zeros((0, 2))).shape == (0, 2)
    loss, gradient = classes.compute_loss(
        np.zeros((0, 2)), np.zeros(0, dtype="int64"), np.asarray([True])
    )
    assert loss == 0
    assert gradient.shape == (0, 2)


def test_the_loss_is_the_cross_entropy():
    classes = Classes(["false", "x", "y"], ["false"], {})
    p = softmax(LOGITS)
    known = np.asarray([True, True])
    loss, _ = classes.compute_loss(LOGITS, np.asarray([0, 2]), known)
    assert loss == pytest.approx(-np.log(p[0, 1]) - np.log(p[1, 0]))
    # Nothing is said of "y", which the second pair may have.
    loss, _ = classes.compute_loss(
        LOGITS, np.asarray([0, 2]), np.asarray([True, False])
    )
    assert loss == pytest.approx(-np.log(p[0, 1]) - np.log(p[1, 0] + p[1, 2]))


@pytest.mark.parametrize("known", [(True, True), (True, False), (False, False)])
def test_the_gradient_is_that_of_the_loss(known):
    classes = Classes(["false", "x", "y", "z"], ["false"], {"z": "x"})
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(3, 4))
    given = np.asarray([0, 1, 2]), np.asarray(known)
    _, gradient = classes.compute_loss(logits, *given)
    for at in np.ndindex(logits.shape):
        moved = logits.copy()
        moved[at] += 1e-6
        slope = classes.compute_loss(moved, *given)[0]
        slope = (slope - classes.compute_loss(logits, *given)[0]) / 1e-6
        assert gradient[at] == pytest.approx(slope, abs=1e-4)
