import numpy
import pytest
import spacy
from spacy.tokens import Span

from spacy_clinical.concepts.short_forms import add_short_forms
from spacy_clinical.heads.labels import bio_labels, read_labels

BIO = read_labels(bio_labels(["Disease_disorder", "Medication", "Sign_symptom"]))
BILOU = read_labels(
    [
        "O",
        *(f"{role}-{name}" for name in ("Disease_disorder", "Age") for role in "BILU"),
    ]
)
BARE = read_labels(["O", "Disease_disorder", "Medication"])


@pytest.fixture(scope="module")
def nlp():
    tokenizer = {"@tokenizers": "spacy-clinical.ClinicalTokenizer.v1"}
    return spacy.blank("en", config={"nlp": {"tokenizer": tokenizer}})


def list_raised(doc, scheme, weight=2.0):
    """The tokens and columns that were raised, in a Doc with logits of 0."""
    logits = numpy.zeros((len(doc), len(scheme.columns)), dtype="float32")
    raised = add_short_forms(doc, logits, scheme, weight)
    assert not logits.any()
    assert set(numpy.unique(raised)) <= {0.0, weight}
    return [
        (doc[i].text, scheme.columns[j]) for i, j in zip(*raised.nonzero(), strict=True)
    ]


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        (BIO, [("HTN", "B-Disease_disorder"), ("ASA", "B-Medication")]),
        (BILOU, [("HTN", "B-Disease_disorder"), ("HTN", "U-Disease_disorder")]),
        (BARE, [("HTN", "Disease_disorder"), ("ASA", "Medication")]),
    ],
)
def test_clear_short_forms_are_raised_in_any_scheme(nlp, scheme, expected):
    assert list_raised(nlp("Has HTN, takes ASA."), scheme) == expected


def test_words_of_one_short_form_go_on(nlp):
    [first, second] = list_raised(nlp("h/o A fib today"), BIO)
    assert first == ("A", "B-Disease_disorder")
    assert second == ("fib", "I-Disease_disorder")


@pytest.mark.parametrize("text", ["", "No abbreviations here.", "WE WENT TO THE PT"])
def test_nothing_is_copied_without_short_forms(nlp, text):
    doc = nlp(text)
    logits = numpy.zeros((len(doc), len(BIO.columns)), dtype="float32")
    assert add_short_forms(doc, logits, BIO, 2.0) is logits


def test_types_of_other_schemes_are_left_alone(nlp):
    scheme = read_labels(["O", "B-Problem", "I-Problem"])
    assert list_raised(nlp("Has HTN."), scheme) == []


def test_an_entity_around_a_short_form_chooses_its_reading(nlp):
    doc = nlp("MS was given.")
    other = list_raised(doc, BIO)
    doc.ents = [Span(doc, 0, 1, label="Medication")]
    assert other != list_raised(doc, BIO) == [("MS", "B-Medication")]
