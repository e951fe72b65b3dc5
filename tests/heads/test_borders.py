import itertools

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.heads.crf import constraints
from spacy_clinical.heads.decode import decode, read_tags
from spacy_clinical.heads.labels import read_labels

BIO = ["O", "B-Age", "I-Age", "B-Drug", "I-Drug"]
BILOU = ["O", "B-Age", "I-Age", "L-Age", "U-Age", "U-Sex"]
SCHEMES = [BIO, BILOU, ["O", "Age", "Drug"], ["O", "B-Sex", "B-Age", "I-Age"]]
DECODERS = ["viterbi", "greedy", "posterior"]


def logits_for(tags, columns, *, strength=9.0):
    logits = numpy.zeros((len(tags), len(columns)), dtype="float32")
    for i, tag in enumerate(tags):
        logits[i, columns.index(tag)] = strength
    return logits


def places(spans):
    return [span[:3] for span in spans]


@st.composite
def cases(draw, max_tokens=12):
    columns = draw(st.sampled_from(SCHEMES))
    n_tokens = draw(st.integers(1, max_tokens))
    rng = numpy.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    logits = rng.normal(size=(n_tokens, len(columns))) * draw(st.sampled_from([1, 4]))
    transitions = None
    if draw(st.booleans()):
        transitions = constraints(read_labels(columns))
        transitions = transitions + rng.normal(size=transitions.shape)
    flags = st.lists(st.booleans(), min_size=n_tokens, max_size=n_tokens)
    borders = numpy.asarray(draw(flags))
    return columns, logits, transitions, borders, numpy.asarray(draw(flags))


@settings(max_examples=80, deadline=None)
@given(cases(), st.sampled_from(DECODERS), st.sampled_from([0.0, 0.3]))
def test_no_entity_goes_on_over_a_border(case, decoder, threshold):
    columns, logits, transitions, borders, is_hidden = case
    found = decode(
        logits,
        ~is_hidden,
        read_labels(columns),
        decoder=decoder,
        threshold=threshold,
        transitions=transitions,
        borders=borders,
    )
    for start, end, _, _ in found:
        assert not borders[start + 1 : end].any()
    for a, b in itertools.pairwise(found):
        assert a.end <= b.start


@settings(max_examples=40, deadline=None)
@given(cases(), st.sampled_from(DECODERS))
def test_without_borders_nothing_changes(case, decoder):
    columns, logits, transitions, borders, is_hidden = case
    scheme = read_labels(columns)
    free, none = (
        decode(
            logits,
            ~is_hidden,
            scheme,
            decoder=decoder,
            threshold=0.3,
            transitions=transitions,
            borders=given,
        )
        for given in (None, numpy.zeros_like(borders))
    )
    assert free == none


def count_elsewhere(scores, starts, scheme):
    """Do with plain loops what counts for which role next to borders."""
    ids = scheme.ids_by_tag
    has_last = {tag[2:] for tag in scheme.tags if tag[0] == "L"}
    shares = numpy.exp(scores) / numpy.exp(scores).sum(axis=1, keepdims=True)

    def rate(t, name):
        return sum(shares[t, i] for tag, i in ids.items() if tag[2:] == name)

    weights = numpy.exp(scores)
    for start in starts:
        for token, other, moves in (
            (start, start - 1, (("I", "B"), ("L", "U"))),
            (start - 1, start, (("B", "U"), ("I", "L"))),
        ):
            for name in scheme.types:
                share = rate(other, name)
                for role, new in moves:
                    if moves[0] == ("B", "U") and name not in has_last:
                        continue
                    tag, target = ids.get(f"{role}-{name}"), ids.get(f"{new}-{name}")
                    if tag is None or target is None:
                        continue
                    weights[token, target] += weights[token, tag] * share
                    weights[token, tag] = 0
    return weights


def every_path(scores, transitions, starts, scheme):
    """All sequences of tags that may be, with their weights and entities."""
    n_tokens, n_tags = scores.shape
    weights = count_elsewhere(scores, starts, scheme)
    steps = numpy.exp(transitions)
    outside = scheme.ids_by_tag["O"]
    apart = numpy.outer(steps[:, outside], steps[outside])
    for path in itertools.product(range(n_tags), repeat=n_tokens):
        weight = steps[-1, path[0]] * steps[path[-1], -1]
        for t, tag in enumerate(path):
            weight *= weights[t, tag]
            if t:
                weight *= (apart if t in starts else steps)[path[t - 1], tag]
        cuts = [0, *starts, n_tokens]
        spans = [
            (first + a, first + b, label)
            for first, stop in itertools.pairwise(cuts)
            for a, b, label in read_tags([scheme.tags[i] for i in path[first:stop]])
        ]
        yield weight, spans


@pytest.mark.parametrize("columns", SCHEMES)
@pytest.mark.parametrize("is_learned", [False, True])
@pytest.mark.parametrize("starts", [[1], [2], [1, 3], [1, 2, 3]])
def test_the_best_of_all_sequences_between_borders(columns, is_learned, starts):
    scheme = read_labels(columns)
    rng = numpy.random.default_rng(len(starts) + 2 * is_learned)
    borders = numpy.isin(numpy.arange(4), starts)
    seen = numpy.ones(4, dtype=bool)
    for _ in range(2):
        logits = rng.normal(size=(4, len(scheme.tags)))
        transitions, learned = constraints(scheme), None
        if is_learned:
            transitions += rng.normal(size=transitions.shape)
            learned = transitions
        paths = list(every_path(logits, transitions, starts, scheme))
        settings = {"transitions": learned, "borders": borders}
        found = decode(logits, seen, scheme, decoder="viterbi", **settings)
        assert places(found) == max(paths, key=lambda path: path[0])[1]
        z = sum(weight for weight, _ in paths)
        expected = {}
        for weight, spans in paths:
            for span in spans:
                expected[span] = expected.get(span, 0) + weight / z
        found = decode(
            logits, seen, scheme, decoder="posterior", threshold=0.5, **settings
        )
        assert set(places(found)) == {s for s, p in expected.items() if p >= 0.5}
        for span in found:
            assert span.score == pytest.approx(expected[span[:3]])


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize(
    ("columns", "tags"),
    [
        (BIO, "B-Drug I-Drug I-Drug"),
        (["O", "Age", "Drug"], "Drug Drug Drug"),
        (["O", "B-Drug", "I-Drug", "L-Drug", "U-Drug"], "B-Drug I-Drug L-Drug"),
    ],
)
def test_each_item_of_a_list_that_reads_as_one_entity_is_one(decoder, columns, tags):
    scheme = read_labels(columns)
    logits = logits_for(tags.split(), columns)
    seen = numpy.ones(3, dtype=bool)
    free = decode(logits, seen, scheme, decoder=decoder, threshold=0.5)
    assert places(free) == [(0, 3, "Drug")]
    found = decode(logits, seen, scheme, decoder=decoder, threshold=0.5, borders=seen)
    assert places(found) == [(i, i + 1, "Drug") for i in range(3)]
    assert min(span.score for span in found) > 0.95


@pytest.mark.parametrize("decoder", DECODERS)
def test_what_goes_on_from_nothing_is_no_entity(decoder):
    # "Inside" after a border counts only as far as the same type is before it.
    logits = logits_for(["O", "I-Drug"], BIO, strength=5)
    logits[1, 0] = 2
    seen = numpy.ones(2, dtype=bool)
    borders = numpy.asarray([False, True])
    scheme = read_labels(BIO)
    found = decode(
        logits, seen, scheme, decoder=decoder, threshold=0.5, borders=borders
    )
    assert found == []


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_border_decides_which_words_belong_together(decoder):
    # "left arm pain": "arm" is rather the end of the first entity than a part of the
    # second, unless a border says otherwise.
    columns = ["O", "B-Sign", "I-Sign"]
    chances = [[0.1, 0.9, 0.0], [0.05, 0.35, 0.6], [0.05, 0.15, 0.8]]
    logits = numpy.log(numpy.asarray(chances) + 1e-9)
    seen = numpy.ones(3, dtype=bool)
    found = {
        place: decode(
            logits,
            seen,
            read_labels(columns),
            decoder=decoder,
            threshold=0.4,
            borders=numpy.arange(3) == place,
        )
        for place in range(3)
    }
    assert places(found[0]) == [(0, 3, "Sign")]
    assert places(found[1]) == [(0, 1, "Sign"), (1, 3, "Sign")]
    assert places(found[2]) == [(0, 2, "Sign"), (2, 3, "Sign")]


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_border_on_a_skipped_token_is_one_for_the_next(decoder):
    logits = logits_for(["B-Age", "O", "I-Age", "I-Age"], BIO)
    seen = numpy.asarray([True, False, True, True])
    scheme = read_labels(BIO)
    settings = {"decoder": decoder, "threshold": 0.5}
    assert places(decode(logits, seen, scheme, **settings)) == [(0, 4, "Age")]
    borders = numpy.asarray([False, True, False, False])
    found = decode(logits, seen, scheme, borders=borders, **settings)
    assert places(found) == [(0, 1, "Age"), (2, 4, "Age")]


@pytest.mark.parametrize("decoder", DECODERS)
def test_borders_in_notes_that_are_decoded_in_parts(decoder, monkeypatch):
    tags = (["B-Age", "I-Age", "I-Age", "O", "B-Drug", "O"] * 20)[:-1]
    logits = logits_for(tags, BIO)
    seen = numpy.ones(len(tags), dtype=bool)
    borders = numpy.arange(len(tags)) % 6 == 2
    settings = {"decoder": decoder, "threshold": 0.5, "borders": borders}
    whole = decode(logits, seen, read_labels(BIO), **settings)
    monkeypatch.setattr("spacy_clinical.heads.decode.PART_TOKENS", 10)
    parts = decode(logits, seen, read_labels(BIO), **settings)
    assert places(parts) == places(whole)
    assert places(whole)[:3] == [(0, 2, "Age"), (2, 3, "Age"), (4, 5, "Drug")]
    assert len(whole) == 60
