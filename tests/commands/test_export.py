import csv
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.commands import export as command
from spacy_clinical.export.docs import load_tokenizer
from spacy_clinical.export.formats import FORMATS, NEED_TEXT, Format
from spacy_clinical.export.jsonl import write_records
from spacy_clinical.export.reading import read_records
from spacy_clinical.export.records import without_text
from tests.conftest import copy_examples
from tests.export.made import (
    ENTS,
    make_failed_record,
    make_one_record,
)

FOLDERS = ("csv", "docbin", "brat", "omop-facts", "inception")
# Beside the output.
BESIDE = {"label-studio": ["out.xml"]}


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "notes.jsonl"
    write_records([make_one_record(), make_failed_record()], path)
    return path


def run(*arguments, status=0):
    result = CliRunner().invoke(app, ["export", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "pneumonia" not in result.output
    assert result.exit_code == status, result.output
    return result.output


def read_all(path):
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_written_whole_and_the_same_each_time(source, tmp_path, kind):
    found = []
    for name in ("first", "second"):
        out = tmp_path / name / "out"
        output = run(source, "-o", out, "-f", kind, "--date", "2026-09-14")
        assert re.search(r"^Notes +2$", output, re.M)
        assert re.search(r"^Failed +1$", output, re.M)
        assert ("Folder" in output) == out.is_dir() == (kind in FOLDERS)
        names = sorted(path.name for path in out.parent.iterdir())
        assert names == ["out", *BESIDE.get(kind, [])]
        assert out.stat().st_mode & 0o077 == 0
        found.append(read_all(out))
    assert found[0] == found[1]


def test_formats_hold_the_entities(source, tmp_path):
    for kind in FORMATS:
        run(source, "-o", tmp_path / kind, "-f", kind)
    assert pq.read_table(tmp_path / "parquet").num_rows == 2
    assert list(read_records(tmp_path / "jsonl")) == list(read_records(source))
    with (tmp_path / "omop").open(encoding="utf8", newline="") as table:
        assert len(list(csv.DictReader(table))) == len(ENTS)
    bundle = json.loads((tmp_path / "fhir").read_text("utf8").splitlines()[0])
    assert '"Patient/p7"' in json.dumps(bundle)
    found = DocBin().from_disk(tmp_path / "docbin" / "part-000000.spacy")
    first, second = found.get_docs(load_tokenizer().vocab)
    assert [(ent.label_, ent.text) for ent in first.ents] == ENTS
    assert second._.clinical_error is not None
    assert len((tmp_path / "brat" / "n1.ann").read_text("utf8").splitlines()) == 5
    assert (tmp_path / "conll").read_text("utf8").count(" B-") == len(ENTS)


def test_docs_go_to_one_file_if_that_is_its_name(source, tmp_path):
    run(source, "-o", tmp_path / "x.spacy", "-f", "docbin")
    assert len(DocBin().from_disk(tmp_path / "x.spacy")) == 2


def test_what_annotate_wrote_is_exported(tmp_path):
    copy_examples(tmp_path / "examples")
    notes = tmp_path / "examples/notes"
    arguments = ["annotate", str(notes), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(app, [*arguments, "--shard-size", "2"])
    assert result.exit_code == 0, result.output
    run(tmp_path / "run", "-o", tmp_path / "all.jsonl", "-f", "jsonl")
    run(tmp_path / "run", "-o", tmp_path / "all.parquet", "-f", "parquet")
    run(tmp_path / "all.parquet", "-o", tmp_path / "again.jsonl", "-f", "jsonl")
    lines = (tmp_path / "all.jsonl").read_bytes()
    assert lines == (tmp_path / "again.jsonl").read_bytes()
    shards = sorted((tmp_path / "run" / "shards").iterdir())
    assert lines == b"".join(shard.read_bytes() for shard in shards)


@pytest.mark.parametrize("kind", [k for k in FORMATS if k not in NEED_TEXT])
def test_text_can_be_left_out(source, tmp_path, kind):
    out = tmp_path / "out"
    run(source, "-o", out, "-f", kind, "--no-text")
    written = list(read_all(out).values())
    for content in written:
        assert b"pneumonia" not in content
        assert b"aspirin" not in content
    # Records that have no text make the same.
    bare = tmp_path / "bare.jsonl"
    write_records(map(without_text, read_records(source)), bare)
    run(bare, "-o", tmp_path / "again", "-f", kind)
    assert list(read_all(tmp_path / "again").values()) == written


@pytest.mark.parametrize("kind", NEED_TEXT)
def test_docs_need_text(source, tmp_path, kind):
    bare = tmp_path / "bare.jsonl"
    write_records(map(without_text, read_records(source)), bare)
    out = tmp_path / "out"
    assert "[C325]" in run(bare, "-o", out, "-f", kind, status=2)
    run(source, "-o", out, "-f", kind, "--no-text", status=2)
    assert not out.exists()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_broken_record_leaves_what_was_there(source, tmp_path, kind):
    out = tmp_path / "out"
    if kind in FOLDERS:
        out.mkdir()
    else:
        out.write_text("old")
    with source.open("a") as lines:
        lines.write('{"id": "pneumonia", "entities": 1, "sections": 2}\n')
    assert "[C318]" in run(source, "-o", out, "-f", kind, status=2)
    assert read_all(out) == ({} if kind in FOLDERS else {"out": b"old"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.jsonl", "out"]


@pytest.mark.parametrize("kind", FORMATS)
def test_another_place_is_asked_for(source, tmp_path, kind):
    out = tmp_path / "out"
    if kind in FOLDERS:
        out.write_text("old")
        assert "[C326]" in run(source, "-o", out, "-f", kind, status=2)
        assert out.read_text() == "old"
    else:
        out.mkdir()
        output = run(source, "-o", out, "-f", kind, status=2)
        assert "[C310]" in output
        assert "Is a directory" in output


def test_what_is_wrong_is_named(source, tmp_path, monkeypatch):
    out = tmp_path / "out"
    run(source, "-o", out, "-f", "xml", status=2)
    assert "[C301]" in run(tmp_path / "none", "-o", out, "-f", "fhir", status=2)
    for date in ("yesterday", "2026-02-30", "2026"):
        output = run(source, "-o", out, "-f", "omop", "--date", date, status=2)
        assert f"[C328] Can't use the date '{date}'" in output
    output = run(source, "-o", out, "-f", "docbin", "-m", "none", status=2)
    assert "[C311]" in output
    source.write_text('{"text": "pneumonia"}\n')
    assert "[C318]" in run(source, "-o", out, "-f", "fhir", status=2)
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert "[C317]" in run(source, "-o", out, "-f", "parquet", status=2)
    assert not out.exists()


def test_places_that_dont_fit_tokens_are_told(source, tmp_path):
    record = make_one_record()
    record["entities"][0]["start"] += 1
    write_records([record], source)
    output = run(source, "-o", tmp_path / "x.conll", "-f", "conll")
    assert "[W201] 1 of 8 spans" in output


def test_options_reach_the_formats(source, tmp_path):
    out = tmp_path / "x.csv"
    run(source, "-o", out, "-f", "omop", "--first-id", 5, "--date", "2020-01-02")
    with out.open(encoding="utf8", newline="") as table:
        first = next(csv.DictReader(table))
    assert (first["note_nlp_id"], first["nlp_date"]) == ("5", "2020-01-02")
    record = {**make_one_record(), "meta": {"mrn": "m1", "day": "2019"}}
    write_records([record], source)
    out = tmp_path / "x.fhir"
    run(source, "-o", out, "-f", "fhir", "--subject", "mrn", "--date-column", "day")
    text = out.read_text("utf8")
    assert '"Patient/m1"' in text
    assert '"date": "2019"' in text


def test_a_format_is_one_row_of_the_table():
    """The command names no format."""
    source = Path(command.__file__).read_text(encoding="utf8")
    assert not [name for name in FORMATS if f'"{name}"' in source]
    assert {type(row) for row in FORMATS.values()} == {Format}


def test_no_such_format(source, tmp_path):
    output = run(source, "-o", tmp_path / "out", "-f", "xml", status=2)
    assert "xml" in output


def test_formats_are_known_in_capitals_too(source, tmp_path):
    run(source, "-o", tmp_path / "out.jsonl", "-f", "JSONL")
