"""SQuAD's measures, worked out by hand."""

import pytest
import spacy
from spacy.training import Example

from spacy_clinical.evaluation.pair_scorer import score_pairs
from spacy_clinical.evaluation.qa_scorer import (
    find_f,
    list_gold,
    normalize_answer,
    score_answers,
    score_text,
)


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("The  Aspirin, 81-mg.", "aspirin 81mg"),
        ("an ANA test", "ana test"),
        ("a", ""),
        ("theatre", "theatre"),
        ("chest\npain", "chest pain"),
        ("\u00e9t\u00e9 \u2013 x", "\u00e9t\u00e9 \u2013 x"),
    ],
)
def test_answers_are_normalized_as_squads_script_does(text, normalized):
    assert normalize_answer(text) == normalized


@pytest.mark.parametrize(
    ("text", "gold", "f"),
    [
        ("chest pain", "chest pain", 1.0),
        # 2 of 3 words, and 2 of 2.
        ("severe chest pain", "the chest pain", 0.8),
        # A word counts as often as it is in both.
        ("pain pain", "pain", 2 / 3),
        ("fever", "chest pain", 0.0),
        ("", "", 1.0),
        ("", "pain", 0.0),
        ("the", "", 1.0),
    ],
)
def test_f_of_words(text, gold, f):
    assert find_f(text, gold) == pytest.approx(f)


def test_the_best_of_several_gold_answers_counts():
    assert score_text("aspirin", ["aspirin 81 mg", "Aspirin."]) == (1.0, 1.0)
    assert score_text("aspirin 81", ["aspirin 81 mg", "x"]) == (0.0, 0.8)
    # An answer that is nothing but an article is none.
    assert list_gold({"text": "a", "n_best": [{"text": "a"}]}) == [""]
    assert list_gold({"text": "b", "n_best": []}) == ["b"]
    assert list_gold({"text": "", "n_best": []}) == [""]


def make_example(nlp, gold, found):
    example = Example(nlp.make_doc("x"), nlp.make_doc("x"))
    example.reference._.answers = [
        {"question": q, "text": texts[0], "n_best": [{"text": t} for t in texts if t]}
        for q, texts in gold.items()
    ]
    example.predicted._.answers = [
        {"question": q, "text": text} for q, text in found.items()
    ]
    return example


def test_questions_count_each_by_itself():
    """Six questions: right, half right (F1 2/3), wrong, rightly and wrongly without an
    answer, and not asked."""
    nlp = spacy.blank("en")
    first = {"a": ["chest pain"], "b": ["chest pain"], "c": ["fever"]}
    second = {"a": [""], "b": [""], "c": ["fever"]}
    examples = [
        make_example(nlp, first, {"a": "The chest pain", "b": "pain", "c": "cough"}),
        make_example(nlp, second, {"a": "", "b": "cough"}),
    ]
    scores = score_answers(examples)
    assert scores["qa_em"] == pytest.approx(2 / 6)
    assert scores["qa_f"] == pytest.approx((1 + 2 / 3 + 1) / 6)
    assert scores["qa_has_answer_em"] == pytest.approx(1 / 4)
    assert scores["qa_has_answer_f"] == pytest.approx((1 + 2 / 3) / 4)
    assert scores["qa_no_answer_em"] == scores["qa_no_answer_f"] == 0.5
    assert scores["qa_per_question"]["a"] == {"em": 1.0, "f": 1.0, "n": 2}
    assert score_answers([])["qa_f"] is None


def test_pairs_by_hand():
    """Four pairs: two of "yes" (one right), one of "no" (right), one not found."""
    nlp = spacy.blank("en")
    example = Example(nlp.make_doc("x"), nlp.make_doc("x"))
    gold = {"1": "yes", "2": "yes", "3": "no", "4": "maybe"}
    found = {"1": "yes", "2": "no", "3": "no"}
    for doc, labels in ((example.reference, gold), (example.predicted, found)):
        doc._.statements = [{"statement": s, "label": v} for s, v in labels.items()]
    scores = score_pairs([example])
    assert scores["pairs_acc"] == 0.5
    # F1: yes 2/3 (P 1, R 1/2), no 2/3 (P 1/2, R 1), maybe 0.
    assert scores["pairs_macro_f"] == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert scores["pairs_per_type"]["no"]["p"] == 0.5
    assert score_pairs([])["pairs_acc"] is None
