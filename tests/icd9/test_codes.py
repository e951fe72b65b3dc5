import pytest

from spacy_clinical.icd9.codes import (
    get_category,
    read_labels,
    select_labels,
    write_code,
)
from spacy_clinical.icd9.tables import list_billable, list_categories

# As CORe sorts them: digits, E, V, words.
CORE = ["001", "0010", "124", "125", "401", "4019", "500", "E849", "E8490", "V586"]
CORE = [*CORE, "V5861", "hypertension", "type"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("401", "401"),
        ("4019", "401.9"),
        ("40301", "403.01"),
        ("401.9", "401.9"),
        ("V58", "V58"),
        ("V586", "V58.6"),
        ("V5861", "V58.61"),
        ("v58.61", "V58.61"),
        ("E849", "E849"),
        ("E8490", "E849.0"),
        ("e849.0", "E849.0"),
        (" 428 ", "428"),
    ],
)
def test_codes_get_their_dots(raw, code):
    assert write_code(raw) == code


@pytest.mark.parametrize(
    "raw",
    ["", "4", "42", "401999", "V5", "V58611", "E84", "E84900", "B-Age", "hiv", "٤٠١"],
)
def test_what_is_no_code_is_none(raw):
    assert write_code(raw) == ""


def test_dots_are_where_the_tables_have_them():
    for category in list_categories():
        assert write_code(category) == category
        for code in list_billable(category):
            assert write_code(code.replace(".", "")) == code
            assert get_category(code) == category


def test_labels_are_read_as_core_means_them():
    labels = {label.code: label for label in read_labels(CORE)}
    kinds = {code: label.kind for code, label in labels.items()}
    assert kinds == {
        "001": "3_digit",
        "001.0": "4_digit",
        "401": "3_digit",
        "401.9": "4_digit",
        "E849": "3_digit",
        "E849.0": "4_digit",
        "V58.6": "3_digit",
        "V58.61": "4_digit",
        "hypertension": "word",
        "type": "word",
    }
    assert labels["V58.6"].raw == "V586"
    assert labels["V58.6"].category == "V58"
    assert labels["E849"].category == "E849"
    assert labels["hypertension"].category == ""
    assert [label.column for label in labels.values()] == [
        0,
        1,
        4,
        5,
        7,
        8,
        9,
        10,
        11,
        12,
    ]


def test_words_that_look_like_codes_are_left_out_where_there_are_words():
    codes = {label.code for label in read_labels(CORE)}
    assert not codes & {"124", "125", "500"}
    assert [label.code for label in read_labels(["124", "500"])] == ["124", "500"]


def test_a_code_that_is_written_in_two_ways_counts_once():
    assert [label.column for label in read_labels(["401.9", "4019"])] == [0]


def test_kinds_are_selected():
    labels = read_labels(CORE)
    chosen = [label.code for label in select_labels(labels, ["3_digit"])]
    assert chosen == ["001", "401", "E849", "V58.6"]
    assert [label.code for label in select_labels(labels, ["word"])] == CORE[-2:]
