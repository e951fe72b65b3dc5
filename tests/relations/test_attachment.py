import re

import pytest

from spacy_clinical.relations.attachment import Attribute, Drug, attach, find_aliases

_MARK = re.compile(r"\[\[(?:(\w+):)?(.*?)\]\]")


def read_marked(marked):
    """The text, drugs and attributes of "[[dose:5 mg]] of [[aspirin]]"; rivals are marked
    as [[rival:...]]."""
    text, drugs, attributes, end = "", [], [], 0
    for match in _MARK.finditer(marked):
        text += marked[end : match.start()]
        place = len(text), len(text) + len(match[2])
        text += match[2]
        end = match.end()
        if match[1] in (None, "rival"):
            drugs.append(Drug(*place, is_rival=match[1] is not None))
        else:
            attributes.append(Attribute(*place, match[1]))
    return text + marked[end:], drugs, attributes


def show_pairs(marked, borders=()):
    text, drugs, attributes = read_marked(marked)
    return [
        f"{text[attributes[i].start : attributes[i].end]} > {text[drugs[j].start : drugs[j].end]}"
        for i, j in attach(text, drugs, attributes, borders)
    ]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        (
            "[[aspirin]] [[dose:81 mg]], [[warfarin]] [[dose:5 mg]]",
            "81 mg > aspirin, 5 mg > warfarin",
        ),
        ("[[dose:5 mg]] of [[A]] and [[dose:10 mg]] of [[B]]", "5 mg > A, 10 mg > B"),
        (
            "[[A]] ([[dose:800 mg/day]] [[route:IV]]) and [[B]]",
            "800 mg/day > A, IV > A",
        ),
        (
            "antibiotic [[A]], and [[dose:2 g/kg]] [[route:intravenous]] [[B]]",
            "2 g/kg > B, intravenous > B",
        ),
        ("[[A]] ([[Brand]]) [[dose:900 mg daily]]", "900 mg daily > A"),
        (
            "[[A]] ([[AB]], [[dose:300 mg]]), [[B]] ([[dose:450 mg]])",
            "300 mg > A, 450 mg > B",
        ),
        ("[[route:infusions]] of [[A]] and [[B]]", "infusions > A, infusions > B"),
        (
            "[[A]] 20 mg and [[B]] 100 ug, both [[frequency:daily]]",
            "daily > B, daily > A",
        ),
        ("[[A]], craniospinal [[rival:radiation]] ([[dose:23 Gy]])", ""),
        ("A [[duration:10-day]] course of [[A]]", "10-day > A"),
        ("[[A]] for [[duration:5 days]]", "5 days > A"),
        (
            "She took [[A]] but then did not come back to see us for [[duration:2 years]]",
            "",
        ),
        ("[[A]] (the [[dose:5 mg]] of [[B]])", "5 mg > B"),
        ("[[dose:5 mg]]", ""),
        ("[[dose:1 L]] NS and [[dose:2 g]] [[A]]", "2 g > A"),
        ("[[dose:5 mg]] daily and [[dose:2 mg]] of [[A]]", "5 mg > A, 2 mg > A"),
    ],
)
def test_attributes_are_attached(marked, expected):
    assert show_pairs(marked) == [pair for pair in expected.split(", ") if pair]


def test_nothing_is_attached_over_borders():
    marked = "[[A]] was given. [[dose:5 mg]] was too much of it."
    assert show_pairs(marked) == ["5 mg > A"]
    assert show_pairs(marked, borders=[0, 13]) == []


def test_far_away_is_no_drug_of_an_attribute():
    assert show_pairs(f"[[A]] {'x ' * 200}[[dose:5 mg]]") == []


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[[A]] ([[B]])", {1: 0}),
        ("[[A]] [[(B)]]", {1: 0}),
        ("[[A]] ([[B]], 5 mg)", {1: 0}),
        ("[[A]] ([[B]]) ([[C]])", {1: 0}),
        ("[[A]] ([[B]] HFA)", {1: 0}),
        ("[[A]] ([[B]] in water)", {}),
        ("[[A]] and [[B]]", {}),
        ("[[A]] (with [[B]] 5 mg)", {}),
        ("[[rival:x]] ([[B]])", {}),
    ],
)
def test_names_in_brackets_are_those_of_the_drug_before(marked, expected):
    text, drugs, _ = read_marked(marked)
    assert find_aliases(text, drugs) == expected


@pytest.mark.parametrize("border", [", ", "; "])
def test_the_end_of_a_sig_stays_with_its_drug(border):
    text = f"vancomycin 1 g IV q12h{border}ceftriaxone 2 g q24h"
    drugs = [Drug(0, 10), Drug(text.index("ceft"), text.index("ceft") + 11)]
    parts = [("1 g", "dose"), ("IV", "route"), ("q12h", "frequency"), ("2 g", "dose")]
    parts.append(("q24h", "frequency"))
    places = [(text.index(part), part, role) for part, role in parts]
    attributes = [Attribute(at, at + len(part), role) for at, part, role in places]
    assert attach(text, drugs, attributes) == [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1)]
