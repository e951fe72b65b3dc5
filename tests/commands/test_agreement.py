import json
import re

from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.export.correction.doccano import write_lines
from spacy_clinical.export.correction.label_studio import write_tasks
from spacy_clinical.export.jsonl import write_records
from tests.export.correction.made import make_made_record


def run(*arguments, status=0):
    result = CliRunner().invoke(app, ["agreement", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "fever" not in result.output
    assert result.exit_code == status, result.output
    return result.output


def write_both(tmp_path, change=None):
    """Write records and, in another format, what someone made of them."""
    records = [make_made_record() | {"id": f"n{i}"} for i in range(3)]
    write_records(records, tmp_path / "a.jsonl")
    for record in records if change else ():
        change(record)
    write_lines(records, tmp_path / "b.jsonl")
    return tmp_path / "a.jsonl", tmp_path / "b.jsonl"


def test_the_same_notes_agree(tmp_path):
    output = run(*write_both(tmp_path), "-o", tmp_path / "out")
    assert re.search(r"^Exact F1 +1\.000$", output, re.M)
    assert re.search(r"^Kappa +1\.000$", output, re.M)
    found = json.loads((tmp_path / "out" / "agreement.json").read_text("utf8"))
    assert found["n_notes"] == 3
    assert found["by_label"]["Medication"]["n_first"] == 3
    assert (tmp_path / "out" / "confusion.svg").exists()


def test_entities_that_are_missing_lower_it(tmp_path):
    both = write_both(tmp_path, lambda record: record["entities"].pop())
    output = run(*both, "-o", tmp_path / "out", "--no-plots")
    # Three of four: 2 * 3 / 7.
    assert re.search(r"^Exact F1 +0\.857$", output, re.M)
    assert not (tmp_path / "out" / "confusion.svg").exists()
    command = [*both, "-o", tmp_path / "out", "--layer", "identifiers"]
    assert re.search(r"^Exact F1 +1\.000$", run(*command), re.M)


def test_notes_are_paired_by_their_texts_too(tmp_path):
    first, _ = write_both(tmp_path)
    write_tasks([make_made_record() | {"id": "other"}], tmp_path / "c.json")
    assert "1.000" in run(first, tmp_path / "c.json", "-o", tmp_path / "out")


def test_notes_whose_texts_differ_are_left_out(tmp_path):
    def change(record):
        if record["id"] == "n1":
            record["text"] = f"x{record['text'][1:]}"

    output = run(*write_both(tmp_path, change), "-o", tmp_path / "out", status=1)
    assert "[C763]" in output
    assert re.search(r"^Notes +2 of 3 and 3$", output, re.M)


def test_nothing_in_common_is_an_error(tmp_path):
    first, _ = write_both(tmp_path)
    write_tasks(
        [make_made_record() | {"text": "No fever, Smith." * 9}], tmp_path / "c.json"
    )
    output = run(first, tmp_path / "c.json", "-o", tmp_path / "out", status=2)
    assert "[C768]" in output
    (tmp_path / "d.json").write_text("[]", "utf8")
    output = run(first, tmp_path / "d.json", "-o", tmp_path / "out", status=2)
    assert "[C767]" in output


def test_notes_without_annotations_have_no_plots(tmp_path, recwarn):
    def empty(record):
        record.update(entities=[], overlapping=[], relations=[])

    records = [make_made_record()]
    empty(records[0])
    write_records(records, tmp_path / "a.jsonl")
    output = run(tmp_path / "a.jsonl", tmp_path / "a.jsonl", "-o", tmp_path / "out")
    assert re.search(r"^Kappa +undefined$", output, re.M)
    assert re.search(r"^Plots +0$", output, re.M)
    assert not [w for w in recwarn if "plots" in str(w.filename)]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["agreement.json"]
