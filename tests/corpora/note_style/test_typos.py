import pytest

from spacy_clinical.corpora.note_style.edits import Draft
from spacy_clinical.corpora.note_style.typos import NEIGHBORS, make_typos


def test_neighbors_are_keys_beside_each_other():
    assert set(NEIGHBORS["s"]) == set("adwezx")
    assert set(NEIGHBORS["q"]) == set("wa")
    assert all(key in NEIGHBORS[other] for key in NEIGHBORS for other in NEIGHBORS[key])


def test_longer_words_are_mistyped_after_their_first_letter():
    text = "Severe pneumonia yesterday"
    for _ in range(50):
        draft = Draft(text)
        draft.apply(make_typos(draft, 1.0))
        old, new = text.split(), draft.text.split()
        assert [word[0] for word in old] == [word[0] for word in new]
        assert all(abs(len(a) - len(b)) <= 1 for a, b in zip(old, new, strict=True))
        assert old[0] != new[0] or old[0][1:] in ("evere",)


@pytest.mark.parametrize(
    "text", ["HbA1c 8.25 mg/dl COPD NSTEMI a1b2c3d4 pain x@there.com"]
)
def test_numbers_short_words_and_short_forms_stay(text):
    draft = Draft(text)
    assert draft.apply(make_typos(draft, 1.0)) == []
