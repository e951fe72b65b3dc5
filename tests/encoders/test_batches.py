import pytest

from spacy_clinical.encoders.batches import plan_batches


@pytest.mark.parametrize("lengths", [[], [5], [3, 9, 1, 4, 4], [1] * 50, [100, 1]])
@pytest.mark.parametrize("budget", [1, 8, 20])
def test_plan_batches_takes_each_sequence_once_within_the_budget(lengths, budget):
    batches = plan_batches(lengths, budget=budget)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = max(lengths[i] for i in batch) * len(batch)
        assert padded <= budget or len(batch) == 1


def test_plan_batches_puts_similar_lengths_together():
    assert plan_batches([2, 9, 2, 8], budget=18) == [[1, 3], [0, 2]]
