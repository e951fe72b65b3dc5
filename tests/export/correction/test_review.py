import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.export.correction.annotated import Annotated, Mark
from spacy_clinical.export.correction.review import (
    COLUMNS,
    Measures,
    Seen,
    make_rows,
    measure_note,
    rank_notes,
)
from spacy_clinical.types import Note


def make(name, text, *scores, label="Sign"):
    marks = [Mark("entities", 0, 2, label, score=score) for score in scores]
    return Annotated(Note(name, text, {}, "x"), marks, [])


def test_measures_count_what_is_near_and_new():
    seen = Seen([make("a", "No fever since May.", 0.9)])
    found = measure_note(
        make("b", "No chills. No FEVER 38.", 0.69, 0.31, 0.1, None, label="New"),
        seen,
        threshold=0.5,
    )
    assert (found.n_words, found.n_entities, found.n_unsure) == (4, 4, 2)
    assert (found.n_new_words, found.n_new_labels) == (1, 1)
    assert (found.unsure, found.novel) == (500.0, 500.0)
    assert found.disagreement is None


def test_without_known_notes_what_one_note_has_is_new():
    notes = [make("a", "no fever"), make("b", "no chills no chills")]
    seen = Seen(notes)
    new = [measure_note(n, seen, threshold=0.5, least=2).n_new_words for n in notes]
    assert new == [1, 1]


@pytest.mark.parametrize(
    ("other", "expected"),
    [([], 1.0), ([Mark("entities", 0, 2, "Sign")], 1 / 3), (None, None)],
)
def test_disagreement_is_what_is_missing_of_f1(other, expected):
    one = make("a", "no fever", 0.9, 0.9)
    found = measure_note(one, Seen(), threshold=0.5, other=other)
    assert found.disagreement == pytest.approx(expected)


def test_pipelines_that_find_nothing_agree():
    found = measure_note(make("a", "no"), Seen(), threshold=0.5, other=[])
    assert found.disagreement == 0.0


def test_the_note_with_most_to_correct_is_first():
    notes = [
        Measures("sure", "x", 100, 5, 0, 0, 0, 0.0),
        Measures("worst", "x", 100, 5, 4, 9, 1, 0.6),
        Measures("long", "x", 1000, 50, 4, 9, 1, 0.1),
    ]
    ranked = rank_notes(notes)
    assert [note.id for _, note in ranked] == ["worst", "long", "sure"]
    assert [round(p, 3) for p, _ in ranked] == [1.0, 0.5, 0.0]
    first, *_ = make_rows(ranked)
    assert tuple(first) == COLUMNS
    assert first["reasons"] == (
        "4 of 5 entities near the threshold; 9 new words; 1 new label; "
        "the pipelines differ in 60 % of entities"
    )


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 3), max_size=9))
def test_all_notes_are_ranked_once(rows):
    notes = [
        Measures(str(i), "x", 10, 9, a, b, 0, c / 9) for i, (a, b, c) in enumerate(rows)
    ]
    ranked = rank_notes(notes)
    assert sorted(note.id for _, note in ranked) == sorted(n.id for n in notes)
    priorities = [priority for priority, _ in ranked]
    assert priorities == sorted(priorities, reverse=True)
    assert all(0 <= priority <= 1 for priority in priorities)
