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


@pytest.mark.parametrize("ticked", ["KK]", "KX]", "IX]", "XX]", "[X", "LX]", "X]"])
@pytest.mark.parametrize("empty", ["L]", "L_]", "C]"])
def test_what_ocr_makes_of_boxes(ticked, empty):
    found = read(f"{ticked} Diabetes {empty} Gout")
    assert found == ("", [("Diabetes", True), ("Gout", False)])


@pytest.mark.parametrize("unclear", ["\u2b1a", "I]", "[Ml", "LJ", "O", "w", "&"])
def test_what_can_not_be_told_is_not_false(unclear):
    found = read(f"[x] Asthma {unclear} Gout")
    assert found == ("", [("Asthma", True), ("Gout", None)])


def test_letters_before_options_count_only_beside_other_boxes():
    assert read("O positive") == ("O positive", [])
    lead, [box] = find_checkboxes("X High", is_beside=True)
    assert (lead, box.option, box.is_ticked) == ("", "High", True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no fever",
        "dose (5 mg)",
        "see [1]",
        "a | b",
        "1) First",
        "[sic] so",
        "X-ray",
    ],
)
def test_other_brackets_are_no_boxes(text):
    assert read(text) == (text, [])
