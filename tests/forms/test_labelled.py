"""Fields whose names are the labels of a checkpoint."""

import pytest

from spacy_clinical.forms import make_form_doc, make_pages
from spacy_clinical.forms.labelled import (
    group_parts,
    join_words,
    make_group_tables,
    place_labelled,
)
from spacy_clinical.forms.labels import Labelled
from spacy_clinical.forms.places import find_places
from spacy_clinical.forms.segments import find_segments
from spacy_clinical.forms.tables.describe import describe_tables
from tests.conftest import load_blank


def write(lines):
    """Make a Doc of lines of words with labels: "2:menu.cnt"."""
    words, boxes, labels = [], [], []
    for i, line in enumerate(lines):
        for j, item in enumerate(line.split()):
            word, _, label = item.partition(":")
            words.append(word)
            boxes.append((100 * j, 20 * i, 100 * j + 40, 20 * i + 10))
            labels.append(label)
    doc = make_form_doc(
        load_blank().vocab, make_pages(words, boxes, width=1000, height=1000)
    )
    tokens = [token.i for token in doc if not token.is_space]
    parts = [
        Labelled(i, i + 1, label, 0.5)
        for i, label in zip(tokens, labels, strict=True)
        if label
    ]
    return doc, parts, find_places(doc)


def group(lines, leads=("menu.nm",)):
    _, parts, places = write(lines)
    return group_parts(parts, places, leads)


@pytest.mark.parametrize(
    ("lines", "groups"),
    [
        # A line each, with the lead first or not.
        (
            ["1:menu.cnt Tea:menu.nm 2:menu.price", "1:menu.cnt Ale:menu.nm"],
            [0, 0, 0, 1, 1],
        ),
        (["Tea:menu.nm 2:menu.price", "Ale:menu.nm 3:menu.price"], [0, 0, 1, 1]),
        # Count and price in the next line.
        (["Tea:menu.nm", "2:menu.cnt 3:menu.price", "Ale:menu.nm"], [0, 0, 0, 1]),
        # A line without a name.
        (["Tea:menu.nm 2:menu.price", "3:menu.price"], [0, 0, 1]),
        # The count above the name.
        (["2:menu.cnt", "Tea:menu.nm 3:menu.price", "Ale:menu.nm"], [0, 0, 0, 1]),
        # Two in a line.
        (["Tea:menu.nm 2:menu.price Ale:menu.nm 3:menu.price"], [0, 0, 1, 1]),
        # Others are in no group.
        (["Inn:store Tea:menu.nm", "5:total.total_price"], [None, 0, None]),
        (["Tea:MENU.NM 2:MENU.PRICE"], [0, 0]),
        ([], []),
    ],
)
def test_lines_of_a_list_are_groups(lines, groups):
    assert group(lines) == groups


def test_several_lists_have_groups_of_their_own():
    lines = ["Tea:menu.nm 2:menu.price", "1:void.price", "Ale:void.nm"]
    assert group(lines, ["menu.nm", "void.nm"]) == [0, 0, 1, 1]


def test_groups_are_rows_of_a_table():
    lines = ["1:menu.cnt Tea:menu.nm 2:menu.price", "x Ale:menu.nm 3:menu.price"]
    doc, parts, places = write(lines)
    groups = group_parts(parts, places, ["menu.nm"])
    [table] = describe_tables(doc, make_group_tables(parts, groups, places))
    assert table["source"] == "labels"
    assert table["heads"] == ["menu.cnt", "menu.nm", "menu.price"]
    assert table["rows"] == [["1", "Tea", "2"], ["", "Ale", "3"]]
    assert table["n_heads"] == 0


def test_fields_have_values_places_and_groups():
    doc, parts, places = write(["Tea:menu.nm 2:menu.price", "5:total"])
    groups = group_parts(parts, places, ["menu.nm"])
    spans = [doc[p.start : p.end] for p in parts]
    for span, part in zip(spans, parts, strict=True):
        span.label_ = part.label
    placed = place_labelled(spans, [0.5, 0.6, 0.7], groups)
    told = [(p.field["key"], p.field["value"], p.field["group"]) for p in placed]
    assert told == [("menu.nm", "Tea", 0), ("menu.price", "2", 0), ("total", "5", None)]
    assert placed[0].field["value_box"] == (0, 0, 40, 10)
    assert placed[0].field["key_box"] is None


def test_words_with_a_label_without_an_inside_are_joined_up_to_a_gap():
    words, boxes = (
        ["RM", "12.00", "9.00"],
        [(0, 0, 20, 10), (24, 0, 60, 10), (400, 0, 440, 10)],
    )
    pages = make_pages(words, boxes, width=1000, height=1000)
    doc = make_form_doc(load_blank().vocab, pages)
    parts = [Labelled(i, i + 1, "TOTAL", 0.9) for i in range(3)]
    segments = find_segments(doc)
    joined = join_words(doc, parts, segments, is_single=lambda label: True)
    assert [(p.start, p.end) for p in joined] == [(0, 2), (2, 3)]
    assert join_words(doc, parts, segments, is_single=lambda label: False) == parts
