import random

import pytest
import spacy

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.corpora.mixed import MixedCorpus
from spacy_clinical.extensions.assertion_attributes import get_known_attributes

ANN = "T1\tSign_symptom 3 8\tfever\nA1\tNegated T1\nA2\tUncertain T1\n"
NAMES = {"is_negated", "is_uncertain", "is_historical", "is_hypothetical", "is_family"}


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.txt").write_text(f"no fever {name}", encoding="utf8")
        (tmp_path / f"{name}.ann").write_text(ANN, encoding="utf8")
    return tmp_path


@pytest.fixture
def nlp():
    return spacy.blank("en")


def test_reads_one_corpus_after_the_other(folder, nlp):
    mixed = MixedCorpus(BratCorpus(folder), BratCorpus(folder / "b.txt"))
    texts = [eg.text for eg in mixed(nlp)]
    assert texts == ["no fever a", "no fever b", "no fever c", "no fever b"]
    # As often as it is called.
    assert [eg.text for eg in mixed(nlp)] == texts


def test_shuffles_all_of_it(folder, nlp):
    random.seed(1)
    mixed = MixedCorpus(BratCorpus(folder), BratCorpus(folder), shuffle=True)
    orders = {tuple(eg.text for eg in mixed(nlp)) for _ in range(5)}
    assert len(orders) > 1
    assert len({tuple(sorted(order)) for order in orders}) == 1


def test_nothing_to_mix_is_refused():
    with pytest.raises(ValueError, match=r"\[C213\]"):
        MixedCorpus()


def test_attributes_that_nothing_means_are_unknown(folder, nlp):
    (example,) = BratCorpus(folder / "a.txt")(nlp)
    assert get_known_attributes(example.reference) == NAMES
    meanings = {"Negated": "is_negated"}
    (example,) = BratCorpus(folder / "a.txt", attributes=meanings)(nlp)
    assert get_known_attributes(example.reference) == {"is_negated"}
    assert example.reference.ents[0]._.is_negated
    assert not example.reference.ents[0]._.is_uncertain
    # Parts of a text know the same.
    corpus = BratCorpus(folder / "a.txt", attributes=meanings, max_length=1)
    for example in corpus(nlp):
        assert get_known_attributes(example.reference) == {"is_negated"}


def test_predicted_docs_get_the_entities_if_asked(folder, nlp):
    (example,) = BratCorpus(folder / "a.txt")(nlp)
    assert not example.predicted.ents
    (example,) = BratCorpus(folder / "a.txt", gold_entities=True)(nlp)
    assert [(e.text, e.label_) for e in example.predicted.ents] == [
        ("fever", "Sign_symptom")
    ]
    assert not example.predicted.ents[0]._.is_negated
