import itertools

import numpy
import pytest

from spacy_clinical.heads.crf import (
    IMPOSSIBLE,
    constraints,
    find_best_path,
    get_loss,
    infer,
)
from spacy_clinical.heads.labels import read_labels

BIO = ["O", "B-Age", "I-Age", "B-Drug", "I-Drug"]
BILOU = ["O", "B-Age", "I-Age", "L-Age", "U-Age", "B-Drug", "L-Drug"]
SCHEMES = [BIO, BILOU, ["O", "Age", "Drug"], ["O", "B-Sex", "B-Age", "I-Age"]]


def energy(path, scores, transitions):
    steps = [-1, *path, -1]
    moves = sum(transitions[a, b] for a, b in itertools.pairwise(steps))
    return moves + sum(scores[t, tag] for t, tag in enumerate(path))


def every_path(n_tokens, n_tags):
    return itertools.product(range(n_tags), repeat=n_tokens)


@pytest.mark.parametrize(
    ("columns", "tags", "expected"),
    [
        (BIO, "O B-Age I-Age", True),
        (BIO, "B-Age B-Age I-Age", True),
        (BIO, "I-Age O O", False),
        (BIO, "B-Drug I-Age O", False),
        (BILOU, "B-Age I-Age L-Age", True),
        (BILOU, "B-Age I-Age I-Age", False),
        (BILOU, "O U-Age O", True),
        (BILOU, "B-Age O O", False),
        (["O", "Age"], "I-Age I-Age O", True),
    ],
)
def test_constraints(columns, tags, expected):
    scheme = read_labels(columns)
    path = [scheme.ids_by_tag[tag] for tag in tags.split()]
    scores = numpy.zeros((len(path), len(scheme.tags)))
    assert bool(energy(path, scores, constraints(scheme)) == 0) is expected


@pytest.mark.parametrize("columns", SCHEMES)
@pytest.mark.parametrize("n_tokens", [1, 2, 4])
@pytest.mark.parametrize("is_learned", [False, True])
def test_find_best_path_is_the_best_of_all(columns, n_tokens, is_learned):
    scheme = read_labels(columns)
    rng = numpy.random.default_rng(n_tokens)
    transitions = constraints(scheme)
    if is_learned:
        transitions += rng.normal(size=transitions.shape)
    for _ in range(3):
        scores = rng.normal(size=(n_tokens, len(scheme.tags)))
        paths = every_path(n_tokens, len(scheme.tags))
        best = max(paths, key=lambda path: energy(path, scores, transitions))
        assert find_best_path(scores, transitions).tolist() == list(best)


@pytest.mark.parametrize(
    # Tokens that can only be O: the sums of the parts between them are taken apart.
    ("n_tokens", "only_o"),
    [
        *((1, []), (3, []), (1, [0]), (4, [0]), (4, [3]), (4, [1, 2])),
        *((5, [1]), (5, [3]), (5, [0, 2, 4]), (4, [0, 1, 2, 3])),
    ],
)
def test_infer_sums_over_all_paths(n_tokens, only_o):
    scheme = read_labels(BIO)
    rng = numpy.random.default_rng(1)
    transitions = constraints(scheme) + rng.normal(size=(6, 6))
    scores = rng.normal(size=(n_tokens, 5)) * 3
    scores[only_o, 1:] = IMPOSSIBLE
    weights = {
        path: numpy.exp(energy(path, scores, transitions))
        for path in every_path(n_tokens, 5)
    }
    total = sum(weights.values())
    tags = numpy.zeros((n_tokens, 5))
    pairs = numpy.zeros((6, 6))
    for path, weight in weights.items():
        for t, tag in enumerate(path):
            tags[t, tag] += weight / total
        for a, b in itertools.pairwise([5, *path, 5]):
            pairs[a, b] += weight / total
    posterior = infer(scores, transitions)
    assert posterior.log_z == pytest.approx(numpy.log(total))
    assert posterior.tags == pytest.approx(tags)
    assert posterior.pairs == pytest.approx(pairs)


def test_infer_does_not_underflow_on_a_long_note():
    scheme = read_labels(BIO)
    scores = numpy.random.default_rng(0).normal(size=(20_000, 5)) * 20
    posterior = infer(scores, constraints(scheme))
    assert posterior.tags.sum(axis=1) == pytest.approx(numpy.ones(20_000))
    assert numpy.isfinite(posterior.log_z)


@pytest.mark.parametrize("gold", [[0, 1, 2], [0, -1, -1], [-1, -1, -1], [3, 0, -1]])
def test_get_loss_gradients_equal_finite_differences(gold):
    check_gradients(one_each(gold, 5))


@pytest.mark.parametrize(
    "allowed",
    [
        [[0, 1], [0, 1, 2, 3, 4], [0]],
        # An entity of one of two types, then nothing that goes on with it.
        [[1, 3], [2, 4], [0, 1, 3]],
        [[1, 3], [0, 1, 3], [0, 1, 2, 3, 4]],
    ],
)
def test_get_loss_sums_over_what_is_left_open(allowed):
    is_open = numpy.zeros((3, 5), dtype=bool)
    for row, columns in zip(is_open, allowed, strict=True):
        row[columns] = True
    scores, transitions, loss = check_gradients(is_open)
    energies = {
        path: numpy.exp(energy(path, scores, transitions)) for path in every_path(3, 5)
    }
    right = [e for path, e in energies.items() if all(is_open[range(3), path])]
    assert loss == pytest.approx(-numpy.log(sum(right) / sum(energies.values())))
    double = get_loss([scores], [is_open], transitions, [2.0])
    once = get_loss([scores], [is_open], transitions)
    assert double[0] == pytest.approx(2 * once[0])
    assert double[1][0] == pytest.approx(2 * once[1][0])
    assert double[2] == pytest.approx(2 * once[2])


def one_each(gold, n_tags):
    tags = numpy.asarray(gold)
    return (tags[:, None] < 0) | (tags[:, None] == numpy.arange(n_tags))


def check_gradients(allowed):
    scheme = read_labels(BIO)
    rng = numpy.random.default_rng(2)
    transitions = constraints(scheme) + rng.normal(size=(6, 6))
    scores = rng.normal(size=(3, 5))

    def loss_at(scores, transitions):
        return get_loss([scores], [allowed], transitions)[0]

    loss, [d_scores], d_transitions = get_loss([scores], [allowed], transitions)
    assert loss == pytest.approx(loss_at(scores, transitions))
    if allowed.all():
        assert loss == pytest.approx(0, abs=1e-6)
    step = 1e-5
    for i, j in itertools.product(range(3), range(5)):
        moved = scores.copy()
        moved[i, j] += step
        slope = (loss_at(moved, transitions) - loss) / step
        assert d_scores[i, j] == pytest.approx(slope, abs=1e-3)
    for i, j in [(5, 0), (1, 2), (0, 1), (2, 5), (0, 0)]:
        moved = transitions.copy()
        moved[i, j] += step
        slope = (loss_at(scores, moved) - loss) / step
        assert d_transitions[i, j] == pytest.approx(slope, abs=1e-3)
    return scores, transitions, loss


def test_no_tokens_have_one_sequence():
    scheme = read_labels(["O", "B-X", "I-X"])
    transitions = constraints(scheme) + 0.25
    none = numpy.zeros((0, 3))
    posterior = infer(none, transitions)
    assert posterior.log_z == pytest.approx(0.25)
    assert posterior.tags.shape == (0, 3)
    assert posterior.pairs.sum() == posterior.pairs[3, 3] == 1
    assert len(find_best_path(none, transitions)) == 0
    loss, [gradient], d_transitions = get_loss(
        [none], [numpy.zeros((0, 3), dtype=bool)], transitions
    )
    assert (loss, gradient.shape) == (0, (0, 3))
    assert not d_transitions.any()
