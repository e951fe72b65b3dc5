import pytest
import spacy

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.extensions.relation_attributes import get_known_relations

TEXT = "Aspirin 81 mg for chest pain.\n"
ANN = """T1\tMedication 0 7\tAspirin
T2\tDosage 8 13\t81 mg
T3\tBiological_structure 18 23\tchest
T4\tSign_symptom 24 28\tpain
E1\tMedication:T1
E2\tSign_symptom:T4
R1\tMODIFY Arg1:T2 Arg2:E1
R2\tMODIFY Arg1:T3 Arg2:E2
R3\tBEFORE Arg1:E2 Arg2:E1
R4\tCAUSE Arg1:T9 Arg2:E1
R5\tCAUSE Arg1:T1 Arg2:E1
*\tOVERLAP E2 T2 E1
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf8")
    (tmp_path / "a.ann").write_text(ANN, encoding="utf8")
    return tmp_path


def read(path, **settings):
    [example] = BratCorpus(path, **settings)(spacy.blank("en"))
    return example


def list_relations(doc):
    return [
        tuple((one["label"], *(doc[s["start"] : s["end"]].text for s in sides))[0:3])
        for one in doc._.relations
        for sides in [(one["child"], one["head"])]
    ]


MODIFY = [("MODIFY", "81 mg", "Aspirin"), ("MODIFY", "chest", "pain")]
BEFORE = [("BEFORE", "pain", "Aspirin")]


def test_events_become_their_triggers(path):
    example = read(path)
    # What has no place, or relates an entity to itself, is left out.
    assert list_relations(example.reference) == MODIFY + BEFORE
    assert example.predicted._.relations == []
    head = example.reference._.relations[0]["head"]
    assert head["label"] == "Medication"
    assert get_known_relations(example.reference) is None


def test_labels_that_are_not_listed_are_unknown(path):
    reference = read(path, relations=["MODIFY"]).reference
    assert list_relations(reference) == MODIFY
    assert get_known_relations(reference) == {"MODIFY"}


def test_equivalences_are_chains_in_the_order_of_the_text(path):
    found = list_relations(read(path, equivalences=True).reference)
    chain = [("OVERLAP", "Aspirin", "81 mg"), ("OVERLAP", "81 mg", "pain")]
    assert found == MODIFY + BEFORE + chain


def test_all_annotated_spans_are_handed_over(path):
    predicted = read(path, gold_entities=True).predicted
    found = [(span.text, span.label_) for span in predicted.spans["ner"]]
    assert found[:2] == [("Aspirin", "Medication"), ("81 mg", "Dosage")]
    assert len(found) == len(predicted.ents) == 4
