import numpy
import pytest

from spacy_clinical.heads.span_pairs import PairInput
from spacy_clinical.relations.decode import Cutoffs, decode_relations
from spacy_clinical.relations.mentions import Mention, order, read_record
from spacy_clinical.relations.nearest import make_default_inventory, score_nearest

MENTIONS = [
    Mention(0, 7, "Medication"),
    Mention(8, 13, "Dosage"),
    Mention(14, 24, "Medication"),
]
CUTOFFS = Cutoffs({"MODIFY": 0.5, "CAUSE": 0.5}, 0.8)


def make_pairs(first, second, *, can_be=True, gaps=None, n_labels=2):
    n = len(first)
    tokens = numpy.asarray([[0, 1], [1, 2], [2, 3]])
    if gaps is not None:
        tokens = numpy.asarray(gaps)
    zeros = numpy.zeros(n, dtype="int64")
    return PairInput(
        numpy.zeros(3, dtype="int64"),
        tokens,
        numpy.zeros(len(tokens), dtype="int64"),
        numpy.asarray(first),
        numpy.asarray(second),
        *[zeros] * 5,
        numpy.full((n, 2 * n_labels), can_be),
    )


def decode(rows, pairs=None, cutoffs=CUTOFFS):
    scores = numpy.asarray(rows, dtype="float32")
    pairs = pairs or make_pairs([0, 1], [1, 2])
    found = decode_relations(scores, pairs, MENTIONS, ["MODIFY", "CAUSE"], cutoffs)
    return [(r.label, MENTIONS.index(r.child), MENTIONS.index(r.head)) for r in found]


def test_a_child_gets_its_best_head():
    # The dose is the second of the first pair, and the first of the second pair.
    assert decode([[0, 0, 0.7, 0], [0.6, 0, 0, 0]]) == [("MODIFY", 1, 0)]
    assert decode([[0, 0, 0.6, 0], [0.7, 0, 0, 0]]) == [("MODIFY", 1, 2)]
    assert decode([[0, 0, 0.4, 0], [0.4, 0, 0, 0]]) == []


def test_more_heads_need_more():
    both = [("MODIFY", 1, 0), ("MODIFY", 1, 2)]
    assert decode([[0, 0, 0.9, 0], [0.85, 0, 0, 0]]) == both
    # Of another label, a child has a head of its own.
    found = decode([[0, 0, 0.6, 0], [0, 0.6, 0, 0]])
    assert found == [("MODIFY", 1, 0), ("CAUSE", 1, 2)]


def test_a_label_does_not_run_both_ways():
    assert decode([[0.9, 0, 0.95, 0], [0, 0, 0, 0]]) == [("MODIFY", 1, 0)]


def test_types_that_no_label_allows_have_none():
    pairs = make_pairs([0, 1], [1, 2], can_be=False)
    assert decode([[0.9] * 4] * 2, pairs) == []
    no_pairs = make_pairs(numpy.zeros(0, "int64"), numpy.zeros(0, "int64"))
    assert decode(numpy.zeros((0, 4)), no_pairs) == []


def test_labels_have_thresholds_of_their_own():
    rows = [[0, 0, 0.6, 0.6], [0, 0, 0, 0]]
    cutoffs = Cutoffs({"MODIFY": 0.7, "CAUSE": 0.3}, 0.8)
    assert decode(rows, cutoffs=cutoffs) == [("CAUSE", 1, 0)]


def test_the_nearest_head_wins_and_the_first_of_two():
    can_be = make_pairs([0, 1], [1, 2], n_labels=1)
    nearer = can_be._replace(tokens=numpy.asarray([[0, 1], [3, 4], [4, 5]]))
    # Column 1: the second mention of the pair is the child.
    only_dose = numpy.asarray([[False, True], [True, False]])
    found = score_nearest(nearer._replace(can_be=only_dose), 1)
    assert found.tolist() == [[0, 0], [1, 0]]
    found = score_nearest(can_be._replace(can_be=only_dose), 1)
    assert found.tolist() == [[0, 1], [0, 0]]


def test_the_nearest_head_is_in_the_same_sentence():
    pairs = make_pairs([0, 1], [1, 2], n_labels=1)
    pairs = pairs._replace(n_units=numpy.asarray([1, 0]))
    assert score_nearest(pairs, 1).tolist() == [[0, 0], [1, 1]]


def test_attributes_are_known_without_training():
    inventory = make_default_inventory()
    assert inventory.labels == ["MODIFY"]
    assert {pair.head for pair in inventory.pairs if pair.child == "Dosage"} == {
        "Medication"
    }


def test_mentions_are_sorted_and_records_read():
    longer = Mention(0, 13, "Medication")
    assert sorted([*MENTIONS, longer], key=order)[0] == longer
    side = {"label": "Dosage", "start_char": 8, "end_char": 13}
    record = {"label": "MODIFY", "child": side, "head": side}
    assert read_record(record).child == MENTIONS[1]
    for wrong in ({}, {**record, "head": None}, {**record, "score": "high"}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            read_record(wrong)
