from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.assertion import hints as module
from spacy_clinical.assertion.hints import Hints, is_hints

NAMES = ("is_negated", "is_uncertain")


def find(hints, text, said, starts=(0,), place=0):
    return list(Hints(hints).find_asked(text, starts, [place], [said], NAMES))


def test_without_hints_all_are_asked():
    assert find({}, "fever", [2, 2]) == [0]


def test_hints_count_for_their_attribute_only():
    hints = {"is_negated": ["no"], "is_uncertain": ["may"]}
    assert find(hints, "May be fever", [0, 0]) == [0]
    assert find(hints, "may be fever", [0, 2]) == []
    assert find(hints, "no fever", [2, 0]) == []
    assert find(hints, "no fever", [1, 0]) == [0]
    assert find(hints, "nowhere a fever", [0, 0]) == []


def test_an_attribute_without_a_list_is_always_asked():
    assert find({"is_uncertain": []}, "fever", [0, 0]) == [0]
    assert find({"is_uncertain": [], "is_negated": []}, "fever", [0, 0]) == []


def test_a_hint_counts_in_its_sentence():
    hints = {"is_negated": [], "is_uncertain": ["may"]}
    assert find(hints, "It may. A fever.", [0, 0], (0, 8), 10) == []
    assert find(hints, "It may. A fever.", [0, 0], (0, 8), 1) == [0]
    assert find(hints, "It may. A fever.", [0, 0], (8,), 1) == [0]


@given(st.text(max_size=40), st.lists(st.integers(0, 40), max_size=4))
def test_any_text_can_be_looked_up(text, starts):
    asked = find({"is_negated": ["no"]}, text, [0, 0], sorted(starts), len(text) // 2)
    assert asked == [0]


def test_many_stretches_are_forgotten_again(monkeypatch):
    monkeypatch.setattr(module, "_MAX_STRETCHES", 2)
    hints = Hints({name: [] for name in NAMES} | {"is_uncertain": ["may"]})
    for text in ("a b c", "d e f", "g may"):
        found = hints.find(text)
    assert found & 2
    assert len(hints._known) <= 3


def test_hints_are_lists_of_words():
    assert is_hints({"is_negated": ["no"]})
    assert not is_hints({"is_negated": "no"})
    assert not is_hints({"is_negated": [1]})
