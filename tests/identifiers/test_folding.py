from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.identifiers.folding import FoldedText
from tests.identifiers.marked import find, show


def test_places_are_found_again():
    text = "Jose\u0301 \u200bLee 555\u200b-01\u201199"
    folded = FoldedText(text)
    assert folded.text == "Jose Lee 555-01-99"
    place = folded.text.index("Jose")
    assert text[slice(*folded.locate(place, place + 4))] == "Jose\u0301"
    start = folded.text.index("555")
    assert text[slice(*folded.locate(start, start + 9))] == "555\u200b-01\u201199"


@given(st.text(alphabet="ab1-\n \u0301\u200b\u00a0\uff11@\u0430", max_size=60))
def test_the_places_of_all_characters_are_inside_and_in_order(text):
    folded = FoldedText(text)
    places = [folded.locate(i, i + 1) for i in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)
    assert not {"\u0301", "\u200b", "\u00a0", "\uff11"} & set(folded.text)


def test_identifiers_are_found_in_other_characters():
    for text in (
        "Phone: \uff12\uff10\uff12\u2010\uff15\uff15\uff15\u2010\uff10\uff11\uff19\uff19",
        "Phone:\u00a0202\u2013555\u20130199",
        "Phone: 202\u200b-555-0199",
        "Phone: 202-555-\n0199",
        "Phone: \u0662\u0660\u0662-\u0665\u0665\u0665-\u0660\u0661\u0669\u0669",
    ):
        [row] = find(text)
        assert row.label == "PHONE"
        assert show(text, [row])[0] == text[7:].strip()


def test_homoglyphs_and_hyphenation_hide_no_name():
    # The first letter is Cyrillic.
    text = "Mr. \u0421arter and Mr. Wil-\nson"
    assert show(text, find(text)) == ["\u0421arter", "Wil-\nson"]
