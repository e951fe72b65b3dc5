import time

import numpy
import pytest
import spacy
from numpy import log

from spacy_clinical.questions.retrieval import (
    K1,
    B,
    SentenceIndex,
    list_stems,
    read_question,
)
from tests.conftest import NOTES


def score_sentences(question, *sentences):
    return SentenceIndex(*sentences).score(question)


def test_scores_by_hand():
    """Three sentences of 2, 2 and 4 words; "fever" is in two of them, "smokes" in one."""
    sentences = ["fever yesterday", "smokes daily", "fever fever chills cough"]
    scores = score_sentences("Does the patient smoke, or is there fever?", sentences)
    mean = 8 / 3
    norm = [K1 * (1 - B + B * n / mean) for n in (2, 2, 4)]
    fever, smoke = log(1 + 1.5 / 2.5), log(1 + 2.5 / 1.5)
    expected = [
        fever * (K1 + 1) / (1 + norm[0]),
        smoke * (K1 + 1) / (1 + norm[1]),
        fever * 2 * (K1 + 1) / (2 + norm[2]),
    ]
    assert scores == pytest.approx(expected)


def test_words_are_compared_by_their_first_letters_without_stop_words():
    words = "The patient's SMOKING, smoker, smokes; what? medication, an ill"
    assert list_stems(words) == [*["smok"] * 3, "medicati", "ill"]
    assert list_stems("") == []
    assert score_sentences("", ["a", ""]).tolist() == [0.0, 0.0]
    assert len(score_sentences("pain", [])) == 0


def test_words_of_headings_count_half():
    sentences, headings = ["aspirin daily", "fever daily"], {"Fever:": [0]}
    plain = score_sentences("fever?", sentences)
    over = score_sentences("fever?", sentences, headings)
    assert plain[0] == 0 < over[0] < over[1]
    names = score_sentences("medications?", sentences, {"discharge_medications": [0]})
    assert names[0] > 0 == names[1]
    # Of this heading, a third is asked for.
    other = {"estimated_blood_loss": [0]}
    assert score_sentences("blood pressure?", sentences, other).tolist() == [0, 0]


def test_short_forms_are_what_they_stand_for():
    sentences = ["VS: BP 142/85", "HTN, on aspirin", "the pressure of the blood"]

    def choose(question):
        return int(score_sentences(question, sentences).argmax())

    assert choose("What was the blood pressure?") in (0, 2)
    assert score_sentences("blood pressure", sentences)[0] > 0
    assert choose("Does she have hypertension?") == 1
    assert score_sentences("Any SOB?", ["shortness of breath", "sobbing"]).argmax() == 0
    # Words that are written like short forms are words.
    wanted, short_forms = read_question("Who was it? as in pain")
    assert (wanted, short_forms) == ({"pain"}, {})


def make_nlp(encoder=None, **settings):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    model = {"@architectures": "spacy-clinical.SentenceRetrieval.v1", **settings}
    if encoder is not None:
        model["encoder"] = {
            "@architectures": "spacy-clinical.HFEncoder.v1",
            "checkpoint": str(encoder),
        }
    nlp.add_pipe("clinical_qa", config={"model": model})
    return nlp


NOTE = "HPI:\nChest pain. No fever today.\n\nMEDICATIONS: aspirin daily\n\nPLAN:\n\n"


def test_sentences_are_answers():
    nlp = make_nlp()
    qa = nlp.get_pipe("clinical_qa")
    doc = nlp(NOTE)
    [fever, drugs, plan, nothing] = qa.ask(
        doc, ["any fever?", "Which medications?", "What is the plan?", "rash?"]
    )
    assert (fever["text"], fever["section"]) == (
        "No fever today.",
        "history_of_present_illness",
    )
    # A title says what its text is about, and is no answer itself.
    assert drugs["text"] == "aspirin daily"
    assert (plan["text"], nothing["text"]) == ("", "")
    # Neither is a line that names what follows.
    labels = nlp("PLAN:\nMedications for pain:\n- aspirin\n")
    [found] = qa.ask(labels, "Which pain medications?")
    assert not found["text"].endswith(":")
    assert 0 < fever["score"] < 1
    assert NOTE[fever["start_char"] : fever["end_char"]] == fever["text"]


@pytest.mark.parametrize("note", NOTES)
def test_odd_notes(note):
    [record] = (
        make_nlp()
        .get_pipe("clinical_qa")
        .ask(make_nlp()(note), "chest pain or fever or aspirin?")
    )
    assert record["text"] in note


def test_lines_are_taken_without_sentences():
    nlp = make_nlp()
    doc = nlp.make_doc("one fever\ntwo pain\nthree")
    [record] = nlp.get_pipe("clinical_qa").ask(doc, "pain?")
    assert record["text"] == "two pain"


def test_vectors_of_an_encoder_count_too(tiny_ner, tmp_path):
    nlp = make_nlp(tiny_ner, weight=1000.0)
    qa = nlp.get_pipe("clinical_qa")
    doc = nlp("Rash. Cough and cold. No fever today.")
    [record] = qa.ask(doc, "Cough and cold.", top_k=9)
    # Its own vector is the most similar one.
    assert record["text"] == "Cough and cold."
    assert len(record["n_best"]) == 3
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    other = again.get_pipe("clinical_qa").ask(again(doc.text), "Cough and cold.")
    assert other[0]["text"] == "Cough and cold."
    assert numpy.isfinite(record["score"])


def test_it_is_not_trained(tmp_path):
    nlp = make_nlp()
    optimizer = nlp.initialize()
    assert nlp.update([], sgd=optimizer) == {}
    assert not nlp.get_pipe("clinical_qa").is_trainable
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path).get_pipe("clinical_qa").ask(nlp("pain"), "pain?")


def test_a_thousand_questions_take_little_longer_than_one():
    nlp = make_nlp()
    qa = nlp.get_pipe("clinical_qa")
    doc = nlp("HPI:\n" + "".join(f"Pain number{i}. No fever.\n" for i in range(300)))
    start = time.process_time()
    [alone] = qa.ask(doc, ["Where is number7?"])
    one = time.process_time() - start
    asked = {str(i): f"Where is number{i}?" for i in range(1000)}
    start = time.process_time()
    found = qa.ask(doc, asked)
    assert time.process_time() - start < 300 * one + 2
    assert [row["question"] for row in found] == list(asked)
    same = {key: alone[key] for key in ("text", "start_char", "score")}
    assert same == {key: found[7][key] for key in same}
    assert found[999]["text"] == ""


def test_vectors_are_computed_once_for_all_questions(tiny_ner):
    nlp = make_nlp(tiny_ner)
    qa = nlp.get_pipe("clinical_qa")
    doc = nlp(NOTE)
    questions = ["any fever?", "Which medications?", "Chest pain?"]
    together = qa.ask(doc, questions)
    alone = [qa.ask(doc, question)[0] for question in questions]
    for one, other in zip(together, alone, strict=True):
        assert one["text"] == other["text"]
        assert one["score"] == pytest.approx(other["score"], abs=1e-4)
