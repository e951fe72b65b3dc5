"""`spacy-clinical ask`."""

import csv
import json
import stat

import pytest
import spacy
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.commands.ask import format_table
from tests.tiny import make_question_answerer

NOTES = {
    "a.txt": "SOCIAL HISTORY:\nHe smokes ten cigarettes a day.\n\nPLAN:\nRest.\n",
    "b.txt": "HPI:\nNo complaints. Blood pressure was 120/80.\n",
}
SMOKING = "Does he smoke cigarettes?"


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in NOTES.items():
        (folder / name).write_text(text, encoding="utf8")
    return folder


def run(*arguments, status=0):
    result = CliRunner().invoke(app, ["ask", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.output


def test_a_table_is_printed(notes):
    lines = run(notes, "-q", SMOKING).splitlines()
    assert [line.split() for line in lines[:1]] == [
        ["id", "question", "score", "section", "answer"]
    ]
    assert lines[1].endswith("social_history    He smokes ten cigarettes a day.")
    assert lines[2].endswith("(no answer)")


def test_files_have_all_answers_and_only_their_owner_reads_them(notes, tmp_path):
    for suffix in ("csv", "jsonl"):
        out = tmp_path / f"answers.{suffix}"
        pressure = "What was the blood pressure?"
        printed = run(notes, "-q", SMOKING, "-q", pressure, "-o", out)
        assert "cigarettes" not in printed
        assert "Answers   2" in printed
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        text = out.read_text("utf8")
        if suffix == "csv":
            rows = list(csv.DictReader(text.splitlines()))
        else:
            rows = [json.loads(line) for line in text.splitlines()]
        assert [row["id"] for row in rows] == ["a", "a", "b", "b"]
        assert rows[0]["text"] == "He smokes ten cigarettes a day."
        assert rows[3]["text"] == "Blood pressure was 120/80."
        assert not rows[1]["text"]


@pytest.mark.parametrize("n_process", [1, 2])
def test_a_checkpoint_answers(notes, n_process, tmp_path):
    checkpoint = make_question_answerer(
        tmp_path / "checkpoint", "bert", sharpness=30.0, max_position_embeddings=512
    )
    out = tmp_path / "answers.jsonl"
    settings = ["--checkpoint", checkpoint, "--top-k", 2, "--n-process", n_process]
    run(notes, "-q", SMOKING, "-o", out, "--section", "plan", *settings)
    first, second, nothing = map(json.loads, out.read_text("utf8").splitlines())
    assert (first["section"], nothing["text"]) == ("plan", "")
    assert first["score"] > second["score"]
    assert first["text"] in NOTES["a.txt"]


def test_a_pipeline_answers(notes, tmp_path):
    nlp = spacy.blank("en")
    nlp.to_disk(tmp_path / "without")
    model = {"@architectures": "spacy-clinical.SentenceRetrieval.v1"}
    nlp.add_pipe("clinical_qa", config={"model": model, "questions": {"a": "pain?"}})
    nlp.to_disk(tmp_path / "with")
    printed = run(notes, "-q", SMOKING, "--model", tmp_path / "with")
    assert "He smokes ten" in printed
    assert "pain?" not in printed
    printed = run(notes, "-q", SMOKING, "--model", tmp_path / "without", status=2)
    assert "[C972]" in printed


def test_what_fails_is_said(notes, tmp_path):
    (notes / "c.jsonl").write_text('{"txt": "x"}\n', encoding="utf8")
    printed = run(notes, "-q", SMOKING, status=1)
    assert "1 of 3 notes failed." in printed
    assert "He smokes ten" in printed
    assert "[C962]" in run(notes, "-q", "?!", status=2)
    assert "[C002]" in run(notes, "-q", SMOKING, "--checkpoint", "nothing", status=2)
    printed = run(notes, "-q", SMOKING, "--section", "socialhistory", status=2)
    assert "[C973]" in printed
    assert "'socialhistory'" in printed
    assert "social_history" in printed
    for wrong in (
        ["-o", tmp_path / "a.txt"],
        ["--model", "a", "--checkpoint", "b"],
        ["--n-process", 0],
    ):
        run(notes, "-q", SMOKING, *wrong, status=2)


def test_other_answers_have_their_sections(notes, tmp_path):
    text = "HPI:\nHe smokes. He has cigarettes.\n\nPLAN:\nNo cigarettes.\n"
    (notes / "a.txt").write_text(text, encoding="utf8")
    out = tmp_path / "answers.jsonl"
    run(notes / "a.txt", "-q", SMOKING, "-o", out, "--top-k", 3)
    rows = [json.loads(line) for line in out.read_text("utf8").splitlines()]
    found = {row["text"]: row["section"] for row in rows}
    assert found["No cigarettes."] == "plan"
    assert found["He has cigarettes."] == "history_of_present_illness"


def test_lines_fit_a_terminal_and_have_no_control_characters():
    row = {
        **{"id": "a\x1b[31m" * 9, "question": "q" * 99, "score": 0.5, "start": 1},
        **{"section": "plan", "text": "one\ntwo\x07 " * 30},
    }
    _, line = format_table([row], 100)
    assert len(line) <= 100
    assert line.endswith("…")
    assert line.isprintable()
    _, whole = format_table([row], None)
    assert whole.endswith("one two")
    # Files and other programs get ids and questions in full.
    assert row["question"] in whole
