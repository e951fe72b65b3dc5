import random

import pytest

from spacy_clinical.corpora.note_style.layout import split_sentences


def test_split_sentences_knows_stops_that_end_none():
    text = "Dr. Roe gave 2.5 mg. It hurts! Why?\nNo. 3 is fine. A. Poe came."
    found = [text[start:end] for start, end in split_sentences(text)]
    assert found == [
        "Dr. Roe gave 2.5 mg.",
        "It hurts!",
        "Why?",
        "No. 3 is fine.",
        "A. Poe came.",
    ]


@pytest.fixture
def marks(monkeypatch):
    """Choose the first of all choices."""
    monkeypatch.setattr(random, "choice", lambda options: options[0])


@pytest.mark.usefixtures("marks")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<S>Pain</S>. No <S>fever</S>.", "- <S>Pain</S>\n- No <S>fever</S>"),
        ("Plan: Rest. Walk.\nSee Dr. Roe.", "Plan:\n- Rest\n- Walk\nSee Dr. Roe."),
        ("Only one.", "- Only one"),
        # Items already, and the lines of a text.
        ("- Rest. Walk.\n2. Eat.", "- Rest. Walk.\n2. Eat."),
        ("One line.\nAnother line.", "One line.\nAnother line."),
        ("5.5 mg. etc.", "- 5.5 mg. etc"),
    ],
)
def test_sentences_become_items(rewrite, text, expected):
    assert rewrite(text, bullets=1.0) == expected


def test_items_may_be_numbered(rewrite, monkeypatch):
    monkeypatch.setattr(random, "choice", lambda options: options[-1])
    assert rewrite("Rest. Walk. Eat.", bullets=1.0) == "1) Rest\n2) Walk\n3) Eat"


@pytest.mark.usefixtures("marks")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He has <D>gout</D>, <D>asthma</D> and <D>HTN</D>.", "PMH: <D>gout</D>, <D>asthma</D>, <D>HTN</D>"),
        (
            "He came. He has <S>pain</S> and <S>fever</S>. He went.",
            "He came.\nCC: <S>pain</S>, <S>fever</S>\nHe went.",
        ),
        (
            "He takes <M>insulin</M> <Dosage>5 units</Dosage> and <M>iron</M>.\nPlan",
            "Meds: <M>insulin</M> <Dosage>5 units</Dosage>, <M>iron</M>\nPlan",
        ),
        (
            "Has <S>edema</S> of the <Biological_structure>legs</Biological_structure> and <S>pain</S>",
            "CC: <S>edema</S> of the <Biological_structure>legs</Biological_structure>, <S>pain</S>",
        ),
    ],
)  # fmt: skip
def test_sentences_of_findings_become_lists(rewrite, text, expected):
    assert rewrite(text, lists=1.0) == expected


@pytest.mark.parametrize(
    "text",
    [
        "He has <D>gout</D>.",
        "He denies <D>gout</D> and <D>asthma</D>.",
        "His mother had <D>gout</D> and <D>asthma</D>.",
        "He has <D>gout</D> but no <D>asthma</D>.",
        "He has <D>gout</D> and <S>pain</S>.",
        "He has <D>gout</D> and <D>asthma</D> and takes <M>iron</M>.",
        "He has <D>gout</D>.\nHe has <D>asthma</D>.",
    ],
)
def test_what_a_list_would_change_the_meaning_of_stays(rewrite, text):
    assert rewrite(text, lists=1.0) == text


def test_long_lines_are_wrapped_at_one_column(rewrite):
    text = "Severe <S>chest pain</S> since last night, worse on the left side. " * 6
    wrapped = rewrite(f"{text}\n\nShort line.", wrap=1.0)
    assert " ".join(wrapped.split()) == " ".join(f"{text} Short line.".split())
    assert wrapped.endswith("\n\nShort line.")
    plain = wrapped.replace("<S>", "").replace("</S>", "")
    lengths = [len(line) for line in plain.split("\n")]
    assert 20 < max(lengths) <= 101
    assert len(lengths) > 5


def test_short_lines_and_long_words_are_not_wrapped(rewrite):
    for text in ("Short line.\nAnother.", "x" * 300):
        assert rewrite(text, wrap=1.0) == text
