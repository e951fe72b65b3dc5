"""What is left of identifiers is found, without looking at words."""

import pytest

from spacy_clinical.identifiers.replace.check import find_left, lower
from spacy_clinical.identifiers.replace.ids import holds_any, make_pseudonym
from tests.identifiers.replace.notes import KEY


@pytest.mark.parametrize(
    ("text", "identifier", "n_left"),
    [
        ("Seen by jane QUILL.", "Jane Quill", 1),
        ("Seen by Jane Quilling.", "Jane Quill", 0),
        ("x0937884y", "0937884", 1),
        ("10937884", "0937884", 1),
        ("xab1234", "AB1234", 0),
        ("11/3/2019", "1/3/2019", 0),
        ("112/121", "12/12", 0),
        ("on 12/12.", "12/12", 1),
        ("MAY, may", "May", 0),
        ("the patient", "Patient", 0),
        ("\u0130\u0130 jane quill", "Jane Quill", 1),
        ("", "Jane Quill", 0),
        ("anything", "", 0),
    ],
)
def test_what_is_left_is_found(text, identifier, n_left):
    left = find_left(text, [identifier])
    assert len(left) == n_left
    for place in left:
        assert lower(text[place.start : place.end]) == lower(identifier)


def test_what_took_their_place_does_not_count():
    text = "01/02/2019 and 01/02/2019"
    assert len(find_left(text, ["01/02/2019"])) == 2
    assert find_left(text, ["01/02/2019"], free=[(0, 10)]) == [(15, 25)]


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("notes/quill_jane.txt", True),
        ("QUILL-2.txt", True),
        ("0937884.txt", True),
        ("note12.txt", False),
        ("hope.txt", False),
        ("mr.txt", False),
    ],
)
def test_names_of_files_that_hold_identifiers_are_found(name, holds):
    found = ["Mr. Quill", "0937884", "Hope", "12"]
    assert holds_any(name, found) is holds


def test_pseudonyms_say_nothing_and_differ():
    assert make_pseudonym("quill", KEY) != make_pseudonym("Quill", KEY)
    assert len(make_pseudonym("quill", KEY)) == 16
