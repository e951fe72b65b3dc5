import pytest

from spacy_clinical.forms.checkboxes import find_checkboxes


def read(text):
    lead, boxes = find_checkboxes(text)
    assert all(text[b.start : b.end] == b.option for b in boxes)
    return lead, [(b.option, b.is_ticked) for b in boxes]


@pytest.mark.parametrize(
    ("empty", "ticked"),
    [
        ("☐", "☒"),
        ("□", "■"),
        ("[ ]", "[x]"),
        ("[]", "[X]"),
        ("[_]", "[*]"),
        ("( )", "(x)"),
        ("|_|", "|X|"),
        ("☐", "✓"),
    ],
)
def test_boxes_stand_before_their_options(empty, ticked):
    found = read(f"{ticked} Yes {empty} No")
    assert found == ("", [("Yes", True), ("No", False)])


def test_boxes_may_stand_behind_their_options():
    assert read("Yes [x] No [ ]") == ("", [("Yes", True), ("No", False)])


def test_what_comes_before_is_the_question():
    found = read("Smoker: [ ] yes [x] no")
    assert found == ("Smoker:", [("yes", False), ("no", True)])
    found = read("Smoker: yes [ ] no [x]")
    assert found == ("Smoker:", [("yes", False), ("no", True)])


@pytest.mark.parametrize("text", ["", "no fever", "dose (5 mg)", "see [1]", "a | b"])
def test_other_brackets_are_no_boxes(text):
    assert read(text) == (text, [])
