import time

import pytest

from spacy_clinical.sentences import split_sentences


def sentences(text, **settings):
    starts = split_sentences(text, **settings)
    ends = [*starts[1:], len(text)]
    return [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith saw Mr. Jones.",
        "Pt. was seen.",
        "Takes 5 mg q.4 h. p.r.n. for pain.",
        "Lasix 20 mg p.o. b.i.d. was given.",
        "Lasix 20 mg p.o. Metoprolol too.",
        "Better vs. Worse was asked.",
        "Many, e.g. Aspirin, were tried.",
        "Seen in Fig. 2 and Figs. 3 to 5.",
        "Bed No. 5 was free.",
        "It took approx. 30 minutes.",
        "Smith et al. Lancet 2001.",
        "Referred by J. Smith and by A. B. Jones.",
        "H. pylori was found.",
        "pH was 7.35 on 2.5 L of oxygen.",
        "He waited ... and left.",
        "He moved to the U.S. Army.",
        "Seen on Jan. 5 by Dr. [**Name**].",
        "The mass (fig. 2.) was large.",
        "Is it better? not sure.",
        "Temp. 38.5 today.",
    ],
)
def test_full_stop_inside_a_sentence(sentence):
    assert sentences(f"He was ill. {sentence} She left.") == [
        "He was ill.",
        sentence,
        "She left.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "He left.|She stayed.",
        "Why now?|No idea!|Well.",
        "He has hepatitis C.|He is well.",
        "He takes vitamin D.|Labs are fine.",
        "Given at 9 p.m.|She slept.",
        "Given b.i.d.|He improved.",
        "It was 3.5 cm.|2 weeks later it was gone.",
        "Score was 15.|Pupils equal.",
        'He said "no."|She said yes.',
        "Large (see Fig. 2).|Then smaller.",
        "It was [3].|Next.",
        "As shown before.[12]|It was large.",
        "It had spread to bones.3|It was large.",
        "It was found.|The patient left.",
        "No.|He left.",
        "Seen by the pt.|The plan is clear.",
        "Plan: 1. CHF.|2. COPD.",
        "he was well.|she was not.",
        "Wait...|She left.",
    ],
)
def test_full_stop_ends_a_sentence(text):
    parts = text.split("|")
    gap = "" if parts[0] == "It was found." else " "
    assert sentences(gap.join(parts)) == parts


@pytest.mark.parametrize(
    "text",
    [
        "ALLERGIES|Penicillin",
        "Allergies:|Penicillin",
        "Allergies: penicillin|Medications: none",
        "- aspirin|- lasix",
        "• aspirin|• lasix",
        "* aspirin|* lasix",
        "1. aspirin|2. lasix 20 mg b.i.d.|10. rest",
        "1) aspirin|2) lasix",
        "Chest pain|Shortness of breath|Fever",
        "He was well.|She was not.",
        "BP 120/80|HR 70",
    ],
)
def test_line_break_ends_a_sentence(text):
    parts = text.split("|")
    assert sentences("\n".join(parts)) == parts
    assert sentences("\r\n".join(parts)) == parts


WRAPPED = (
    "The patient is a pleasant man who was admitted to the medical ward of the\n"
    "General Hospital with a long history of chest pain, which had been present for\n"
    "3 days, and was seen by Dr.\n"
    "Smith. He was well."
)


def test_line_break_inside_wrapped_text():
    assert [len(sentence) for sentence in sentences(WRAPPED)] == [187, 12]
    assert sentences("The patient was seen and\nevaluated. She left.") == [
        "The patient was seen and\nevaluated.",
        "She left.",
    ]


def test_line_breaks_setting():
    text = "Chest pain\nFever\n- cough\n\nwas seen\ntoday"
    always = ["Chest pain", "Fever", "- cough", "was seen", "today"]
    assert sentences(text, line_breaks="always") == always
    never = ["Chest pain\nFever", "- cough", "was seen\ntoday"]
    assert sentences(text, line_breaks="never") == never


def test_blank_line_ends_a_sentence():
    assert sentences("he was\n\nwell\n \t\nand left") == ["he was", "well", "and left"]


def test_abbreviations_setting():
    text = "Seen by Dcn. Smith."
    assert len(sentences(text)) == 2
    assert sentences(text, abbreviations=["Dcn."]) == [text]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\r\n \t"])
def test_text_without_words_has_no_sentences(text):
    assert split_sentences(text) == []


@pytest.mark.parametrize(
    "unit",
    [".", ". ", ".)", "a.", "\n", " ", "\n- a", "Dr. ", "1. ", "A\n", "[1", "A:"],
)
def test_split_sentences_takes_linear_time(unit):
    text = ". " + unit * (200_000 // len(unit))
    start = time.perf_counter()
    split_sentences(text)
    assert time.perf_counter() - start < 3
