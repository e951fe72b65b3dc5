from spacy_clinical.forms import make_form_doc, make_pages
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.forms.places import find_places
from spacy_clinical.forms.segments import find_box, find_segments, widen_boxes
from tests.conftest import load_blank


def make_doc(*pages):
    return make_form_doc(
        load_blank().vocab,
        [FormPage(1000.0, 1000.0, "px", words) for words in pages],
    )


LINE = [
    Word("Name:", (10, 10, 60, 20)),
    Word("Jane", (65, 10, 95, 20)),
    Word("Roe", (98, 10, 120, 20)),
    Word("Age", (300, 10, 330, 20)),
    Word("63", (10, 40, 30, 50)),
]


def test_places_are_those_of_the_attributes():
    doc = make_doc(LINE, LINE)
    places = find_places(doc)
    assert not places.n_columns
    for token in doc:
        assert tuple(places.boxes[token.i]) == token._.box_1000
        assert places.pages[token.i] == token._.page
    assert places.lines.tolist() == [0, 0, 0, 0, -1, 1, -1, 2, 2, 2, 2, -1, 3]


def test_plain_text_is_placed_by_letters_and_lines():
    doc = load_blank()("Name:   Jane\n  Age: 63")
    places = find_places(doc)
    assert places.n_columns == 90
    by_text = {t.text: places.boxes[t.i].tolist() for t in doc if not t.is_space}
    assert by_text["Jane"][0] > by_text["Name"][2]
    assert by_text["Age"][0] == 1000 * 2 // 90
    assert by_text["Age"][1] > by_text["Jane"][3]


def test_long_texts_go_on_on_another_page():
    doc = load_blank()("a b\n" * 70)
    pages = find_places(doc).pages
    assert (pages[0], pages[-2]) == (1, 2)
    assert find_places(load_blank()("")).boxes.shape == (0, 4)


def test_segments_end_at_gaps_and_after_colons():
    segments = find_segments(make_doc(LINE))
    assert [s.text for s in segments] == ["Name:", "Jane Roe", "Age", "63"]
    assert [s.row for s in segments] == [0, 0, 0, 1]
    assert segments[1].box == (65, 10, 120, 20)


def test_segments_of_plain_text_end_at_several_spaces():
    segments = find_segments(load_blank()("Sex  male   Age 63\nNo fever."))
    assert [s.text for s in segments] == ["Sex  male", "Age 63", "No fever."]


def test_boxes_can_be_widened_to_segments():
    doc = make_doc(LINE)
    places = find_places(doc)
    boxes = widen_boxes(places, find_segments(doc, places))
    assert boxes[1].tolist() == boxes[2].tolist() == [65, 10, 120, 20]


def test_boxes_of_several_pages_end_with_the_first():
    doc = make_doc(LINE, LINE)
    box, page = find_box(find_places(doc), 0, len(doc))
    assert (box, page) == ((10, 10, 330, 50), 1)


def test_words_without_a_size_have_places():
    pages = make_pages(["x"], [(0, 0, 0, 0)], width=0, height=0)
    doc = make_form_doc(load_blank().vocab, pages)
    assert find_places(doc).boxes.tolist() == [[0, 0, 0, 0]]
