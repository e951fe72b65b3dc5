import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.relations.candidates import (
    Limits,
    find_line_starts,
    find_units,
    list_pairs,
)

# Type 0 has relations with type 1, in both orders; type 2 with none.
KINDS = numpy.asarray([[-1, 0, -1], [1, -1, -1], [-1, -1, -1]])
WIDE = Limits("sentence", 1, 100, 24)


def list_all(types, units=None, tokens=None, limits=WIDE):
    n = len(types)
    pairs = list_pairs(
        numpy.asarray(types, dtype="int64"),
        numpy.asarray(units or [0] * n, dtype="int64"),
        numpy.asarray(tokens or range(n), dtype="int64"),
        KINDS,
        limits,
    )
    return list(zip(*(side.tolist() for side in pairs), strict=True))


def test_only_types_that_can_have_a_relation_are_paired():
    assert list_all([0, 1, 2, 0]) == [(0, 1), (1, 3)]
    assert list_all([2, 2, 2]) == []
    assert list_all([0]) == list_all([]) == []


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (WIDE, [(0, 1), (0, 3), (1, 2), (2, 3)]),
        (WIDE._replace(max_units=0), [(0, 1), (2, 3)]),
        (WIDE._replace(max_mentions=0), [(0, 1), (1, 2), (2, 3)]),
        (WIDE._replace(max_tokens=10), [(0, 1), (2, 3)]),
        (Limits("window", 0, 30, 24), [(0, 1), (1, 2), (2, 3)]),
        (Limits("window", 0, 0, 24), []),
    ],
)
def test_far_mentions_are_no_pair(limits, expected):
    found = list_all([0, 1, 0, 1], [0, 0, 1, 1], [0, 5, 30, 35], limits)
    assert found == expected


@given(
    mentions=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 9)), max_size=20
    ),
    limits=st.builds(
        Limits,
        st.sampled_from(["sentence", "window"]),
        st.integers(0, 2),
        st.integers(0, 20),
        st.integers(0, 5),
    ),
)
def test_all_pairs_within_the_limits_are_found_once(mentions, limits):
    types = [kind for kind, _, _ in mentions]
    units = numpy.cumsum([step for _, step, _ in mentions]).tolist()
    tokens = numpy.cumsum([step for _, _, step in mentions]).tolist()
    expected = [
        (i, j)
        for i in range(len(types))
        for j in range(i + 1, len(types))
        if KINDS[types[i], types[j]] >= 0
        and j - i - 1 <= limits.max_mentions
        and tokens[j] - tokens[i] <= limits.max_tokens
        and (limits.scope == "window" or units[j] - units[i] <= limits.max_units)
    ]
    assert list_all(types, units, tokens, limits) == expected


@pytest.mark.parametrize("n", [50, 500, 5000])
def test_long_lists_stay_linear(n):
    found = list_all([i % 2 for i in range(n)], limits=WIDE._replace(max_tokens=10**6))
    assert len(found) <= (WIDE.max_mentions + 1) * n


def test_lines_and_sentences_are_counted():
    text = "a\n\nb\r\nc"
    assert find_line_starts(text) == [0, 2, 3, 6]
    starts = numpy.asarray([0, 3, 4, 6])
    assert find_units(starts, find_line_starts(text)).tolist() == [1, 3, 3, 4]
    assert find_line_starts("") == [0]
