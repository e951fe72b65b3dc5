import pytest

from spacy_clinical.pieces.batches import plan_batches


@pytest.mark.parametrize("lengths", [[], [5], [3, 9, 1, 4, 4], [1] * 50, [100, 1]])
@pytest.mark.parametrize("budget", [1, 8, 20])
@pytest.mark.parametrize("is_padded", [True, False])
def test_plan_batches_takes_each_sequence_once_within_the_budget(
    lengths, budget, is_padded
):
    batches = plan_batches(lengths, budget=budget, is_padded=is_padded)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        of_batch = [lengths[i] for i in batch]
        n_pieces = max(of_batch) * len(batch) if is_padded else sum(of_batch)
        assert n_pieces <= budget or len(batch) == 1


def test_plan_batches_puts_similar_lengths_together():
    assert plan_batches([2, 9, 2, 8], budget=18, is_padded=True) == [[1, 3], [0, 2]]
    assert plan_batches([2, 9, 2, 8], budget=18) == [[1, 3], [0, 2]]


def test_plan_batches_fills_batches_that_need_no_padding():
    assert plan_batches([6, 4, 2, 2], budget=10, is_padded=True) == [[0], [1, 2], [3]]
    assert plan_batches([6, 4, 2, 2], budget=10) == [[0, 1], [2, 3]]
