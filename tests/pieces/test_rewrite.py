import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.pieces.rewrite import Rewording, rewrite
from spacy_clinical.pieces.text import read_doc, read_note
from tests.conftest import load_blank

NOTE = """\
Chief Complaint:
SOB

Past Medical History:
HTN, DM II
CHF. No MI.
"""
LONG = {"SOB": "shortness of breath", "HTN": "hypertension", "DM II": "diabetes"}


@pytest.fixture(scope="module")
def nlp():
    return load_blank("clinical_section_splitter", "clinical_sentencizer")


def reword(written, forms=LONG):
    found = ((written.index(form), form) for form in forms if form in written)
    return [Rewording(i, i + len(form), forms[form]) for i, form in sorted(found)]


def test_new_words_have_the_place_of_the_old(nlp):
    doc = nlp(NOTE)
    text = rewrite(read_note(doc), reword(NOTE))
    assert text.text == NOTE.replace("SOB", LONG["SOB"]).replace(
        "HTN, DM II", "hypertension, diabetes"
    )
    for form, words in LONG.items():
        start = text.text.index(words)
        # Any part of them stands for all that was reworded.
        for end in range(start + 1, start + len(words) + 1):
            [(first, last)] = text.find_sources(start, end)
            assert NOTE[first:last] == form
    line = text.text.index("hypertension")
    assert text.find_sources(line, text.text.index("CHF")) == [
        (NOTE.index("HTN"), NOTE.index("CHF"))
    ]
    for token, (start, end) in zip(text.token_ids, text.tokens, strict=True):
        old = doc[int(token)].text
        new = text.text[start:end]
        assert new == old or old in {"SOB", "HTN"} or new == "diabetes"
    starts = {text.text[i:].split()[0] for i in text.sentences}
    assert {"CHF.", "No", "Past"} <= starts


def test_an_admission_note_is_reworded(nlp):
    doc = nlp(NOTE)
    text = rewrite(read_note(doc, "admission"), reword(NOTE))
    assert "CHIEF COMPLAINT: shortness of breath\n\n" in text.text
    assert "MEDICAL HISTORY: hypertension, diabetes CHF. No MI." in text.text
    for start, end in text.titles:
        assert text.text[start:end].isupper()
        assert text.find_sources(start, end) == []
    start = text.text.index("hypertension")
    assert text.find_sources(start, start + 5) == [
        (NOTE.index("HTN"), NOTE.index("HTN") + 3)
    ]


def test_what_is_not_in_the_text_or_crosses_a_border_stays(nlp):
    doc = nlp(NOTE)
    text = read_note(doc, ["past_medical_history"])
    border = NOTE.index("CHF")
    assert rewrite(text, reword(NOTE, {"SOB": "x"})) is text
    assert rewrite(text, [Rewording(border - 3, border + 2, "x")]) is text
    assert rewrite(text, [Rewording(5, 5, "x")]) is text
    assert rewrite(read_doc(nlp("")), [Rewording(0, 3, "x")]).text == ""


@settings(deadline=None, max_examples=150)
@given(
    written=st.text(st.sampled_from("ab .\n:HX"), max_size=60),
    cuts=st.lists(
        st.tuples(st.integers(0, 60), st.text("xy z", min_size=1, max_size=9))
    ),
    sections=st.sampled_from(["all", "admission", ["other"]]),
)
def test_tokens_and_places_are_kept(nlp, written, cuts, sections):
    doc = nlp(written)
    text = read_note(doc, sections)
    places = sorted({min(at, len(written)) for at, _ in cuts})
    words = [word for _, word in cuts]
    pairs = zip(places[::2], places[1::2], words, strict=False)
    rewordings = [Rewording(*pair) for pair in pairs]
    new = rewrite(text, rewordings)
    assert numpy.array_equal(new.token_ids, text.token_ids)
    assert new.tokens.shape == text.tokens.shape
    assert len(new.sentences) == len(text.sentences)
    assert len(new.sections) == len(text.sections)
    assert (numpy.diff(new.tokens[:, 0]) >= 0).all()
    for borders in (new.sentences, new.sections):
        assert borders == sorted(borders)
    # Each place is that of the old text, widened to what was reworded.
    assert new.find_sources(0, len(new.text)) == text.find_sources(
        0, len(text.text)
    ) or (new.ends)
    covered = {i for s in text.find_sources(0, len(text.text)) for i in range(*s)}
    assert covered == {i for s in new.find_sources(0, len(new.text)) for i in range(*s)}
    for (old_start, old_end), (start, end) in zip(text.tokens, new.tokens, strict=True):
        [*old] = text.find_sources(int(old_start), int(old_end))
        [*got] = new.find_sources(int(start), int(end))
        assert all(any(g[0] <= o[0] and o[1] <= g[1] for g in got) for o in old)


def test_nothing_to_reword_gives_the_same_text(nlp):
    text = read_note(nlp(NOTE))
    assert rewrite(text, []) is text


def test_a_long_note_takes_linear_time(nlp):
    doc = spacy.blank("en")("HTN and CHF. " * 5000)
    text = read_note(doc)
    new = rewrite(
        text, [Rewording(13 * i, 13 * i + 3, "hypertension") for i in range(5000)]
    )
    assert new.text == "hypertension and CHF. " * 5000
