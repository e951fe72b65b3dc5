"""Ordinary words and acronyms of the same letters."""

import pytest

from spacy_clinical.concepts.letter_case import (
    has_only_acronyms,
    is_acronym,
    is_initialism,
    list_ordinary,
    load_ordinary,
    may_have_acronym,
)

COPD = [
    "chronic obstructive pulmonary disease",
    "cold",
    "Chronic Obstructive Lung Disease",
]


def test_the_list_has_words_and_no_short_forms():
    words = load_ordinary()
    assert {"mass", "cold", "face", "all", "was", "scan"} <= words
    assert words.isdisjoint({"copd", "htn", "pt", "hx", "MASS"})
    assert all(word.isalpha() and word.islower() for word in words)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mass", ["mass", "mas"]),
        ("Mass in the face", ["mass", "mas", "in", "the", "face"]),
        ("MASS", []),
        ("COPD", []),
        ("scans", ["scans", "scan"]),
        ("xanthoma", []),
        ("", []),
    ],
)
def test_ordinary_words_are_those_in_small_letters(name, expected):
    assert list_ordinary(name) == expected


@pytest.mark.parametrize(
    ("names", "word", "expected"),
    [
        # In capitals only, also as a part of a name.
        (["MASS syndrome", "overlap connective tissue disease"], "mass", True),
        (["Mass phenotype", "MASS phenotype"], "mass", True),
        (["Palate mass", "mass of the palate"], "mass", False),
        # In small letters, but the first letters of another name.
        (COPD, "cold", True),
        (["leukemia, acute lymphocytic", "all"], "all", True),
        (["common cold", "cold"], "cold", False),
        # One name has it as a word.
        (["PAIN", "Pain"], "pain", False),
        (["exanthem", "rash"], "rash", False),
        (["exanthem"], "rash", False),
    ],
)
def test_concepts_that_have_a_word_as_an_acronym_only(names, word, expected):
    assert has_only_acronyms([word], names) is expected


def test_most_names_need_no_look_at_their_concept():
    assert may_have_acronym(["mass"], "MASS syndrome")
    assert may_have_acronym(["cold"], "cold")
    assert may_have_acronym(["scan"], "SCANs")
    assert not may_have_acronym(["mass"], "mass in the left breast")
    assert not may_have_acronym([], "MASS")


def test_acronyms_and_initials():
    assert [is_acronym(word) for word in ("MASS", "VSDs", "Mass", "a", "s")] == [
        *(True, True),
        *(False, False, False),
    ]
    assert is_initialism("scan", ["spinocerebellar", "ataxia", "neuropathy", "cortex"])
    assert not is_initialism("scan", ["spinocerebellar", "ataxia", "neuropathy"])
    # Of many words, some begin with any letters.
    assert not is_initialism(
        "all", ["a", "long", "list", "of", "many", "words", "and", "letters", "here"]
    )
