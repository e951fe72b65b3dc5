"""Notes go in, clean notes come out, and nothing else of them does."""

import csv
import json
import os
import re
import stat
from pathlib import Path

import pypdfium2 as pdfium
import pytest
import spacy
from typer.testing import CliRunner

import spacy_clinical.scale.clean as clean
from spacy_clinical.cli import app
from spacy_clinical.errors import CodedRuntimeError, Errors
from spacy_clinical.identifiers import deidentify
from spacy_clinical.identifiers.replace.ids import make_pseudonym
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.types import NoteFailure
from tests.commands import finder
from tests.forms.papers import make_pdf

CODE = Path(finder.__file__)
NOTE = (
    "Pt: QUILL, seen 07/01/2019 by Dr. Kelly. MRN 0937884.\n"
    "Jane Quill has chest pain since 06/28/2019. kelly will call.\n"
)
SECRETS = ["quill", "jane", "07/01/2019", "06/28/2019", "kelly", "0937884", "zebulon"]
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A pipeline on disk with a component that finds identifiers."""
    nlp = spacy.blank("en")
    nlp.add_pipe("test_deidentify_finder")
    path = tmp_path_factory.mktemp("model")
    nlp.to_disk(path)
    return path


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text(NOTE)
    (folder / "b.txt").write_text("No identifiers: chest pain.")
    return folder


@pytest.fixture
def run(model, tmp_path, monkeypatch):
    """Run the command; check that neither its output nor its files hold an identifier."""
    monkeypatch.setenv("SPACY_CLINICAL_KEY", KEY)
    out = tmp_path / "out"

    def run(*arguments, model=model, open_files=()):
        result = CliRunner().invoke(
            app,
            [
                *("deidentify", *map(str, arguments)),
                *("--output", str(out), "--model", str(model), "--code", str(CODE)),
            ],
        )
        assert result.exception is None or isinstance(result.exception, SystemExit)
        texts = {"output": result.output}
        for path in filter(Path.is_file, out.rglob("*")):
            if path.name not in open_files:
                texts[path.name] = path.read_text("utf8") + str(path.relative_to(out))
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for name, text in texts.items():
            for secret in (*SECRETS, KEY):
                assert secret not in text.lower(), name
        return result

    return run


def read(tmp_path, name="notes.jsonl"):
    lines = (tmp_path / "out" / name).read_text("utf8").splitlines()
    return [json.loads(line) for line in lines]


def test_clean_notes_are_written_as_records(run, notes, tmp_path):
    result = run(notes)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "Replaced  7 identifiers in 1 notes" in result.stdout
    first, second = read(tmp_path)
    assert first["text"] == (
        "Pt: [PATIENT], seen [DATE] by Dr. [STAFF]. MRN [ID].\n"
        "[PATIENT] has chest pain since [DATE]. [STAFF] will call.\n"
    )
    assert set(first) == {
        *("id", "source", "text", "n_chars", "identifiers", "provenance", "error"),
    }
    assert second["text"] == "No identifiers: chest pain."
    assert [record["id"] for record in (first, second)] == ["a", "b"]
    for row in first["identifiers"]:
        assert first["text"][row["start"] : row["end"]] == f"[{row['label']}]"


def test_clean_notes_can_be_annotated(run, notes, model, tmp_path):
    run(notes)
    arguments = ["annotate", str(tmp_path / "out"), "-o", str(tmp_path / "then")]
    arguments += ["-m", str(model), "--code", str(CODE)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    (*_, record) = map(
        json.loads, (tmp_path / "then/notes.jsonl").read_text().splitlines()
    )
    assert record["text"] == "No identifiers: chest pain."


@pytest.mark.parametrize("options", [["--n-process", "2"], ["--shard-size", "1"], []])
def test_surrogates_are_the_same_in_all_processes_and_runs(
    run, notes, tmp_path, options
):
    run(notes, "--mode", "surrogate", *options)
    out = tmp_path / "out"
    files = sorted(out.glob("shards/*.jsonl")) or [out / "notes.jsonl"]
    texts = [
        json.loads(line)["text"]
        for path in files
        for line in path.read_text("utf8").splitlines()
    ]
    nlp = spacy.blank("en")
    nlp.add_pipe("test_deidentify_finder")
    key = Key(KEY.encode())
    expected = deidentify(nlp(NOTE), "surrogate", key=key, patient="note a")
    assert texts[0] == expected.text


def test_patients_of_a_table_have_their_own_shifts(run, tmp_path):
    path = tmp_path / "notes.csv"
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "patient_id", "name", "text"])
        for number, patient in enumerate("ABA"):
            writer.writerow([number, patient, "Jane Quill", "Seen 07/01/2019."])
    assert run(path, "--mode", "shift").exit_code == 0
    one, other, again = read(tmp_path)
    assert one["text"] == again["text"] != other["text"]
    assert "meta" not in one


def test_ids_that_hold_identifiers_become_pseudonyms(run, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "quill_jane.txt").write_text(NOTE)
    assert run(folder).exit_code == 0
    (record,) = read(tmp_path)
    assert re.fullmatch("[0-9a-f]{16}", record["id"])
    again = run(folder, "--pseudonymize-ids", "--shard-size", 5)
    assert again.exit_code == 0
    assert read(tmp_path, "shards/part-000000.jsonl")[0]["id"] == record["id"]


@pytest.mark.parametrize("options", [[], ["--pseudonymize-ids"]])
def test_names_of_files_that_cannot_be_read_become_pseudonyms(run, tmp_path, options):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "jane_quill.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    (folder / "ok.txt").write_text("pain")
    (folder / "quill.csv").write_text("id,note\n1,Jane Quill\n")
    # The fixture checks that neither names are in the output, on stderr or in files.
    result = run(folder, *options, "--shard-size", 5)
    assert result.exit_code == 1
    assert "file 1 of the input" in result.stderr
    first, second = read(tmp_path, "failures.jsonl")
    assert "[C303]" in first["error"]["message"]
    assert first["error"]["code"] == "C303"
    assert second["error"]["code"] == "C307"
    # As the name of a note that could be read.
    expected = make_pseudonym(str(folder / "jane_quill.txt"), Key(KEY.encode()))
    assert first["source"] == expected
    result = run(folder, *options, "--restart")
    assert f"{expected}, file 1 of the input" in result.stderr


def test_messages_that_name_a_part_of_a_path_are_left_out():
    failure = NoteFailure(
        "in/quill/a.txt", Errors.C302.format(source="quill", reason="")
    )
    [hidden] = clean.hide_failures([failure], Key(KEY.encode()), ["in/quill/a.txt"])
    assert "quill" not in hidden.message
    assert re.fullmatch(r"\[C302\] [0-9a-f]{16}, file 1 of the input", hidden.message)


@pytest.mark.parametrize("options", [[], ["--n-process", "2"], ["--shard-size", "2"]])
def test_a_note_that_fails_is_not_written(run, notes, tmp_path, options):
    (notes / "c.txt").write_text("Jane Quill: break down")
    result = run(notes, "--report", *options)
    assert result.exit_code == 1
    assert "[C895]" in result.stderr
    out = tmp_path / "out"
    files = sorted(out.glob("shards/*.jsonl")) or [out / "notes.jsonl"]
    records = [
        json.loads(line)
        for path in files
        for line in path.read_text("utf8").splitlines()
    ]
    assert records[-1]["text"] == ""
    assert records[-1]["error"]["component"] == "test_deidentify_finder"
    report = json.loads((out / "report.json").read_text())
    assert report["n_failed"] == 1
    assert report["failures"] == {"ValueError": 1}


def test_a_note_whose_clean_text_is_not_clean_is_not_written(
    run, notes, tmp_path, monkeypatch
):
    def leave(doc, *args, **options):
        raise CodedRuntimeError(Errors.C892.format(n=1))

    monkeypatch.setattr(clean, "deidentify", leave)
    result = run(notes)
    assert result.exit_code == 1
    assert all(record["text"] == "" for record in read(tmp_path))
    assert {record["error"]["code"] for record in read(tmp_path)} == {"C892"}


def test_a_report_has_counts_and_no_values(run, notes, tmp_path):
    result = run(notes, "--report", "--audit", 1)
    assert str(tmp_path / "out/report.md") in result.stdout
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert report["n_notes"] == 2
    assert report["n_without_identifiers"] == 1
    counts = {row["label"]: row["count"] for row in report["identifiers"]}
    repeats = {row["label"]: row["repeats"] for row in report["identifiers"]}
    assert repeats == {"PATIENT": 0, "DATE": 0, "STAFF": 1, "ID": 0}
    assert counts == {"PATIENT": 2, "DATE": 2, "STAFF": 2, "ID": 1}
    assert (
        "| PATIENT | name | tag | 2 | 0 |" in (tmp_path / "out/report.md").read_text()
    )
    assert (tmp_path / "out/audit.html").read_text().count("<section") == 1
    # They are of one run.
    run(notes)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"notes.jsonl"}


def test_originals_are_only_shown_where_that_is_asked_for(run, notes, tmp_path):
    run(notes, "--html", open_files=["before_after.html"])
    page = (tmp_path / "out/before_after.html").read_text()
    for words in ("Jane Quill", "[PATIENT]"):
        assert f'<mark class="i-patient" title="name">{words}<' in page
    assert "offsets" not in read(tmp_path)[0]
    run(notes, "--shard-size", 1)
    assert not (tmp_path / "out/before_after.html").exists()


def test_offsets_lead_back_to_the_original(run, notes, tmp_path):
    run(notes, "--offsets", "--mode", "numbered")
    record = read(tmp_path)[0]
    text = record["text"]
    for old_start, old_end, start, end in reversed(record["offsets"]):
        text = text[:start] + NOTE[old_start:old_end] + text[end:]
    assert text == NOTE


def test_a_run_is_resumed_with_the_same_key_only(run, notes, tmp_path, monkeypatch):
    options = ["--shard-size", 1, "--mode", "surrogate"]
    assert run(notes, *options).exit_code == 0
    assert "2, 0 of them new" in run(notes, *options).stdout
    monkeypatch.setenv("SPACY_CLINICAL_KEY", "another key, as long")
    for more in ([], ["--force"], ["--only-failed"]):
        result = run(notes, *options, *more)
        assert result.exit_code == 2
        assert "[C883]" in result.stderr
        assert ": key differ" in result.stderr
    result = run(notes, "--shard-size", 1, "--force")
    assert "[C883]" in result.stderr
    assert "modes" in result.stderr
    assert "2, 2 of them new" in run(notes, *options, "--restart").stdout
    (tmp_path / "out/run.json").unlink()
    result = run(notes, *options, "--force")
    assert result.exit_code == 2
    assert "run.json is missing" in result.stderr


def test_clean_and_annotated_runs_are_not_mixed(run, notes, model, tmp_path):
    run(notes, "--shard-size", 1)
    arguments = [
        "annotate",
        str(notes),
        "-o",
        str(tmp_path / "out"),
        "--shard-size",
        "1",
    ]
    arguments += ["-m", str(model), "--code", str(CODE), "--force"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "[C883]" in result.stderr


def test_annotations_of_the_notes_do_not_stay_beside_clean_ones(
    run, notes, model, tmp_path
):
    arguments = ["annotate", str(notes), "-o", str(tmp_path / "out"), "--html"]
    arguments += ["-m", str(model), "--code", str(CODE)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert run(notes).exit_code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"notes.jsonl"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--mode", "erase"], "[C890]"),
        (["--preset", "none"], "[C890]"),
        (["--keep", "nobody"], "[C890]"),
        (["--keep", "FOO"], "[C890]"),
        (["--mode", "FOO=tag"], "[C890]"),
        (["--key-file", "/does/not/exist"], "[C891]"),
    ],
)
def test_wrong_options_stop_before_anything_is_written(
    run, notes, tmp_path, options, code
):
    result = run(notes, *options)
    assert result.exit_code == 2
    assert code in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_pipeline_that_finds_nothing_is_refused(run, notes, tmp_path):
    spacy.blank("en").to_disk(tmp_path / "blank")
    result = run(notes, model=tmp_path / "blank")
    assert result.exit_code == 2
    assert "[C893]" in result.stderr
    assert not (tmp_path / "out").exists()


def test_without_a_key_that_is_said(run, notes, monkeypatch):
    monkeypatch.delenv("SPACY_CLINICAL_KEY")
    # Random surrogates may hold a secret by chance ("Janet"), moved dates don't.
    assert "[W890]" in run(notes, "--mode", "shift").stderr
    assert "[W890]" not in run(notes, "--mode", "tag").stderr


def test_modes_are_given_for_labels(run, notes, tmp_path):
    run(notes, "--mode", "numbered", "--mode", "mrn=mask", "--mode", "DATE=mask")
    assert read(tmp_path)[0]["text"].splitlines()[0] == (
        "Pt: [PATIENT-1], seen ********** by Dr. [STAFF-1]. MRN *******."
    )


def test_what_is_kept_is_not_said_to_be_replaced(notes, model, tmp_path):
    for mode, said in (
        (["--mode", "keep"], ("0 identifiers in 0 notes", "6 identifiers")),
        (["--keep", "DATE"], ("5 identifiers in 1 notes", "2 identifiers")),
    ):
        out = ["-o", str(tmp_path / "out"), "-m", str(model), "--code", str(CODE)]
        result = CliRunner().invoke(app, ["deidentify", str(notes), *mode, *out])
        assert f"Replaced  {said[0]}" in result.stdout
        assert f"Kept      {said[1]}" in result.stdout


# Forms


def read_pdf(data):
    """Read the text of a PDF, and the pixels of its first page."""
    document = pdfium.PdfDocument(data)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    picture = document[0].render(scale=1, grayscale=True).to_numpy().squeeze()
    document.close()
    return text, picture


INTAKE = [
    (60, 60, 18, "PATIENT INTAKE FORM"),
    (60, 110, 12, "Name:"),
    (150, 110, 12, "Jane Quill"),
    (330, 110, 12, "Date of birth:"),
    (450, 110, 12, "02/03/1961"),
    (60, 140, 12, "Allergies: penicillin"),
]


@pytest.fixture
def scans(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "one.pdf").write_bytes(make_pdf([INTAKE, INTAKE[-1:]]))
    return folder


@pytest.fixture
def run_forms(model, tmp_path):
    def run(*arguments):
        arguments = [*map(str, arguments), "--forms", "--code", str(CODE)]
        out = ["--output", str(tmp_path / "out"), "--model", str(model)]
        result = CliRunner().invoke(app, ["deidentify", *arguments, *out])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        for path in filter(Path.is_file, (tmp_path / "out").rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            for secret in (b"uill", b"Jane", b"02/03", b"1961"):
                assert secret not in path.read_bytes()
                assert secret.decode() not in path.name
        return result

    return run


def test_forms_become_pictures_with_black_boxes(run_forms, scans, tmp_path):
    result = run_forms(scans)
    assert result.exit_code == 0, result.stderr
    assert "Blacked out  2 identifiers" in result.stdout
    out = tmp_path / "out/forms"
    text, picture = read_pdf((out / "one.pdf").read_bytes())
    assert text == ""
    # As large as it was: 612 by 792 points.
    assert abs(picture.shape[1] - 612) <= 2
    assert (picture[112:120, 152:195] < 40).all()
    assert (picture[112:120, 452:505] < 40).all()
    # The title is still there, and the paper beside it.
    assert 0.05 < (picture[60:80, 60:270] < 128).mean() < 0.6
    (record,) = read(tmp_path, "forms/forms.jsonl")
    assert record["file"] == "one.pdf"
    assert [page["boxes"] for page in record["pages"]] == [3, 0]
    assert {row["label"] for row in record["identifiers"]} == {"PATIENT", "DATE"}


def test_kept_labels_stay_on_forms(run_forms, scans, tmp_path):
    assert run_forms(scans, "--keep", "DATE").exit_code == 0
    _, picture = read_pdf((tmp_path / "out/forms/one.pdf").read_bytes())
    assert (picture[112:120, 152:195] < 40).all()
    assert not (picture[112:120, 452:505] < 40).all()


def test_forms_that_cannot_be_read_are_not_written(run_forms, scans, tmp_path):
    (scans / "jane_quill.pdf").write_bytes(b"%PDF-1.4 broken")
    (scans / "words.tsv").write_text("level\n")
    result = run_forms(scans)
    assert result.exit_code == 1
    assert "jane_quill" not in result.output
    assert "file 1 of the input" in result.stderr
    records = read(tmp_path, "forms/forms.jsonl")
    assert sum(record["error"] is not None for record in records) >= 1
    assert [
        p.name for p in (tmp_path / "out/forms").iterdir() if p.suffix == ".pdf"
    ] == ["one.pdf"]
    again = run_forms(scans)
    assert again.exit_code == 2
    assert "[C326]" in again.stderr


def test_names_of_forms_become_pseudonyms(run_forms, scans, tmp_path):
    (scans / "quill.pdf").write_bytes(make_pdf([INTAKE]))
    assert run_forms(scans).exit_code == 0
    files = {record["file"] for record in read(tmp_path, "forms/forms.jsonl")}
    assert "one.pdf" in files
    assert any(re.fullmatch(r"[0-9a-f]{16}\.pdf", name) for name in files)


@pytest.mark.parametrize("options", [[], ["--shard-size", 1], ["--html"]])
def test_temporary_files_hold_no_identifiers(
    run, notes, tmp_path, options, monkeypatch
):
    seen = []
    move = os.replace

    def look(source, target):
        if Path(source).is_file() and Path(target).name != "before_after.html":
            seen.append(Path(source).name)
            text = Path(source).read_text("utf8").lower()
            assert not any(secret in text for secret in (*SECRETS, KEY))
        move(source, target)

    monkeypatch.setattr("os.replace", look)
    run(notes, "--report", *options, open_files=["before_after.html"])
    assert seen


def test_a_note_of_two_megabytes_is_cleaned(run, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text(
        NOTE
        + "No fever, no chills. Jane Quill has chest pain, and \n" * 4_000
        + "No fever. " * 190_000
    )
    assert path.stat().st_size > 2_000_000
    assert run(path).exit_code == 0
    assert read(tmp_path)[0]["text"].count("[PATIENT]") == 4_002


@pytest.mark.parametrize("options", [[], ["--shard-size", "1"]])
def test_texts_are_written_on_request(run, notes, tmp_path, options):
    assert run(notes, "--texts", *options).exit_code == 0
    written = {p.name: p.read_text("utf8") for p in (tmp_path / "out/texts").iterdir()}
    assert written == {f"{r['id']}.txt": r["text"] for r in _read_all(tmp_path / "out")}
    assert set(written) == {"a.txt", "b.txt"}


@pytest.mark.parametrize("options", [[], ["--shard-size", "1"]])
def test_warnings_of_a_file_dont_name_it(run, notes, options):
    (notes / "zebulon.txt").write_bytes("Müller has chest pain.".encode("latin-1"))
    result = run(notes, "--pseudonymize-ids", *options)
    assert result.exit_code == 0
    assert "W301" in result.stderr
    assert "file 3 of the input" in result.stderr
    assert "zebulon" not in result.output


@pytest.mark.parametrize("options", [[], ["--shard-size", "1"]])
@pytest.mark.parametrize("later", [[], ["--texts"]])
def test_texts_of_an_earlier_run_go(run, notes, tmp_path, options, later):
    assert run(notes, "--texts", *options).exit_code == 0
    folder = tmp_path / "out/texts"
    os.remove(notes / "b.txt")
    again = ["--mode", "mask", "--restart", *options, *later]
    assert run(notes, *again).exit_code == 0
    assert [p.name for p in folder.glob("*")] == ["a.txt"] * bool(later)
    if later:
        assert "****" in (folder / "a.txt").read_text("utf8")


@pytest.mark.parametrize("name", ["own.txt", "a.txt", "a.ann"])
def test_texts_of_others_stay_and_are_not_mixed_with_clean_ones(
    run, notes, tmp_path, name
):
    run(notes, "--texts")
    folder = tmp_path / "out/texts"
    (folder / name).write_text("Written by hand.")
    (folder / name).chmod(0o600)
    refused = run(notes, "--texts")
    assert refused.exit_code == 2
    assert "C326" in refused.stderr
    assert {p.name for p in folder.iterdir()} == {"a.txt", "b.txt", name}
    assert run(notes).exit_code == 0
    assert [p.name for p in folder.iterdir()] == [name]


def _read_all(folder):
    paths = [*folder.glob("notes.jsonl"), *sorted(folder.glob("shards/*.jsonl"))]
    return [json.loads(line) for p in paths for line in p.read_text().splitlines()]


@pytest.mark.parametrize(
    "options", [["--mode", "DATE=shfit"], ["--mode", "tga"], ["--preset", "hippa"]]
)
def test_mistyped_modes_are_refused_before_the_pipeline_is_loaded(
    run, notes, tmp_path, options
):
    result = run(notes, *options, model=tmp_path / "no_such_pipeline")
    assert result.exit_code == 2
    assert "C890" in result.stderr
