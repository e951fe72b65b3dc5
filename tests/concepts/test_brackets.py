import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.concepts.brackets import find_brackets, is_balanced


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ("a (b) [c]", [("b", "a "), ("c", "a (b) ")]),
        # Inner ones first; what is before them starts inside the outer one.
        ("x (a (b))", [("b", "a "), ("a (b)", "x ")]),
        # Those that don't close or open.
        ("a) (b [c) d]", [("b [c", "a) ")]),
        ("( a (b)", [("b", " a ")]),
        # Nothing goes on after a blank line.
        ("(a\n \nb) c (d)", [("d", "b) c ")]),
    ],
)
def test_brackets_that_belong_together(text, pairs):
    found = [
        (text[opening + 1 : closing], text[start:opening])
        for opening, closing, start in find_brackets(text)
    ]
    assert found == pairs


@given(st.text(alphabet="()[]a\n", max_size=50))
def test_pairs_are_inside_the_text_and_of_one_kind(text):
    for opening, closing, start in find_brackets(text):
        assert 0 <= start <= opening < closing < len(text)
        assert text[opening] + text[closing] in ("()", "[]")


def test_balance():
    assert is_balanced("a (b [c]) d")
    assert not is_balanced("a) (b")
    assert not is_balanced("(a")
