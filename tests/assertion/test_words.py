from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.assertion.words import WORD, Stretches, locate_words

TEXTS = st.text(alphabet="ab9-'_( \n\t\u00a0.:\u00e9\u2610", max_size=60)


@given(TEXTS)
def test_stretches_have_the_words_of_the_text(text):
    stretches = Stretches()
    for _ in range(2):
        assert stretches.split(text.split()) == WORD.findall(text)


@given(TEXTS)
def test_words_are_located_where_they_are(text):
    matches = list(WORD.finditer(text))
    words = [match[0] for match in matches]
    starts = [match.start() for match in matches]
    assert locate_words(words, text, 0) == (starts, [match.end() for match in matches])


def test_few_and_short_stretches_are_kept(monkeypatch):
    monkeypatch.setattr("spacy_clinical.assertion.words._MAX_STRETCHES", 2)
    stretches = Stretches()
    assert stretches.split(["a-b", "c", "d", "e", "x" * 99]) == [*"abcde", "x" * 99]
    assert "x" * 99 not in stretches
    assert len(stretches) <= 3
