"""Names become others of their culture, gender and about length."""

import itertools
import subprocess
import sys

import pytest

from spacy_clinical.identifiers.replace import names
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.replace.names import (
    copy_case,
    find_gender,
    load_lists,
    replace_name,
)
from spacy_clinical.identifiers.replace.persons import Name, Persons, parse_name
from spacy_clinical.identifiers.replace.words import fold
from tests.identifiers.replace.notes import KEY


@pytest.mark.parametrize(
    ("name", "culture"),
    [
        *(("Garc\u00eda", "Spanish"), ("Nguyen", "Vietnamese"), ("Wang", "Chinese")),
        *(("Kowalski", "Polish"), ("\u0418\u0432\u0430\u043d\u043e\u0432", "Russian")),
        *(
            ("\u05db\u05d4\u05df", "Hebrew"),
            ("Patel", "Indian"),
            ("Okonkwo", "West African"),
        ),
    ],
)
def test_names_stay_in_their_culture(name, culture):
    new = replace_name(name, "last", KEY)
    assert fold(new) in load_lists(culture, "last").all
    assert fold(new) != fold(name)
    # A name without accents gets one without.
    assert new.isascii() or not name.isascii()


@pytest.mark.parametrize(("name", "gender"), [("Mary", "female"), ("Robert", "male")])
def test_first_names_stay_of_their_gender(name, gender):
    assert find_gender(name) == gender
    lists = load_lists("English", "given")
    for seed in range(20):
        new = replace_name(name, "given", Key(bytes([seed] * 32)))
        assert lists.find_gender(fold(new)) == gender


def test_names_have_about_the_same_length_and_the_same_case():
    for name in ("Lee", "Quill", "Featherstone"):
        for seed in range(20):
            new = replace_name(name, "last", Key(bytes([seed] * 32)))
            assert abs(len(new) - len(name)) <= 2
    assert replace_name("QUILL", "last", KEY).isupper()
    assert replace_name("quill", "last", KEY).islower()
    assert replace_name("QUILL", "last", KEY).lower() == replace_name(
        "quill", "last", KEY
    )
    assert copy_case("Wang", "TENG") == "Teng"
    assert len(replace_name("J", "given", KEY)) == 1


def test_names_that_are_taken_are_not_used():
    first = fold(replace_name("Quill", "last", KEY))
    assert fold(replace_name("Quill", "last", KEY, taken={first})) not in (
        first,
        "quill",
    )


@pytest.mark.parametrize(
    "name", ["\U00010330\U00010331", "\u1230\u120b\u121d", "x\u0301", "Q" * 300]
)
def test_unknown_names_get_some(name):
    assert fold(replace_name(name, "last", KEY)) != fold(name)


def test_importing_needs_no_lists():
    code = "import sys, spacy_clinical.identifiers; print('faker' in sys.modules)"
    run = [sys.executable, "-c", code]
    assert (
        subprocess.run(run, capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


def test_names_are_parsed():
    assert parse_name("Dr. Jane A. Quill, MD") == Name(("jane", "a"), ("quill",))
    assert parse_name("QUILL, JANE A.") == Name(("jane", "a"), ("quill",))
    assert parse_name("Mrs. Quill") == Name((), ("quill",))
    assert parse_name("Dr.") == Name((), ())


def test_persons_are_told_apart():
    names = [
        "Quill",
        "J. Quill",
        "Jane Quill",
        "Mary Quill",
        "Quill",
        "M Quill",
        "Kelly",
        "Dr.",
        "Jo Quill",
    ]
    assert Persons().add_all(names) == [1, 1, 1, 2, 2, 2, 3, 4, 5]


def test_lists_of_names_are_not_made_for_each_name():
    before = names._list_fitting.cache_info().misses
    for first, second, third in itertools.product("abcdefgh", repeat=3):
        replace_name(f"Qu{first}{second}{third}l", "last", KEY)
    assert names._list_fitting.cache_info().misses - before < 40
