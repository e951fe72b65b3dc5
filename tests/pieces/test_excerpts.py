import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.pieces.excerpts import choose_pieces


@pytest.mark.parametrize(
    ("first", "second", "size", "kept"),
    [
        ((2, 3), (5, 6), 20, "0 1 2 3 4 5 6 7 8 9"),
        # All between the two, then what is around them.
        ((2, 3), (6, 7), 7, "1 2 3 4 5 6 7"),
        ((0, 1), (3, 4), 6, "0 1 2 3 4 5"),
        # What is between them doesn't fit.
        ((1, 2), (8, 9), 6, "0 1 2 7 8 9"),
        ((1, 2), (8, 9), 2, "1 8"),
        ((0, 2), (2, 4), 5, "0 1 2 3 4"),
    ],
)
def test_what_is_near_both_places_is_read(first, second, size, kept):
    found = choose_pieces(10, first, second, size=size)
    assert " ".join(map(str, found)) == kept


@given(st.data())
def test_both_places_are_kept_and_the_window_is_full(data):
    lengths = [data.draw(st.integers(0, 12)) for _ in range(5)]
    ends = [sum(lengths[: i + 1]) for i in range(5)]
    first, second = (ends[0], ends[1]), (ends[2], ends[3])
    size = lengths[1] + lengths[3] + data.draw(st.integers(0, 20))
    found = choose_pieces(ends[4], first, second, size=size).tolist()
    assert len(found) == min(size, ends[4])
    assert found == sorted(set(found))
    assert {*range(*first), *range(*second)} <= set(found)
