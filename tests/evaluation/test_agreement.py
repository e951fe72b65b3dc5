from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.evaluation.agreement import (
    NONE,
    Pair,
    measure_agreement,
    measure_kappa,
    to_json,
)
from spacy_clinical.evaluation.plots import draw_agreement

TEXT = "No fever, mild chest pain and a cough since May."


def at(words, label):
    start = TEXT.index(words)
    return start, start + len(words), label


FIRST = [at("fever", "Sign"), at("chest pain", "Sign"), at("May", "Date")]
SECOND = [at("fever", "Sign"), at("mild chest pain", "Sign"), at("cough", "Sign")]
PLACES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 8), st.sampled_from(["A", "B"])).map(
        lambda row: (row[0], row[0] + row[1], row[2])
    ),
    max_size=8,
)


def test_agreement_is_what_a_hand_counts():
    found = measure_agreement([Pair(TEXT, FIRST, SECOND)])
    sign, date = found.by_label
    assert (sign.label, sign.n_first, sign.n_second) == ("Sign", 2, 3)
    # One of two and three is the same: 2 * 1 / 5.
    assert sign.exact == pytest.approx(0.4)
    # 2/2 and 2/3 have a counterpart.
    assert sign.relaxed == pytest.approx(0.8)
    # Of 12 words, both have 3, the second 2 more, and both leave out 7:
    # (10/12 - (3*5 + 9*7)/144) / (1 - 78/144).
    assert found.n_words == 12
    assert sign.kappa == pytest.approx((120 - 78) / (144 - 78))
    assert (date.exact, date.relaxed) == (0.0, 0.0)
    assert found.confusion == {
        ("Sign", "Sign"): 2,
        ("Date", NONE): 1,
        (NONE, "Sign"): 1,
    }


def test_labels_that_differ_are_confused():
    found = measure_agreement([Pair(TEXT, [at("cough", "A")], [at("a cough", "B")])])
    assert found.confusion == {("A", "B"): 1}
    assert found.total.relaxed == 0.0


def test_kappa_of_cohens_kind():
    # Equal counts in both classes, and half of the things alike: nothing but chance.
    table = Counter({(a, b): 5 for a in "xy" for b in "xy"})
    assert measure_kappa(table) == 0.0
    assert measure_kappa(Counter({("x", "x"): 9})) is None
    assert measure_kappa(Counter()) is None
    assert measure_kappa(Counter({("x", "x"): 3, ("y", "y"): 1})) == 1.0


@given(PLACES, PLACES)
def test_agreement_is_the_same_either_way_round(first, second):
    text = "word " * 10
    there = measure_agreement([Pair(text, first, second)])
    back = measure_agreement([Pair(text, second, first)])
    for one, other in zip(there.by_label, back.by_label, strict=True):
        assert one.exact == pytest.approx(other.exact)
        assert one.relaxed == pytest.approx(other.relaxed)
        assert one.kappa == pytest.approx(other.kappa)
    assert there.n_words == back.n_words == 10


@given(PLACES)
def test_who_agrees_has_full_marks(places):
    found = measure_agreement([Pair("word " * 10, places, places)])
    for row in found.by_label:
        assert row.exact == row.relaxed == 1.0
        assert row.kappa is None or row.kappa == pytest.approx(1.0)
    assert all(first == second for first, second in found.confusion)


def test_notes_without_places_agree_on_nothing():
    found = measure_agreement([Pair("", [], []), Pair(TEXT, [], [])])
    assert found.n_notes == 2
    assert found.total.exact is None
    assert to_json(found)["by_label"] == {}


def test_many_places_take_little_time():
    text = "word " * 100_000
    places = [(i * 5, i * 5 + 4, "A") for i in range(100_000)]
    assert measure_agreement([Pair(text, places, places)]).total.exact == 1.0


def test_plots_are_drawn(tmp_path):
    found = measure_agreement([Pair(TEXT, FIRST, SECOND)])
    files = draw_agreement(found.by_label, found.confusion, tmp_path)
    assert [path.name for path in files] == ["agreement.svg", "confusion.svg"]
    assert all("<svg" in path.read_text("utf8") for path in files)
