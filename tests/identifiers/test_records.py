import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spacy_clinical.identifiers.records import COLUMNS, find_known, list_known
from spacy_clinical.identifiers.vocabulary import is_medical
from tests.identifiers.marked import read_marked

KNOWN = {
    "names": ["Anders Lindqvist", "Mar\u00eda Jos\u00e9 \u00c1lvarez"],
    "ids": ["4481239", "AX-99172"],
    "dates": ["1951-03-04"],
}


def find(text: str, known=KNOWN) -> list[str]:
    """List the words of what is known, each place once."""
    rows = sorted({(row.start, row.end) for row in find_known(text, known)})
    return [text[start:end] for start, end in rows]


@pytest.mark.parametrize(
    "marked",
    [
        "[[Anders]] [[Lindqvist]], [[LINDQVIST]], [[lindqvist]]'s wife",
        "[[Lindqvisl]], [[Lindqvst]], [[Lindqvistt]], [[Lindqivst]] (misread)",
        "[[Maria]] [[Jose]] [[Alvarez]], [[A\u0301lvarez]], [[Lind-\nqvist]]",
        "MRN [[4481239]], [[448-1239]], [[4481289]], and [[44812O9]]",
        "no [[AX99172]] or [[ax-99172]]",
    ],
)
def test_what_is_known_is_found_in_every_spelling(marked):
    text, expected = read_marked(marked)
    assert find(text) == expected


@pytest.mark.parametrize(
    "date",
    [
        *("03/04/1951", "3/4/51", "04.03.1951", "1951-03-04", "19510304", "3-4-1951"),
        *("O3/04/1951", "03/04/l951", "03/05/1951", "3.4.51", "04 03 1951"),
    ],
)
def test_a_date_of_birth_is_found_in_every_spelling(date):
    assert find(f"born {date}, well") == [date]


@pytest.mark.parametrize(
    "text",
    [
        "The wound was lined with tissue; another day; order of tests",
        "12345 and 4489999 and 7/8/2020",
        "he hopes to be well",
    ],
)
def test_other_words_and_numbers_are_not_known(text):
    assert find(text) == []


def test_a_name_that_is_a_word_is_found_where_it_is_written_as_a_name():
    known = {"names": ["Hope White"]}
    text = "Hope White has white matter lesions, and hope. HOPE is well."
    assert find(text, known) == ["Hope", "White", "hope", "HOPE"]


def test_columns_are_read_by_their_usual_names():
    record = {
        "Patient Name": "Roe, Jane",
        "first_name": "Jane",
        "MRN": 4481239,
        "DOB": "1951-03-04",
        "text": "She is well",
        "weight": 61.5,
        "next_of_kin": ["Tom Roe"],
        "empty": None,
    }
    assert list_known(record) == {
        "names": ["Roe, Jane", "Jane", "Tom Roe"],
        "ids": ["4481239"],
        "dates": ["1951-03-04"],
    }
    assert list_known(record, {**COLUMNS, "weight": "ids", "dob": ""})["ids"] == [
        "4481239"
    ]


NAMES = st.text(string.ascii_lowercase, min_size=6, max_size=10)


@given(NAMES, st.integers(0, 5), st.sampled_from(string.ascii_lowercase), st.data())
def test_any_one_edit_of_a_name_is_found(name, place, letter, data):
    edits = [
        name[:place] + name[place + 1 :],
        name[:place] + letter + name[place + 1 :],
        name[:place] + letter + name[place:],
        name[:place] + name[place : place + 2][::-1] + name[place + 2 :],
    ]
    edited = data.draw(st.sampled_from(edits))
    assume(not is_medical(edited))
    written = edited.capitalize()
    assert find(f"Seen: {written} at noon", {"names": [name]}) == [written]
