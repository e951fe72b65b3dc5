import json

import pytest
import spacy

from spacy_clinical.corpora.pairs import PairCorpus
from spacy_clinical.errors import CodedValueError
from tests.conftest import find_corpus

CASE = {
    "QUESTION": "Does it help?",
    "CONTEXTS": ["It was tried.", "It helped."],
    "final_decision": "yes",
}


@pytest.fixture
def nlp():
    return spacy.blank("en")


def test_pubmedqa(nlp, tmp_path):
    cases = {str(i): {**CASE, "final_decision": "no"} for i in range(9)} | {"x": CASE}
    (tmp_path / "a.json").write_text(json.dumps(cases), encoding="utf8")
    (tmp_path / "test.json").write_text('{"3": "no"}', encoding="utf8")
    corpus = PairCorpus(tmp_path / "a.json", exclude=tmp_path / "test.json")
    examples = list(corpus(nlp))
    assert len(examples) == 9
    last = examples[-1]
    assert last.predicted.text == "It was tried.\nIt helped."
    assert last.predicted._.hypotheses == {"x": "Does it help?"}
    assert last.predicted._.statements == []
    [gold] = last.reference._.statements
    assert (gold["hypothesis"], gold["label"]) == ("Does it help?", "yes")
    assert "3" not in {eg.reference._.statements[0]["statement"] for eg in examples}
    parts = [
        list(PairCorpus(tmp_path / "a.json", fold=0, held_out=h)(nlp))
        for h in (False, True)
    ]
    assert [len(part) for part in parts] == [8, 2]


def test_tables_of_pairs(nlp, tmp_path):
    rows = [
        {"sentence1": "No fever.", "sentence2": "He is ill.", "gold_label": "neutral"},
        {"sentence1": " ", "sentence2": "He is ill.", "gold_label": "neutral"},
        {"sentence1": "Pain.", "sentence2": "?", "gold_label": "neutral"},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf8")
    [example] = PairCorpus(tmp_path / "a.jsonl")(nlp)
    assert example.reference._.statements[0]["label"] == "neutral"
    (tmp_path / "a.csv").write_text("a,b,c\nNo fever.,He is ill.,no\n", "utf8")
    columns = {"text_column": "a", "statement_column": "b", "label_column": "c"}
    [example] = PairCorpus(tmp_path / "a.csv", **columns)(nlp)
    assert example.reference._.statements[0]["label"] == "no"
    with pytest.raises(CodedValueError, match=r"\[C969\].*'a.csv'"):
        list(PairCorpus(tmp_path / "a.csv", text_column="a")(nlp))


@pytest.mark.parametrize("data", ["", "[]", '{"1": {}}', '{"1": 2}'])
def test_other_formats_are_refused(nlp, data, tmp_path):
    (tmp_path / "a.json").write_text(data, encoding="utf8")
    with pytest.raises(CodedValueError, match=r"\[C969\].*'a.json'"):
        list(PairCorpus(tmp_path / "a.json")(nlp))
    with pytest.raises(CodedValueError, match=r"\[C968\]"):
        PairCorpus(None)


def test_the_published_file_is_read(nlp):
    cases = find_corpus("pubmedqa/ori_pqal.json")
    test = find_corpus("pubmedqa/test_ground_truth.json")
    examples = list(PairCorpus(cases, exclude=test, limit=20)(nlp))
    labels = {eg.reference._.statements[0]["label"] for eg in examples}
    assert len(examples) == 20
    assert labels <= {"yes", "no", "maybe"}
