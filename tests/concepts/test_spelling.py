import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.concepts.spelling import Speller, load_synonyms


@pytest.fixture(scope="module")
def speller():
    return Speller()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cancers of the breast", "Breast Cancer"),
        ("oesophageal tumour", "esophageal tumors"),
        ("factor VIII deficiency", "Factor 8 deficiency"),
        ("\u03b2-thalassaemia", "beta thalassemia"),
        ("renal failure", "kidney failure"),
        ("Crohn's disease", "Crohn disease"),
        ("type 2B diabetes", "diabetes, type 2 B"),
    ],
)
def test_spells_alike(speller, one, other):
    assert speller.spell(one).key == speller.spell(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("type 1 diabetes", "type 2 diabetes"),
        ("hypotension", "hypertension"),
        ("vitamin A", "vitamin B"),
    ],
)
def test_keeps_apart(speller, one, other):
    assert speller.spell(one).key != speller.spell(other).key


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("carcinoma of the breast", "tumor"),
        ("breast carcinoma", "tumor"),
        ("Abscess, Liver", "abscess"),
    ],
)
def test_finds_what_a_name_names(speller, name, head):
    assert speller.spell(name).head == head


def test_synonyms_lead_to_words_that_stand_for_themselves():
    synonyms = load_synonyms()
    assert len(synonyms) > 300
    assert not set(synonyms.values()) & set(synonyms)


@given(st.text())
def test_any_text_has_a_spelling(text):
    spelling = Speller({}).spell(text)
    assert spelling.key
    assert spelling.head
