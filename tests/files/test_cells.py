import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.export.omop import write_rows
from spacy_clinical.files.cells import TableWriter, guard_cell
from tests.export.made import make_one_record

NUMBERS = ["-2.5", "+1", "-1e5", "+.5", "-1.", "-1E-07", " -5"]
FORMULAS = [
    *("=1+1", "@x", "-2+3", "+1 555", "-inf", "+nan", "-.", "-", "+", "-1.2.3", "--1"),
    *("-1_000", "-\u0661", "-5%", "- pain", "-1e", "\t=1", "\r1", "\n1", "  =1"),
    *("\ufeff=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x", "\x00=1"),
]


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_stay(text):
    assert guard_cell(text) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_get_an_apostrophe(text):
    assert guard_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [None, 1, -1, -1.5, True, "a=1", "", "3-4", "'=1"])
def test_others_stay(value):
    assert guard_cell(value) is value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_empty(value):
    assert guard_cell(value) is None


@given(st.text() | st.sampled_from(FORMULAS))
def test_a_guarded_cell_is_guarded_once(text):
    assert guard_cell(guard_cell(text)) == guard_cell(text)


def test_rows_are_read_back():
    handle = io.StringIO()
    table = TableWriter(handle, ["a", "b"])
    table.write(['=1,"\n', None])
    rows = list(csv.reader(io.StringIO(handle.getvalue())))
    assert rows == [["a", "b"], ["'=1,\"\n", ""]]


def test_rows_of_note_nlp_are_guarded_and_fit_their_columns(tmp_path):
    record = make_one_record()
    record["text"] = "=cmd|' /C calc'!A0 " + "x" * 300
    record["entities"] = [
        {
            "label": "A",
            "text": "=" + "y" * 300,
            "start": 0,
            "end": 4,
            "score": None,
            "section": "",
        }
    ]
    write_rows([record], tmp_path / "x.csv", date="2026-09-14")
    with (tmp_path / "x.csv").open(newline="") as table:
        [row] = csv.DictReader(table)
    assert row["snippet"].startswith("'=cmd")
    assert row["lexical_variant"].startswith("'=y")
    assert len(row["lexical_variant"]) == 250
