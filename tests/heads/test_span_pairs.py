import numpy
import pytest

from spacy_clinical.heads.span_pairs import (
    BUCKETS,
    NEVER,
    PairInput,
    make_weights,
    score_pairs,
)

N_TOKENS, N_TYPES, N_WORDS, N_KINDS, N_OUTPUTS, SIZE = 30, 5, 7, 11, 4, 6


@pytest.fixture
def random():
    numpy.random.seed(0)
    return numpy.random.default_rng(0)


def make_input(random, n=9, *, reach=5):
    """Pairs of mentions of one to three tokens, some of which overlap."""
    starts = numpy.sort(random.choice(N_TOKENS - 2, n, replace=False))
    ends = numpy.minimum(starts + random.integers(1, 4, n), N_TOKENS)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, min(n, i + reach))]
    first, second = numpy.asarray(pairs, dtype="int64").reshape(-1, 2).T
    buckets = [random.integers(0, size, len(first)) for size in BUCKETS.values()]
    return PairInput(
        random.integers(0, N_WORDS, N_TOKENS),
        numpy.stack([starts, ends], axis=1),
        random.integers(0, N_TYPES, n),
        first,
        second,
        random.integers(0, N_KINDS, len(first)),
        *buckets,
        random.random((len(first), N_OUTPUTS)) > 0.3,
    )


def make_head(random):
    counts = {"n_types": N_TYPES, "n_kinds": N_KINDS, "n_words": N_WORDS}
    weights = make_weights(SIZE, 8, 10, N_OUTPUTS, **counts)
    return {
        name: W.astype("float64") + random.normal(0, 0.1, W.shape)
        for name, W in weights.items()
    }


def test_gradients_are_those_of_the_logits(random):
    given, weights = make_input(random), make_head(random)
    rows = random.normal(0, 1, (N_TOKENS, SIZE))
    logits, backprop = score_pairs(rows, given.tokens, given, weights)
    d_logits = random.normal(0, 1, logits.shape) * given.can_be
    gradients = {name: numpy.zeros_like(W) for name, W in weights.items()}
    gradients["rows"] = backprop(d_logits, gradients)

    def compute():
        return (score_pairs(rows, given.tokens, given, weights)[0] * d_logits).sum()

    for name, W in {**weights, "rows": rows}.items():
        for _ in range(5):
            at = tuple(random.integers(0, size) for size in W.shape)
            kept, step = W[at], 1e-6
            W[at] = kept + step
            above = compute()
            W[at] = kept - step
            below = compute()
            W[at] = kept
            slope = (above - below) / (2 * step)
            assert gradients[name][at] == pytest.approx(slope, rel=1e-3, abs=1e-5), name


def test_labels_that_types_cannot_have_are_never_scored(random):
    given, weights = make_input(random), make_head(random)
    rows = random.normal(0, 1, (N_TOKENS, SIZE))
    logits, backprop = score_pairs(rows, given.tokens, given, weights)
    assert (logits[~given.can_be] == NEVER).all()
    assert (logits[given.can_be] != NEVER).all()
    gradients = {name: numpy.zeros_like(W) for name, W in weights.items()}
    d_rows = backprop((~given.can_be).astype("float32"), gradients)
    assert not d_rows.any()
    assert not any(gradient.any() for gradient in gradients.values())


def test_a_pair_scores_the_same_whatever_other_pairs_there_are(random):
    given, weights = make_input(random), make_head(random)
    rows = random.normal(0, 1, (N_TOKENS, SIZE))
    logits, _ = score_pairs(rows, given.tokens, given, weights)
    alone = PairInput(
        *given[:3],
        *(X[3:4] for X in (given.first, given.second, given.kinds)),
        *(getattr(given, name)[3:4] for name in BUCKETS),
        given.can_be[3:4],
    )
    found, _ = score_pairs(rows, given.tokens, alone, weights)
    assert found[0] == pytest.approx(logits[3])


def test_dropout_is_only_for_training(random):
    given, weights = make_input(random), make_head(random)
    rows = random.normal(0, 1, (N_TOKENS, SIZE))
    without = score_pairs(rows, given.tokens, given, weights)[0]
    dropped = score_pairs(rows, given.tokens, given, weights, drop=0.5)[0]
    assert (dropped[given.can_be] != without[given.can_be]).any()


def test_one_mention_has_no_pairs(random):
    given, weights = make_input(random, n=1), make_head(random)
    rows = random.normal(0, 1, (N_TOKENS, SIZE))
    logits, backprop = score_pairs(rows, given.tokens, given, weights)
    assert logits.shape == (0, N_OUTPUTS)
    gradients = {name: numpy.zeros_like(W) for name, W in weights.items()}
    assert not backprop(logits, gradients).any()
