"""Answers and statements in records, tables, frames, FHIR, pages and Docs."""

import csv
import json

import pytest
import spacy
from spacy.tokens import Doc

from spacy_clinical.export.docs import load_tokenizer, make_doc
from spacy_clinical.export.fhir import make_bundle
from spacy_clinical.export.frames import to_frame
from spacy_clinical.export.html import render_note
from spacy_clinical.export.jsonl import read_lines, write_records
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.export.tables import write_tables
from spacy_clinical.export.viewer import Run, make_view, render_view
from spacy_clinical.types import Note

TEXT = "HPI:\nThe patient <smokes> ten a day. No fever.\n"
START = TEXT.index("ten")
RECORD = {
    "question": "smoking",
    "asked": "Does he <smoke>?",
    "text": "ten a day",
    "start_char": START,
    "end_char": START + 9,
    "score": 0.75,
    "null_score": None,
    "section": "history_of_present_illness",
    "sentence": {"start_char": 5, "end_char": START + 10},
    "n_best": [
        {
            "text": "ten a day",
            "start_char": START,
            "end_char": START + 9,
            "score": 0.75,
        },
        {"text": "ten", "start_char": START, "end_char": START + 3, "score": 0.125},
    ],
}
NOTHING = {
    **{"question": "rash", "asked": "Is there a rash?", "text": ""},
    **{"start_char": None, "end_char": None, "score": 0.0, "null_score": 0.9},
    **{"section": "", "sentence": None, "n_best": []},
}
STATEMENT = {
    **{"statement": "smoker", "hypothesis": "He smokes.", "label": "entailment"},
    "score": 0.5,
    "scores": {"neutral": 0.25, "entailment": 0.5, "contradiction": 0.25},
    "windows": [{"start_char": 0, "end_char": len(TEXT), "score": 0.5}],
}


@pytest.fixture
def doc() -> Doc:
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    doc = nlp(TEXT)
    doc._.answers = [RECORD, NOTHING]
    doc._.statements = [STATEMENT]
    return doc


@pytest.fixture
def record(doc):
    return make_record(Note("n1", TEXT, {}, "a.txt"), doc)


def test_records_have_what_was_asked(record):
    first, second = record["answers"]
    assert TEXT[first["start"] : first["end"]] == first["text"] == "ten a day"
    assert first["sentence"] == {"start": 5, "end": START + 10}
    assert [one["text"] for one in first["n_best"]] == ["ten a day", "ten"]
    assert (second["text"], second["start"], second["null_score"]) == ("", None, 0.9)
    [statement] = record["statements"]
    assert statement["scores"][0] == {"label": "entailment", "score": 0.5}
    assert statement["windows"] == [{"start": 0, "end": len(TEXT), "score": 0.5}]
    nothing = make_record(Note("n1", TEXT, {}, ""), spacy.blank("en")(TEXT))
    assert not {"answers", "statements"} & set(nothing)


def test_records_without_text_have_no_words(record):
    bare = without_text(record)
    assert bare["answers"][0]["question"] == "smoking"
    assert bare["answers"][0]["score"] == 0.75
    assert bare["statements"][0]["label"] == "entailment"
    written = json.dumps(bare)
    for words in ("ten", "smokes", "smoke>", "He "):
        assert words not in written.replace("sentence", "").replace("entailment", "")


def test_docs_get_them_back(record, doc):
    again = make_doc(record, load_tokenizer())
    assert again._.answers == doc._.answers
    assert again._.statements == doc._.statements


def test_lines_and_parquet_keep_them(record, tmp_path):
    pytest.importorskip("pyarrow")
    from spacy_clinical.export.arrow import read_parquet, write_parquet

    bare = without_text(record)
    write_records([record], tmp_path / "a.jsonl")
    write_parquet([record, bare], tmp_path / "a.parquet")
    [line] = read_lines(tmp_path / "a.jsonl")
    row, bare_row = read_parquet(tmp_path / "a.parquet")
    for name in ("answers", "statements"):
        assert line[name] == record[name]
        assert row[name] == record[name]
        assert bare_row[name] == bare[name]
    # Order of keys included.
    assert json.dumps(row) == json.dumps(record)


def test_tables_and_frames_have_a_row_for_each(record, tmp_path):
    write_tables([record], tmp_path / "out")
    with (tmp_path / "out/answers.csv").open(encoding="utf-8-sig", newline="") as rows:
        first, second = csv.DictReader(rows)
    assert (first["id"], first["text"]) == ("n1", "ten a day")
    assert first["sentence"] == "The patient <smokes> ten a day."
    assert json.loads(first["n_best"])[1]["text"] == "ten"
    assert (second["text"], second["start"]) == ("", "")
    with (tmp_path / "out/statements.csv").open(encoding="utf-8-sig") as rows:
        [row] = csv.DictReader(rows)
    assert (row["label"], float(row["score"])) == ("entailment", 0.5)
    pytest.importorskip("pandas")
    frame = to_frame([record], "answers")
    assert frame["start"].isna().tolist() == [False, True]
    assert str(frame["score"].dtype) == "float64"
    assert to_frame([record], "statement")["label"].tolist() == ["entailment"]


def test_fhir_has_a_response(record):
    bundle = make_bundle(record, subject="1", date="2026-01-02")
    [response] = [
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "QuestionnaireResponse"
    ]
    smoking, rash, smoker = response["item"]
    assert smoking["answer"][0]["valueString"] == "ten a day"
    assert smoking["answer"][0]["extension"][0]["valueDecimal"] == 0.75
    assert (rash["text"], "answer" in rash) == ("Is there a rash?", False)
    assert smoker["answer"][0]["valueString"] == "entailment"
    assert response["status"] == "in-progress"
    resources = pytest.importorskip("fhir.resources.R4B.questionnaireresponse")
    resources.QuestionnaireResponse.model_validate(response)
    twice = {**record, "statements": [{**record["statements"][0], "statement": "rash"}]}
    bundle = make_bundle(twice, subject="1", date="2026-01-02")
    items = next(
        entry["resource"]["item"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "QuestionnaireResponse"
    )
    assert [item["linkId"] for item in items] == ["smoking", "rash", "rash'"]


def test_pages_show_them_escaped(record):
    page = render_note(record)
    assert "<b>ten a day</b>" in page
    assert "Does he &lt;smoke&gt;?" in page
    assert "no answer" in page
    assert "<b>entailment</b>" in page
    assert "<smoke" not in page


def test_pages_lead_from_answers_to_the_note_and_back(record):
    page = render_note(record)
    assert '<span class="rec answer" id="at-A1">ten a day' in page
    assert 'href="#at-A1"' in page
    assert page.count('href="#A1"') == 1
    # Without an answer there is no place, and the window of a statement is no answer.
    assert "at-A2" not in page
    assert 'href="#at-S1"' in page
    assert page.count('id="at-S1"') == 1


def test_the_viewer_has_them(record):
    [row] = make_view([Run("a", [record])]).notes[0]["runs"]
    first, second = row["q"]
    assert TEXT[first[0] : first[1]] == first[3] == "ten a day"
    assert first[2] == RECORD["asked"]
    assert first[5] == [("ten", 0.125)]
    assert first[7] == "The patient <smokes> ten a day."
    assert second[:5] == (-1, -1, NOTHING["asked"], "", None)
    [statement] = row["p"]
    assert statement[:5] == (0, len(TEXT), "He smokes.", "entailment", 0.5)
    assert statement[5] == [("neutral", 0.25), ("contradiction", 0.25)]


def test_the_viewer_shows_records_without_text_and_damaged_ones(record):
    bare = without_text(record)
    broken = {
        **record,
        "answers": [{"question": "a", "start": "x"}, 5],
        "statements": 3,
    }
    for one, n_answers in ((bare, 2), (broken, 1)):
        [row] = make_view([Run("a", [one])]).notes[0]["runs"]
        assert [answer[3] for answer in row["q"]] == [""] * n_answers
        assert "ten a day" not in render_view(make_view([Run("a", [bare])]))
