import numpy
import spacy
from spacy.attrs import LOWER

from spacy_clinical.relations.inventory import (
    Inventory,
    InventoryCounter,
    PairType,
    read_pairs,
)
from spacy_clinical.relations.mentions import Mention, Relation

DRUG, DOSE = Mention(0, 7, "Medication"), Mention(8, 13, "Dosage")
PAIR = PairType("MODIFY", "Dosage", "Medication")


def count(relations, labels=None, mentions=(DRUG, DOSE), words=()):
    counter = InventoryCounter(labels)
    counter.add(mentions, relations, words)
    return counter


def test_types_have_the_labels_of_the_training_data():
    relations = [Relation("MODIFY", DOSE, DRUG), Relation("BEFORE", DRUG, DRUG)]
    inventory = count(relations, words=["of", "of", "and"]).make_inventory()
    assert inventory.labels == ["MODIFY", "BEFORE"]
    assert inventory.types == ["Dosage", "Medication"]
    assert inventory.words == ["of", "and"]
    dose, drug, other = 0, 1, 2
    assert inventory.kinds[dose, dose] == inventory.kinds[other, drug] == -1
    row = inventory.can_be[inventory.kinds[dose, drug]]
    # The first is the child, and then the second.
    assert row.tolist() == [True, False, False, False]
    row = inventory.can_be[inventory.kinds[drug, dose]]
    assert row.tolist() == [False, False, True, False]
    assert inventory.n_kinds == 3


def test_only_the_given_labels_are_counted():
    relations = [Relation("MODIFY", DOSE, DRUG), Relation("BEFORE", DRUG, DRUG)]
    inventory = count(relations, ["BEFORE"]).make_inventory()
    assert inventory.labels == ["BEFORE"]
    assert list(inventory.pairs) == [PairType("BEFORE", "Medication", "Medication")]


def test_labels_that_are_not_ours_come_last():
    names = ("treats", "MODIFY", "causes")
    relations = [Relation(name, DOSE, DRUG) for name in names]
    assert count(relations).make_inventory().labels == ["MODIFY", "causes", "treats"]


def test_attributes_are_what_mostly_has_a_head():
    often = count([Relation("MODIFY", DOSE, DRUG)])
    assert often.find_attributes() == {PAIR: 1}
    others = [Mention(start, start + 1, "Dosage") for start in range(20, 30)]
    rarely = count([Relation("MODIFY", DOSE, DRUG)], mentions=(DRUG, DOSE, *others))
    assert rarely.find_attributes() == {}


def test_pairs_are_saved_as_numbers_by_name():
    inventory = Inventory(["MODIFY"], ["Dosage", "Medication"], [], {PAIR: 3})
    assert read_pairs(inventory.list_pairs()) == {PAIR: 3.0}


def test_words_are_found_by_their_hashes():
    doc = spacy.blank("en")("Aspirin of AND ,")
    inventory = Inventory(words=["and", ",", "of"])
    assert inventory.index_words(doc.to_array(LOWER)).tolist() == [0, 3, 1, 2]
    nothing = Inventory().index_words(doc.to_array(LOWER))
    assert nothing.tolist() == [0, 0, 0, 0]
    assert len(inventory.index_words(numpy.zeros(0, "uint64"))) == 0
