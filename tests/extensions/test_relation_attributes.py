import pickle

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_clinical.extensions.relation_attributes import (
    get_known_relations,
    has_relations,
    set_known_relations,
)

TEXT = "Aspirin 81 mg daily, lisinopril 10 mg."


def place(doc, words, label):
    start = doc.text.index(words)
    return {"label": label, "start_char": start, "end_char": start + len(words)}


@pytest.fixture
def doc():
    doc = spacy.blank("en")(TEXT)
    pairs = [("81 mg", "Aspirin"), ("10 mg", "lisinopril")]
    doc._.relations = [
        {
            "label": "MODIFY",
            "head": place(doc, drug, "Medication"),
            "child": place(doc, dose, "Dosage"),
            "score": 0.9,
        }
        for dose, drug in pairs
    ]
    drug = {**place(doc, "Aspirin", "Medication"), "text": "Aspirin"}
    doc._.medications = [{"drug": drug, "doses": [place(doc, "81 mg", "Dosage")]}]
    doc[3:4]._.date = {"type": "SET", "value": "P1D"}
    return doc


def list_words(doc):
    """The words of head and child by their tokens, checked against their characters."""
    words = []
    for one in doc._.relations:
        for side in (one["head"], one["child"]):
            tokens = doc[side["start"] : side["end"]]
            assert tokens.start_char == side["start_char"]
            assert tokens.end_char == side["end_char"]
            words.append(tokens.text)
    return words


WORDS = ["Aspirin", "81 mg", "lisinopril", "10 mg"]


def test_a_doc_without_relations_has_none():
    doc = spacy.blank("en")(TEXT)
    assert doc._.relations == doc._.medications == doc._.measurements == []
    assert doc[:1]._.date is None
    assert not has_relations(doc)
    doc._.relations = []
    assert has_relations(doc)


def test_places_are_read_in_tokens_and_characters(doc):
    assert list_words(doc) == WORDS
    [medication] = doc._.medications
    assert medication["drug"] == {
        **{"label": "Medication", "text": "Aspirin"},
        **{"start": 0, "end": 1, "start_char": 0, "end_char": 7},
    }
    assert doc[3:4]._.date == {"type": "SET", "value": "P1D"}
    doc[3:4]._.date = None
    assert doc[3:4]._.date is None


def test_what_is_read_can_be_changed_without_changing_the_doc(doc):
    doc._.relations[0]["head"]["label"] = "x"
    doc._.relations.clear()
    assert [one["head"]["label"] for one in doc._.relations] == ["Medication"] * 2


@pytest.mark.parametrize("way", ["bytes", "bin", "pickle", "copy", "again"])
def test_saved_docs_keep_them(doc, way):
    vocab = doc.vocab
    if way == "bytes":
        other = Doc(vocab).from_bytes(doc.to_bytes())
    elif way == "bin":
        saved = DocBin(docs=[doc], store_user_data=True).to_bytes()
        [other] = DocBin().from_bytes(saved).get_docs(vocab)
    elif way == "pickle":
        other = pickle.loads(pickle.dumps(doc))
    elif way == "copy":
        other = doc.copy()
    else:
        other = doc
        other._.relations = other._.relations
        other._.medications = other._.medications
    assert other._.relations == doc._.relations
    assert other._.medications == doc._.medications
    assert other[3:4]._.date == doc[3:4]._.date
    assert list_words(other) == WORDS


def test_joined_docs_keep_those_of_each(doc):
    first = spacy.blank("en")("No drugs.")
    joined = Doc.from_docs([first, doc, doc])
    assert list_words(joined) == WORDS * 2
    assert len(joined._.medications) == 2
    assert joined._.medications[1]["drug"]["start_char"] == joined.text.rindex(
        "Aspirin"
    )


def test_a_part_of_a_doc_keeps_what_is_inside(doc):
    part = doc[5:].as_doc(copy_user_data=True)
    assert list_words(part) == WORDS[2:]
    assert part._.medications == []
    part = doc[:2].as_doc(copy_user_data=True)
    assert list_words(part) == []


def test_tokens_may_change(doc):
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[1:3])
    assert list_words(doc) == WORDS


def test_what_a_corpus_says_something_of_is_kept(doc):
    assert get_known_relations(doc) is None
    set_known_relations(doc, ["MODIFY"])
    other = Doc(doc.vocab).from_bytes(doc.to_bytes())
    assert get_known_relations(other) == {"MODIFY"}
