import csv

import spacy
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.export.correction.review import COLUMNS
from spacy_clinical.export.jsonl import write_records
from tests.export.correction.made import make_made_record


def run(*arguments, status=0):
    result = CliRunner().invoke(app, ["review", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "fever" not in result.output
    assert result.exit_code == status, result.output
    return result.output


def write(path, *records):
    write_records(records, path)
    return path


def read(path):
    with path.open(encoding="utf8", newline="") as handle:
        return list(csv.DictReader(handle))


def make_unsure():
    record = make_made_record() | {"id": "=unsure"}
    record["entities"] = [ent | {"score": 0.5} for ent in record["entities"]]
    return record


def test_notes_are_ordered_and_none_is_quoted(tmp_path):
    notes = write(tmp_path / "notes.jsonl", make_made_record(), make_unsure())
    output = run(notes, "-o", tmp_path / "review.csv")
    first, second = read(tmp_path / "review.csv")
    assert tuple(first) == COLUMNS
    # A spreadsheet would take it for a formula.
    assert (first["id"], second["id"]) == ("'=unsure", "n/1")
    assert "2 of 4 entities near the threshold" in first["reasons"]
    assert "=unsure: 2 of 4" in output
    assert "aspirin" not in (tmp_path / "review.csv").read_text("utf8")


def test_known_notes_and_another_pipeline_count(tmp_path):
    notes = write(tmp_path / "notes.jsonl", make_made_record())
    other = make_made_record() | {"text": "x " * 40}
    known = write(tmp_path / "known.jsonl", other)
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": "No"}])
    nlp.to_disk(tmp_path / "model")
    command = [notes, "-o", tmp_path / "a.csv", "--known", known]
    run(*command, "--against", tmp_path / "model")
    [row] = read(tmp_path / "a.csv")
    assert row["disagreement"] == "1.0"
    assert "new words" in row["reasons"]
    assert "new labels" not in row["reasons"]
    run(*command[:3], "--known", notes)
    [row] = read(tmp_path / "a.csv")
    assert row["disagreement"] == row["reasons"] == ""


def test_notes_that_cannot_be_read_stop_no_other(tmp_path):
    broken = make_made_record()
    broken["entities"][0]["end"] = 10_000
    notes = write(tmp_path / "notes.jsonl", broken, make_unsure())
    assert "[C761]" in run(notes, "-o", tmp_path / "a.csv", status=1)
    assert len(read(tmp_path / "a.csv")) == 1


def test_no_notes_are_an_error(tmp_path):
    notes = tmp_path / "notes.spacy"
    spacy.tokens.DocBin().to_disk(notes)
    assert "[C767]" in run(notes, "-o", tmp_path / "a.csv", status=2)
    assert not (tmp_path / "a.csv").exists()
