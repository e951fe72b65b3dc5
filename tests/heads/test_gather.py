import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.heads.gather import (
    backprop_sums,
    drop_some,
    scatter_add,
    sum_before,
)


@given(index=st.lists(st.integers(0, 4), max_size=12))
def test_rows_are_added_where_they_belong(index):
    values = numpy.arange(2.0 * len(index)).reshape(-1, 2)
    found, expected = numpy.ones((5, 2)), numpy.ones((5, 2))
    scatter_add(found, numpy.asarray(index, dtype="int64"), values)
    numpy.add.at(expected, numpy.asarray(index, dtype="int64"), values)
    assert found.tolist() == expected.tolist()


def test_differences_of_sums_are_sums():
    X = numpy.asarray([[1.0], [10.0], [100.0]])
    sums = sum_before(X)
    assert sums.tolist() == [[0.0], [1.0], [11.0], [111.0]]
    # Each row is in all sums behind it.
    assert backprop_sums(numpy.asarray([[5.0], [1.0], [2.0], [4.0]])).tolist() == [
        [7.0],
        [6.0],
        [4.0],
    ]
    assert sum_before(X[:0]).tolist() == [[0.0]]


def test_dropped_values_get_no_gradient():
    numpy.random.seed(0)
    X = numpy.ones((100, 10), dtype="float32")
    kept, backprop = drop_some(X, 0.25)
    assert kept.mean() == pytest.approx(1, abs=0.1)
    assert numpy.unique(kept).tolist() == pytest.approx([0.0, 4 / 3])
    assert (backprop(X) == kept).all()
    assert drop_some(X, 0.0)[0] is X
