import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.tokenization.items import find_items
from spacy_clinical.tokenization.sentences import split_sentences


def parts(text):
    borders = find_items(text).borders
    ends = [*borders[1:], len(text)]
    return [text[start:end].strip() for start, end in zip(borders, ends, strict=True)]


def marks(text):
    return sorted({text[start:end] for start, end in find_items(text).marks})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- HTN|- DM2|- CAD", ["-"]),
        ("* HTN|* DM2", ["*"]),
        ("-HTN|-DM2", ["-"]),
        ("• HTN|◦ DM2|▪ CAD", ["•", "▪", "◦"]),
        ("– HTN|– DM2", ["–"]),
        ("1. HTN|2. DM2|10. CAD", ["1.", "10.", "2."]),
        ("1.HTN|2.DM2", ["1.", "2."]),
        ("1) HTN|2) DM2", ["1)", "2)"]),
        ("(1) HTN|(2) DM2", ["(1)", "(2)"]),
        ("a) HTN|b) DM2", ["a)", "b)"]),
        ("[ ] HTN|[x] DM2|[] CAD", ["[ ]", "[]", "[x]"]),
        ("☐ HTN|☒ DM2", ["☐", "☒"]),
        ("# HTN|# DM2", ["#"]),
        ("- [x] HTN|- [ ] DM2", ["- [ ]", "- [x]", "[ ]", "[x]"]),
        ("A. HTN|B. DM2", []),
        ("ALLERGIES:|Penicillin", []),
    ],
)
def test_items_on_lines_of_their_own(text, expected):
    for gap in ("\n", "\r\n", "\n   "):
        assert parts(text.replace("|", gap)) == [
            *(part for item in text.split("|") for part in split_boxes(item))
        ]
    assert marks(text.replace("|", "\n")) == expected


def split_boxes(item):
    """A box after a bullet is a mark for itself as well."""
    return item.split(" ", 1) if item.startswith("- [") else [item]


@pytest.mark.parametrize(
    "text",
    [
        "PMH: |1) HTN |2) DM2 |3) CAD",
        "PMH: |(1) HTN, |(2) DM2",
        "Significant for |1) HTN |2) diabetes\nmellitus |3) CAD",
        "Dx: |1. HTN |2. DM2",
        "Dx: |a) HTN |b) DM2",
        "Has |• HTN |• DM2",
        "Has |[x] HTN |[ ] DM2",
        "Has |☐ HTN |☑ DM2",
    ],
)
def test_items_that_follow_each_other_on_a_line(text):
    borders = find_items(text.replace("|", "")).borders
    first, *rest = text.split("|")
    place, expected = len(first), [0]
    for part in rest:
        expected.append(place)
        place += len(part)
    assert borders == expected


@pytest.mark.parametrize(
    "text",
    [
        "Lesion (grade 1) and edema (grade 2) were seen.",
        "Stage 1. He was well at age 2. Then ill.",
        "Potassium 5. Sodium 140.",
        "He takes 1 tab a day, 2 if needed.",
        "Seen by A. B. Smith and C. Jones.",
        "Vitamin b) was low.",
        "HbA1c 7.2 and 6.9 (2) were seen.",
        "Both Br (a) and Br (b) reacted.",
        "chest - pain * fever # 3",
        "12.5 mg of it\n140/90 was measured",
        "The pressure was\n120. He was well.",
        "hepatitis C, genotype\n3. He was well.",
        "He had chest\npain and shortness of\nbreath.",
        "H. pylori infection was found.",
    ],
)
def test_what_only_looks_as_an_item_is_text(text):
    assert find_items(text).marks == []
    assert len(find_items(text).borders) == 1


ITEMS = [
    "ALLERGIES:|penicillin|sulfa|codeine",
    "Allergies: penicillin|sulfa|codeine",
    "Allergies|penicillin|sulfa|codeine",
    "PMH:|htn|dm2|cad",
    "PMH:|htn|dm 2|coronary artery disease|s/p cabg",
    "Medications:|metoprolol 25 mg bid|asa 81 mg daily|lisinopril 10 mg daily",
    "htn|dm2|cad",
]


@pytest.mark.parametrize("text", ITEMS)
def test_lines_of_a_list_without_marks(text):
    items = text.split("|")
    text = text.replace("|", "\n")
    assert parts(f"{text}\n\nPLAN: rest\n") == [*items, "PLAN: rest"]
    starts = split_sentences(text)
    assert [text[start:].split("\n")[0] for start in starts] == items


@pytest.mark.parametrize(
    "text",
    [
        "chest\npain",
        "HPI:\n45F with chest\npain",
        "Reports chest\npain and shortness of\nbreath",
        "The patient has had chest\npain for three days and\nshortness of breath",
        "severe substernal chest pain and\nnausea since this morning, with\nshortness of breath",
        "left lower lobe pneumonia treated\nceftriaxone azithromycin, improved\nroom air today",
        "- coronary artery\n  disease after\n  bypass",
        "fever,\nchills,\nsweats",
        "acute kidney\ninjury on chronic kidney\ndisease was seen",
    ],
)
def test_wrapped_text_is_no_list(text):
    body = text.removeprefix("HPI:\n")
    start = text.index(body)
    assert find_items(text).borders[-1] == start
    assert split_sentences(text)[-1] == start


UNITS = [
    *(
        "\n",
        "\r",
        "\t",
        " ",
        "-",
        "*",
        "#",
        "•",
        "(",
        ")",
        ".",
        ":",
        "0",
        "1",
        "2)",
        "3.",
    ),
    *("a", "b)", "A.", "[", "]", "[x]", "pain", "the", "of"),
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(UNITS), max_size=30).map("".join))
def test_items_of_any_text(text):
    borders, marks = find_items(text)
    assert borders == sorted(set(borders))
    assert {start for start, _ in marks} <= set(borders)
    for start, end in marks:
        assert 0 <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]
    assert all(not text[start].isspace() for start in borders)


def test_nothing_has_no_items():
    for text in ("", "  \n\n "):
        assert find_items(text) == ([], [])


@pytest.mark.parametrize(
    "unit", ["-", "- ", "1) ", "(1", "[x]", "\n", "1. ", "a\n", "•", "*-", "\n \n"]
)
def test_find_items_takes_linear_time(unit):
    text = unit * (200_000 // len(unit)) + "x"
    start = time.process_time()
    find_items(text)
    assert time.process_time() - start < 3
