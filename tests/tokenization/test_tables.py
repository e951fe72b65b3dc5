"""Tables of plain texts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.tokenization.tables import find_tables

HEADS = {"drug", "test"}


def is_head(texts):
    return texts[0].lower() in HEADS


def read(text):
    return [
        (
            [cell.text for cell in table.head],
            [[cell and cell.text for cell in row.cells] for row in table.rows],
        )
        for table in find_tables(text, is_head)
    ]


DRUGS = (
    ["Drug", "Dose", "Route"],
    [["Metformin", "1000 mg", "PO"], ["Warfarin", None, "IV"]],
)


@pytest.mark.parametrize(
    "text",
    [
        "Drug\tDose\tRoute\nMetformin\t1000 mg\tPO\nWarfarin\t\tIV",
        "Drug | Dose | Route\nMetformin | 1000 mg | PO\nWarfarin | | IV",
        "| Drug | Dose | Route |\n|---|:-:|---|\n| Metformin | 1000 mg | PO |\n"
        "| Warfarin | | IV |",
        "|Drug|Dose|Route|\n|Metformin|1000 mg|PO|\n|Warfarin||IV|\n",
        "Drug       Dose     Route\n=========================\n"
        "Metformin  1000 mg  PO\nWarfarin            IV",
        "Drug\t\tDose\tRoute\nMetformin\t1000 mg\tPO\nWarfarin\t\tIV",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_columns_are_apart_by_tabs_pipes_or_spaces(text, end):
    text = text.replace("\n", end)
    assert read(f"Seen today.{end}{end}{text}{end}{end}Plan: none") == [DRUGS]


def test_numbers_may_be_flush_right():
    text = (
        "Test           Result   Units    Range\n"
        "Sodium            138   mmol/L   135 - 145\n"
        "Platelets     402,000   /uL      150 - 450\n"
        "Hemoglobin              g/dL     12.0 - 15.5\n"
    )
    [(_, rows)] = read(text)
    assert rows == [
        ["Sodium", "138", "mmol/L", "135 - 145"],
        ["Platelets", "402,000", "/uL", "150 - 450"],
        ["Hemoglobin", None, "g/dL", "12.0 - 15.5"],
    ]


def test_cells_go_on_in_the_next_line():
    text = (
        "Drug           Dose      Frequency\n"
        "Metformin      1000 mg   twice daily\n"
        "extended                 with meals\n"
        "Aspirin        81 mg     Monday,\n"
        "                         Friday\n"
    )
    [(_, rows)] = read(text)
    assert rows == [
        ["Metformin extended", "1000 mg", "twice daily with meals"],
        ["Aspirin", "81 mg", "Monday, Friday"],
    ]


def test_rows_in_small_letters_are_rows():
    [(_, rows)] = read("Drug|Dose|Route\naspirin|81 mg|po\nwarfarin||po\n")
    assert rows == [["aspirin", "81 mg", "po"], ["warfarin", None, "po"]]


def test_a_second_dose_is_a_row_of_its_own():
    [(_, rows)] = read("|Drug|Dose|Route|\n|Metformin|1 g|PO|\n||500 mg|PO|\n")
    assert rows == [["Metformin", "1 g", "PO"], [None, "500 mg", "PO"]]


def test_long_cells_leave_one_space_before_the_next():
    text = "Drug       Dose     Route\nLisinopril 10 mg    PO\n"
    assert read(text)[0][1] == [["Lisinopril", "10 mg", "PO"]]


def test_as_many_cells_as_heads_are_one_under_each():
    text = "Drug  Dose in the morning  Route\nLisinopril  10 mg  PO\n"
    assert read(text)[0][1] == [["Lisinopril", "10 mg", "PO"]]


def test_a_head_or_a_blank_line_ends_a_table():
    text = "Drug  Dose\nA  1\nTest  Value\nB  2\n\nC  3\n"
    assert read(text) == [
        (["Drug", "Dose"], [["A", "1"]]),
        (["Test", "Value"], [["B", "2"]]),
    ]


def test_offsets_are_those_of_the_text():
    text = "x\n\nDrug\tDose\r\nMetformin \t 1 g\r\n"
    [table] = find_tables(text, is_head)
    cells = [*table.head, *table.rows[0].cells]
    assert [text[c.start : c.end] for c in cells] == [c.text for c in cells]
    assert text[table.rows[0].start : table.rows[0].end] == "Metformin \t 1 g"


@given(st.text(alphabet="Drug Test|\t\r\n 1-=aB\u05d0", max_size=200))
def test_any_text_is_read(text):
    for table in find_tables(text, lambda texts: True):
        for row in table.rows:
            assert len(row.cells) == len(table.head)
            for cell in row.cells:
                assert cell is None or 0 <= cell.start <= cell.end <= len(text)


def test_long_notes_take_time_in_proportion():
    row = "Metformin      1000 mg   PO  twice daily\n"

    def measure(n):
        text = "Drug           Dose      Route  Frequency\n" + n * row
        start = time.perf_counter()
        [table] = find_tables(text, is_head)
        assert len(table.rows) == n
        return time.perf_counter() - start

    measure(500)
    assert measure(20_000) < 60 * max(measure(1_000), 1e-3)
