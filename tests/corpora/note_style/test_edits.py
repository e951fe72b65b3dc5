import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.corpora.note_style.edits import Draft, Edit, Place

TEXT = "He has chest pain and a cough."
PAIN = Place(7, 17, "Sign_symptom")


def read(draft):
    return [draft.text[place.start : place.end] for place in draft.places]


@pytest.mark.parametrize(
    ("edits", "text", "entity"),
    [
        ([Edit(7, 17, "CP")], "He has CP and a cough.", "CP"),
        (
            [Edit(7, 12, "thoracic")],
            "He has thoracic pain and a cough.",
            "thoracic pain",
        ),
        ([Edit(0, 7, "")], "chest pain and a cough.", "chest pain"),
        ([Edit(7, 7, "- ")], "He has - chest pain and a cough.", "chest pain"),
        ([Edit(17, 17, ",")], "He has chest pain, and a cough.", "chest pain"),
        ([Edit(12, 13, "\n")], "He has chest\npain and a cough.", "chest\npain"),
    ],
)
def test_a_place_moves_with_its_text(edits, text, entity):
    draft = Draft(TEXT, [PAIN])
    assert draft.apply(edits) == edits
    assert draft.text == text
    assert read(draft) == [entity]
    start, end = draft.map_place(7, 17)
    assert draft.text[start:end] == entity


@pytest.mark.parametrize(
    "edit",
    [
        Edit(0, 9, "x"),
        Edit(10, 20, "x"),
        Edit(3, 20, "x"),
        Edit(7, 17, ""),
        Edit(7, 17, "  "),
        # They would join words over its border.
        Edit(6, 7, ""),
        Edit(17, 18, ""),
        Edit(17, 17, "s"),
        Edit(7, 7, "x"),
        # Nothing changes.
        Edit(7, 12, "chest"),
    ],
)
def test_edits_that_would_misplace_an_entity_are_left_out(edit):
    draft = Draft(TEXT, [PAIN])
    assert draft.apply([edit]) == []
    assert draft.text == TEXT
    assert not draft.is_changed


def test_of_edits_that_overlap_the_first_is_made():
    draft = Draft(TEXT, [PAIN])
    draft.apply(
        [Edit(9, 14, "y"), Edit(7, 12, "x"), Edit(0, 3, "She "), Edit(2, 6, "z")]
    )
    assert draft.text == "She has x pain and a cough."


def test_several_edits_that_would_empty_a_place_are_left_out_together():
    draft = Draft(TEXT, [PAIN])
    draft.apply([Edit(7, 12, ""), Edit(12, 17, ""), Edit(0, 2, "She")])
    assert draft.text == "She has chest pain and a cough."


def test_letters_change_one_for_one():
    draft = Draft("Stra\u00dfe \u0130 pain", [Place(9, 13, "X")])
    draft.change_letters(str.upper)
    assert draft.text == "STRA\u00dfE \u0130 PAIN"
    draft.change_letters(str.lower)
    assert draft.text == "stra\u00dfe \u0130 pain"
    assert read(draft) == ["pain"]


def test_a_stretch_of_the_whole_text_stays_the_whole():
    draft = Draft("pain", [Place(0, 4, "X")])
    draft.apply([Edit(0, 0, "- "), Edit(4, 4, ".")])
    assert draft.map_place(0, 4) == (2, 6)
    assert draft.map_stretch(0, 4) == (0, 7)


CHARS = "ab .\n\u00e9"


@st.composite
def drafts(draw):
    text = draw(st.text(CHARS, min_size=1, max_size=30))
    borders = st.integers(0, len(text))
    pairs = [
        sorted(pair) for pair in draw(st.lists(st.tuples(borders, borders), max_size=6))
    ]
    places = {tuple(p): Place(*p, "X") for p in pairs if text[p[0] : p[1]].strip()}
    return Draft(text, places.values())


@st.composite
def edit_lists(draw, length):
    borders = st.integers(0, length)
    edits = st.tuples(borders, borders, st.text(CHARS, max_size=4))
    return [
        Edit(*sorted((a, b)), text) for a, b, text in draw(st.lists(edits, max_size=8))
    ]


@given(st.data())
def test_each_place_becomes_what_the_edits_make_of_it(data):
    draft = data.draw(drafts())
    for _ in range(2):
        old, before = draft.text, draft.places
        made = draft.apply(data.draw(edit_lists(len(old))))
        text, end = "", 0
        for edit in made:
            assert edit.start >= end
            text += old[end : edit.start] + edit.text
            end = edit.end
        assert draft.text == text + old[end:]
        for place, new in zip(before, draft.places, strict=True):
            expected, end = "", place.start
            for edit in made:
                # Insertions at the borders are outside.
                if place.start < edit.end and edit.start < place.end:
                    assert place.start <= edit.start <= edit.end <= place.end
                    expected += old[end : edit.start] + edit.text
                    end = edit.end
            expected += old[end : place.end]
            assert draft.text[new.start : new.end] == expected
            assert expected.strip()
