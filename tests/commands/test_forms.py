import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.files.lock import FolderLock
from tests.forms.papers import INTAKE, draw_scan, encode, make_pdf

NAME = "Zebulon Quarterstaff"
EXAMPLES = Path(__file__).parents[2] / "examples/forms"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A pipeline on disk that goes by rules."""
    nlp = spacy.blank("en")
    rules = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
    nlp.add_pipe("clinical_form_extractor", config=rules)
    path = tmp_path_factory.mktemp("rules")
    nlp.to_disk(path)
    return path


@pytest.fixture
def run(model, tmp_path):
    def run(*arguments):
        command = ["forms", *map(str, arguments), "--output", str(tmp_path / "out")]
        if "--model" not in arguments:
            command += ["--model", str(model)]
        result = CliRunner().invoke(app, command)
        assert NAME not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def records(tmp_path):
    lines = (tmp_path / "out/forms.jsonl").read_text("utf8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def form(tmp_path):
    path = tmp_path / "in" / "form.pdf"
    path.parent.mkdir()
    items = [
        (x, y, size, text.replace("Jane Roe", NAME)) for x, y, size, text in INTAKE
    ]
    path.write_bytes(make_pdf([items]))
    return path


def test_fields_of_a_form(run, form, tmp_path):
    result = run(form)
    assert result.exit_code == 0, result.output
    [record] = records(tmp_path)
    fields = {f["key"]: f["value"] for f in record["fields"]}
    assert fields["Name"] == NAME
    assert (tmp_path / "out/fields.csv").is_file()
    assert len(list((tmp_path / "out/form_pages").rglob("form-00001.html"))) == 1
    assert "Fields    5" in result.output


def test_broken_files_are_named_and_others_go_on(run, form, tmp_path):
    folder = form.parent
    (folder / "a.pdf").write_bytes(b"%PDF-1.4 nothing")
    (folder / "b.png").write_bytes(b"\x89PNG nothing")
    (folder / "c.json").write_text("{}")
    (folder / "locked.pdf").write_bytes(make_pdf([INTAKE], encrypted=True))
    (folder / "notes.docx").write_bytes(b"PK")
    result = run(folder)
    assert result.exit_code == 1
    by_id = {record["id"]: record for record in records(tmp_path)}
    assert set(by_id) == {"a", "b", "c", "form", "locked"}
    assert by_id["form"]["fields"]
    for name in ("a.pdf", "b.png", "c.json", "locked.pdf"):
        assert name in result.output
    assert by_id["locked"]["error"]["code"] == "C501"


def test_console_and_records_say_why_a_file_is_not_read(run, form, tmp_path):
    folder = form.parent
    (folder / "a.pdf").write_bytes(b"%PDF-1.4 nothing")
    (folder / "c.json").write_text("{}")
    result = run(folder)
    said = "[C502] Can't open 'a.pdf': the PDF is broken, truncated or empty."
    assert said in result.output.replace("\n", " ")
    assert "[C509] The format of the form 'c.json' is unknown." in result.output
    assert "C312" not in result.output
    by_id = {record["id"]: record for record in records(tmp_path)}
    assert by_id["a"]["error"]["message"].startswith(said)
    assert "the PDF is broken" in (tmp_path / "out/forms.html").read_text("utf8")


def test_a_folder_without_forms_is_called_so(run, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "note.txt").write_text("HPI: pain")
    result = run(folder)
    assert result.exit_code == 2
    assert "[C518] No forms in" in result.output
    assert "otes in the folder" not in result.output


def test_earlier_output_is_not_read(run, form, tmp_path):
    shutil.copy(form, tmp_path / "again.pdf")
    for _ in range(2):
        assert run(tmp_path).exit_code == 0
        assert len(records(tmp_path)) == 2


def test_limits_are_kept(run, form, tmp_path):
    form.write_bytes(make_pdf([INTAKE] * 4))
    result = run(form, "--max-pages", "3")
    assert result.exit_code == 1
    assert "C505" in result.output


def test_wrong_use(run, form, tmp_path):
    assert "C301" in run(tmp_path / "none.pdf").output
    assert run(tmp_path / "none.pdf").exit_code == 2
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty").exit_code == 2
    assert run(form, "--ocr", "sometimes").exit_code == 2
    assert run(form, "--model", "no_such").exit_code == 2


def test_no_pages_if_not_wanted(run, form, tmp_path):
    assert run(form).exit_code == 0
    result = run(form, "--no-html")
    assert result.exit_code == 0
    assert "[W305]" in result.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"forms.jsonl", "fields.csv", "tables.csv"}


def test_two_runs_keep_out_of_each_others_way(run, form, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(FolderLock.__init__, "__kwdefaults__", {"patience": 0.1})
    with FolderLock(tmp_path / "out"):
        result = run(form)
        assert result.exit_code == 2
        assert "[C339]" in result.output
    assert run(form).exit_code == 0


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs Tesseract")
def test_scans_are_read(run, tmp_path):
    path = tmp_path / "scan.png"
    path.write_bytes(encode(draw_scan(INTAKE), dpi=(200, 200)))
    assert run(path).exit_code == 0
    [record] = records(tmp_path)
    fields = {f["key"]: f["value"] for f in record["fields"]}
    assert fields["Allergies"] == "penicillin"


def test_without_tesseract_scans_have_a_coded_error(run, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    path = tmp_path / "scan.png"
    path.write_bytes(encode(draw_scan(INTAKE)))
    result = run(path)
    assert result.exit_code == 1
    assert "C506" in result.output


def test_nothing_else_is_left_behind(run, form, tmp_path, monkeypatch, capfd):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    # That of other processes.
    monkeypatch.setenv("TMPDIR", str(temporary))
    result = run(form)
    assert result.exit_code == 0
    assert NAME not in result.output + "".join(capfd.readouterr())
    assert list(temporary.iterdir()) == []
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_the_shipped_model_reads_the_examples(tmp_path):
    out = tmp_path / "out"
    path = EXAMPLES / "referral_form.pdf"
    result = CliRunner().invoke(app, ["forms", str(path), "--output", str(out)])
    assert result.exit_code == 0, result.output
    record = json.loads((out / "forms.jsonl").read_text("utf8"))
    fields = {(f["key"], f["option"]): f["value"] for f in record["fields"]}
    assert fields["Date of birth", ""] == "02/03/1964"
    assert fields["Priority", "Urgent"] is True
    assert fields["Priority", "Routine"] is False


def test_the_time_for_a_file_is_kept(run, form, tmp_path):
    form.write_bytes(make_pdf([INTAKE] * 3))
    result = run(form, "--timeout", "0")
    assert result.exit_code == 1
    assert result.output.count("[C515]") == 2
    [record] = records(tmp_path)
    assert [page["n_words"] > 0 for page in record["pages"]] == [True, False, False]


def test_what_is_no_file_costs_no_other(run, form, tmp_path):
    folder = form.parent
    os.mkfifo(folder / "pipe.pdf")
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "odd.json").write_text('{"Blocks": [{"Page": 1e999}]}')
    shutil.copy(form, os.fsencode(folder) + b"/caf\xe9.pdf")
    result = run(folder)
    assert result.exit_code == 1
    by_id = {record["id"]: record for record in records(tmp_path)}
    assert set(by_id) == {"pipe", "loop", "odd", "form", r"caf\udce9"}
    errors = {
        name: (record["error"] or {}).get("code") for name, record in by_id.items()
    }
    assert errors["pipe"] == "C315"
    assert errors["odd"] == "C508"
    assert errors["form"] is errors[r"caf\udce9"] is None
    assert by_id["form"]["fields"]


@Language.factory("test_forms_replacer")
def make_replacer(nlp, name, path: str, other: str):
    """A component that puts another file into a form's place, when its words are read."""

    def work(doc: Doc) -> Doc:
        os.replace(other, path)
        return doc

    return work


def list_pictures(tmp_path):
    [path] = (tmp_path / "out/form_pages").glob("run-*/form-00001.html")
    return re.findall(r"data:image/jpeg;base64,[^\"']+", path.read_text("utf8"))


def test_a_file_that_is_replaced_gives_no_pictures_of_another_patient(
    run, form, tmp_path
):
    assert run(form).exit_code == 0
    expected = list_pictures(tmp_path)
    other = tmp_path / "other.pdf"
    other.write_bytes(make_pdf([[(72, 300, 40, "Somebody else")]]))
    nlp = spacy.blank("en")
    paths = {"path": str(form), "other": str(other)}
    nlp.add_pipe("test_forms_replacer", config=paths)
    nlp.to_disk(tmp_path / "replacer")
    assert run(form, "--model", tmp_path / "replacer").exit_code == 0
    assert not other.exists()
    assert list_pictures(tmp_path) == expected
