import time

import pytest
import spacy

from spacy_clinical.tokenization.sentences import find_sentence_starts, split_sentences


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
    start = time.process_time()
    split_sentences(text)
    assert time.process_time() - start < 3


NARROW = (
    "The patient is a pleasant woman who came to the clinic with her\n"
    "Son and her daughter. She had been well until a week ago, when\n"
    "she noticed swelling of both legs. Her family doctor at Saint\n"
    "Mary Hospital gave furosemide, and the swelling was soon less.\n"
)
NARROW_SENTENCES = [
    "The patient is a pleasant woman who came to the clinic with her\n"
    "Son and her daughter.",
    "She had been well until a week ago, when\nshe noticed swelling of both legs.",
    "Her family doctor at Saint\n"
    "Mary Hospital gave furosemide, and the swelling was soon less.",
]
WIDE = (
    "On the second day he was seen by the team of the cardiac unit, who thought that\n"
    "Metoprolol should be stopped. He was then watched for two more days, and at the\n"
    "end of these the rate was 70 to 80 at rest, and no more than 95 as he walked up\n"
    "Two flights.\n"
)


# issue 15
@pytest.mark.parametrize(
    "other",
    ["x" * 131, f"{'word ' * 60}end.", "word " * 18, WIDE, f"- {'item ' * 25}", ""],
)
@pytest.mark.parametrize("gap", ["\n\n", "\n \n"])
def test_width_of_wrapped_text_is_that_of_its_paragraph(other, gap):
    assert sentences(f"{other}{gap}{NARROW}")[-3:] == NARROW_SENTENCES
    assert sentences(f"{NARROW}{gap}{other}")[:3] == NARROW_SENTENCES


def test_short_wrapped_paragraphs_have_the_width_of_others():
    short = (
        "Her blood pressure was measured in the clinic of Dr. Green and\nMrs. Brown."
    )
    for note in (f"{WIDE}\n{NARROW}\n{short}", f"{short}\n\n{WIDE}\n{NARROW}"):
        assert short in sentences(note)


@pytest.mark.parametrize("long", ["", f"{'word ' * 60}end.\n\n"])
def test_lines_that_stand_alone_are_no_wrapped_text(long):
    lines = [
        "Chest pain that comes with effort and goes with rest, two months",
        "Shortness of breath on stairs, one flight",
        "Swelling of both ankles in the evening, gone in the morning, new",
        "Fever",
    ]
    found = sentences(long + "\n".join(lines[1:]))
    assert found[-3:] == lines[1:]


@pytest.mark.parametrize(
    "sentence",
    [
        "On the way down the ward she only turned\n45.",
        "She thought that it might have been hepatitis\nC.",
        "After the fall at home she was brought to the\nED.",
        "After the fall at home she was taken to our local\nED.",
        "After two days on the ward he was sent to the\nMICU.",
        "She was seen in the clinic this morning by\nJ. Smith.",
        "The pressure in the artery was found to be\n(2) high.",
        "He was seen in the clinic this morning by Dr.\nSmith.",
    ],
)
def test_a_number_or_name_at_a_lines_start_may_end_a_sentence(sentence):
    text = f"It was late. {sentence} He then went home."
    assert sentences(text) == ["It was late.", sentence, "He then went home."]


@pytest.mark.parametrize(
    "text",
    [
        "1. aspirin once every morning|2. lasix 20 mg every day|3. rest at home",
        "1) one thing to do|2) another thing to do|4) the last thing to do",
        "a. weights every day at home|b. a diet low in salt|c. see me in a week",
        "Plan is as was told to them|1. aspirin once a day|2. lasix once a day",
        "1. heart failure, now stable|a. lasix as before|b. weights|2. gout, quiet",
        "She has these problems:|3. heart failure|4. gout",
        "He was seen in the clinic.|45. He then went home.",
        "NKDA|VSS|EKG normal",
        "Chest pain|FAMILY HISTORY|None",
    ],
)
def test_items_still_start_sentences(text):
    parts = text.split("|")
    assert sentences("\n".join(parts)) == parts


IN_CAPITALS = (
    "HISTORY OF PRESENT ILLNESS\n"
    "THE PATIENT IS A 62 YEAR OLD MAN WHO WAS ADMITTED WITH TWO DAYS OF CHEST\n"
    "PAIN AND SHORTNESS OF\nBREATH. HE WAS WELL.\n\n"
    "ALLERGIES\nPENICILLIN\nSULFA\nHEPATITIS A\nVACCINE"
)


def test_sentences_of_a_note_in_capitals_go_on_over_lines():
    title, first, second, *items = sentences(IN_CAPITALS)
    assert title == "HISTORY OF PRESENT ILLNESS"
    assert first.endswith("CHEST\nPAIN AND SHORTNESS OF\nBREATH.")
    assert second == "HE WAS WELL."
    assert items == ["ALLERGIES", "PENICILLIN", "SULFA", "HEPATITIS A", "VACCINE"]


def test_long_items_in_capitals_stand_alone():
    items = [
        "ASPIRIN 81 MG TABLET TAKE ONE TABLET BY MOUTH EVERY DAY",
        "LISINOPRIL 10 MG TABLET TAKE ONE TABLET BY MOUTH EVERY DAY",
        "SALINE SPRAY AS NEEDED",
    ]
    assert sentences("\n".join(items)) == items


def test_sentences_start_where_the_doc_has_them_or_the_text():
    nlp = spacy.blank("en")
    doc = nlp("No fever. Cough")
    assert find_sentence_starts(doc, doc.text) == [0, 10]
    doc[1].is_sent_start = True
    assert find_sentence_starts(doc, doc.text) == [0, 3]
    assert find_sentence_starts(nlp(""), "") == []
