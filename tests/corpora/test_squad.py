"""SQuAD's format, with what is wrong in published files."""

import json

import pytest
import spacy

from spacy_clinical.corpora.folds import Folds
from spacy_clinical.corpora.squad import SquadCorpus, read_squad
from spacy_clinical.errors import CodedValueError, CodedWarning

TEXT = "The patient denies fever. He takes aspirin 81 mg daily for his heart."


def qa(name, question, *answers):
    found = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": name, "question": question, "answers": found}


def write(path, *paragraphs):
    articles = [
        {"paragraphs": [{"context": text, "qas": qas}]} for text, qas in paragraphs
    ]
    path.write_text(json.dumps({"data": articles}), encoding="utf8")
    return path


@pytest.fixture
def nlp():
    return spacy.blank("en")


def read(nlp, path, **settings):
    return list(SquadCorpus(path, **settings)(nlp))


def test_examples_have_questions_and_all_answers(nlp, tmp_path):
    drug = TEXT.index("aspirin")
    path = write(
        tmp_path / "a.json",
        (
            TEXT,
            [
                qa(7, "Which drug?", ("aspirin", drug), ("aspirin 81 mg", drug)),
                qa("none", "Which surgery?"),
            ],
        ),
    )
    [example] = read(nlp, path)
    asked = {"7": "Which drug?", "none": "Which surgery?"}
    assert example.predicted._.questions == asked
    assert example.predicted._.answers == []
    first, second = example.reference._.answers
    assert (first["text"], first["start_char"]) == ("aspirin", drug)
    assert [one["text"] for one in first["n_best"]] == ["aspirin", "aspirin 81 mg"]
    assert (second["text"], second["start_char"], second["n_best"]) == ("", None, [])


def test_wrong_offsets_are_left_out_and_counted(nlp, tmp_path):
    drug = TEXT.index("aspirin")
    path = write(
        tmp_path / "a.json",
        (
            TEXT,
            [
                qa("both", "Which drug?", ("aspirin", drug + 1), ("aspirin", drug)),
                qa("wrong", "Which dose?", ("81 mg", 3)),
                qa("before", "Which dose?", ("81 mg", -30)),
                qa("blank", " ?", ("81 mg", TEXT.index("81"))),
            ],
        ),
    )
    with pytest.warns(CodedWarning) as warned:
        [example] = read(nlp, path)
    messages = [str(one.message) for one in warned]
    assert any("[W901] 3 of 5 answers in 'a.json'" in text for text in messages)
    assert any("[W902] 1 questions in 'a.json'" in text for text in messages)
    [answer] = example.reference._.answers
    assert (answer["question"], answer["start_char"]) == ("both", drug)


def test_halves_of_surrogate_pairs_are_replaced(nlp, tmp_path):
    broken = qa(1, "Which \ud800?", ("\ud83d fever", 2))
    path = write(tmp_path / "a.json", ("A \ud83d fever.", [broken]))
    [example] = read(nlp, path)
    assert example.predicted._.questions == {"1": "Which \ufffd?"}
    assert example.reference._.answers[0]["text"] == "\ufffd fever"


def test_questions_with_one_id_are_told_apart(nlp, tmp_path):
    path = write(tmp_path / "a.json", (TEXT, [qa(1, "a?"), qa(1, "b?")]))
    [example] = read(nlp, path)
    assert example.predicted._.questions == {"1": "a?", "1'": "b?"}


def test_many_questions_are_in_several_examples(nlp, tmp_path):
    path = write(tmp_path / "a.json", (TEXT, [qa(i, f"q{i}?") for i in range(20)]))
    sizes = [len(one.reference._.answers) for one in read(nlp, path)]
    assert sizes == [8, 8, 4]
    assert len(read(nlp, path, max_questions=0)) == 1


@pytest.mark.parametrize("word", ["first", "middle", "last"])
def test_long_contexts_are_cut_around_the_answer(nlp, tmp_path, word):
    words = ["first", *["x"] * 40, "middle", *["y"] * 40, "last"]
    text = " ".join(words)
    path = write(tmp_path / "a.json", (text, [qa(1, "q?", (word, text.index(word)))]))
    for _ in range(20):
        examples = read(nlp, path, max_words=10, n_without=1)
        first, *others = examples
        assert first.reference._.answers[0]["text"] == word
        for example in examples:
            doc, [answer] = example.reference, example.reference._.answers
            assert len(doc) == 10
            if answer["text"]:
                span = doc.text[answer["start_char"] : answer["end_char"]]
                assert span == answer["text"]
        for example in others:
            assert example.reference._.answers[0]["n_best"] == []
            assert word not in example.reference.text
    # Shorter ones stay whole.
    [example] = read(nlp, path, max_words=100)
    assert example.reference.text == text


def test_folds_are_of_articles(nlp, tmp_path):
    paragraphs = [(f"text {i}", [qa(i, "q?")]) for i in range(10)]
    path = write(tmp_path / "a.json", *paragraphs)
    kept = [one.reference.text for one in read(nlp, path, fold=1)]
    left_out = [one.reference.text for one in read(nlp, path, fold=1, held_out=True)]
    assert (len(kept), len(left_out)) == (8, 2)
    assert sorted(kept + left_out) == [text for text, _ in paragraphs]
    assert Folds(None, held_out=True).choose("abc") == ["a", "b", "c"]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        "{}",
        '{"data": 1}',
        '{"data": []}',
        '{"data": [{"paragraphs": [{"context": 1, "qas": []}]}]}',
        '{"data": [{"paragraphs": [{"context": "a", "qas": [{"question": 1}]}]}]}',
        "[" * 99999,
    ],
)
def test_other_formats_are_refused(tmp_path, data):
    (tmp_path / "a.json").write_text(data, encoding="utf8")
    with pytest.raises(CodedValueError, match=r"\[C967\] 'a.json'"):
        read_squad(tmp_path / "a.json")


def test_paths_are_needed_and_folders_read(nlp, tmp_path):
    with pytest.raises(CodedValueError, match=r"\[C966\]"):
        SquadCorpus(None)
    with pytest.raises(CodedValueError, match=r"\[C302\]"):
        read(nlp, tmp_path / "none.json")
    write(tmp_path / "a.json", (TEXT, [qa(1, "a?")]))
    write(tmp_path / "b.json", (TEXT, [qa(2, "b?")]))
    names = [one.reference._.answers[0]["question"] for one in read(nlp, tmp_path)]
    assert names == ["1", "2"]
