"""What a text says of short forms that it doesn't define."""

import pytest

from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.concepts.evidence import Evidence, needs_evidence, share_words

BLOOM = ["Bloom syndrome", "BS", "growth deficiency, sun-sensitive, telangiectatic"]


@pytest.mark.parametrize("text", ["BS", "HI", "LAD", "MSs", "B.S", "H2"])
def test_short_forms_may_stand_for_anything(text):
    assert needs_evidence(text)


@pytest.mark.parametrize("text", ["", "COPD", "flu", "Flu", "12", "B12 lack", "..."])
def test_other_mentions_need_no_evidence(text):
    assert not needs_evidence(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BS present in all quadrants.", False),
        ("Known Bloom's syndrome. BS since birth.", True),
        ("In bloom. BS.", False),
        ("Bloom syndromes, see BS", True),
        ("", False),
    ],
)
def test_the_text_names_the_concept_in_full(text, expected):
    assert Evidence(text).supports("BS", BLOOM) is expected


def test_a_reading_of_the_inventory_is_evidence():
    names = ["Hypertension"]
    assert not Evidence("HTN").supports("HTN", names)
    assert Evidence("HTN", load_abbreviations()).supports("HTN", names)
    assert not Evidence("HTN", load_abbreviations()).supports("HTN", ["flu"])


def test_names_that_are_like_a_long_form():
    assert share_words("obstructive lung diseases", ["chronic obstructive disease"])
    assert not share_words("skin disease", ["heart disease", "SD"])
    assert not share_words("", ["heart disease"])
