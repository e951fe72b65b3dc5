"""What this package has written is not read as notes, whatever it is called."""

import json
import os
import shutil
import warnings
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from typer.testing import CliRunner

from spacy_clinical.checkpoints.store import write_manifest
from spacy_clinical.cli import app
from spacy_clinical.commands.export import FORMATS
from spacy_clinical.export import brat, form_records, frames, omop, omop_facts, records
from spacy_clinical.files import own_outputs
from spacy_clinical.files.own_outputs import is_own_file, is_own_folder
from spacy_clinical.forms.files import list_forms
from spacy_clinical.notes.sources import list_sources
from spacy_clinical.types import NoteFailure

# Endings that make readers of notes look at exports.
ENDINGS = {"jsonl": ".jsonl", "parquet": ".parquet", "conll": ".txt", "fhir": ".ndjson"}
ENDINGS |= {"omop": ".csv", "doccano": ".jsonl", "prodigy": ".jsonl"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of notes, and in it outputs of all kinds."""
    folder = tmp_path_factory.mktemp("notes")
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "Sign_symptom", "pattern": [{"LOWER": "pain"}]}])
    nlp.to_disk(folder / "tuned")
    (folder / "a.txt").write_text("HPI: pain")
    (folder / "b.jsonl").write_text(
        json.dumps({"text": "HPI: pain"}) + "\n" + json.dumps({"x": 1}) + "\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spacy_clinical.commands.annotate.load_pipeline", lambda *_: nlp)

        def run(*args):
            result = CliRunner().invoke(app, list(map(str, args)))
            assert result.exit_code in (0, 1), result.output

        inputs = [folder / "a.txt", folder / "b.jsonl"]
        run("annotate", *inputs, "-o", folder / "one", "--html")
        run("annotate", *inputs, "-o", folder / "two" / "deep", "--shard-size", 1)
        run("annotate", *inputs, "-o", folder / "bare", "--no-text")
        run("view", folder / "one")
        for kind in FORMATS:
            path = folder / "exports" / f"x-{kind}{ENDINGS.get(kind, '')}"
            run("export", folder / "one", "-o", path, "-f", kind)
        (folder / "form.tsv").write_text(
            "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\t"
            "height\tconf\ttext\n1\t1\t0\t0\t0\t0\t0\t0\t100\t100\t-1\t\n"
            "5\t1\t1\t1\t1\t1\t5\t5\t20\t5\t90\tName:\n"
        )
        for suffix in ("csv", "jsonl"):
            run("ask", *inputs, "-q", "pain?", "-o", folder / f"answers.{suffix}")
        run("forms", folder / "form.tsv", "-o", folder / "forms")
        (folder / "form.tsv").unlink()
    store = folder / "store" / "bert"
    store.mkdir(parents=True)
    (store / "config.json").write_text("{}")
    (store / "vocab.txt").write_text("pain\n")
    write_manifest(store, {"checkpoint": "x/bert"})
    return folder


def read(folder, **options):
    """The files that are read, and those that can't be, by name; and the warnings."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = list_sources([str(folder)], **options)
    names = [
        item.source if isinstance(item, NoteFailure) else item.path.name
        for item in found
    ]
    return names, [str(warning.message) for warning in told]


def test_outputs_among_notes_are_left_out_and_told_once(made):
    names, told = read(made)
    assert names == ["a.txt", "b.jsonl"]
    [message] = [line for line in told if line.startswith("[W307]")]
    assert str(made) in message


def test_a_second_run_reads_no_more_notes(made, tmp_path):
    folder = tmp_path / "notes"
    shutil.copytree(made, folder)
    counts = []
    for _ in range(2):
        out = folder / f"again{len(counts)}"
        args = ["annotate", str(folder), "-o", str(out), "-m", str(made / "tuned")]
        result = CliRunner().invoke(app, args)
        assert result.output.count("[W307]") == 1
        counts.append(len((out / "notes.jsonl").read_text("utf8").splitlines()))
    assert counts == [2, 2]


def test_outputs_are_known_by_what_is_in_them(made, tmp_path):
    for name in ("jsonl", "conll", "fhir", "parquet", "omop"):
        ending = ENDINGS[name]
        shutil.copy(
            made / "exports" / f"x-{name}{ending}", tmp_path / f"{name}{ending}"
        )
    assert is_own_file(made / "bare" / "notes.jsonl")
    assert is_own_file(made / "two" / "deep" / "failures.jsonl")
    names, _ = read(tmp_path)
    assert names == [str(tmp_path)]


def test_forms_leave_out_outputs_too(made, tmp_path):
    folder = tmp_path / "forms"
    shutil.copytree(made, folder)
    (folder / "scan.png").write_bytes(b"\x89PNG")
    (folder / "page.hocr").write_text("<html>")
    (folder / "read.html").write_text("<html><div class='ocr_page'></div></html>")
    (folder / "textract.json").write_text('{"Blocks": []}')
    with pytest.warns(UserWarning, match="W307") as told:
        found = list_forms([str(folder)])
    assert len(told) == 1
    names = [path.name for path in found]
    assert names == ["page.hocr", "read.html", "scan.png", "textract.json"], found


def test_a_file_that_is_named_is_read(made):
    path = made / "one" / "notes.jsonl"
    [source] = list_sources([str(path)])
    assert source.path == path
    names, _ = read(made / "exports" / "x-brat")
    assert Counter(name.split(".")[-1] for name in names) == {"txt": 2}


MINE = {
    "notes.jsonl": '{"id": "a", "source": "x", "meta": {}, "n_chars": 1, "text": "pain"}\n',
    "shards/part-000000.jsonl": '{"id": "a", "text": "pain"}\n',
    "failures.jsonl": '{"id": "a", "source": "x", "error": "none", "text": "pain"}\n',
    "errors.jsonl": '{"id": "a", "source": "x", "error": "pain"}\n',
    "broken.jsonl": '{"id": "a", "source"\n',
    "list.jsonl": "[1]\n",
    "empty.jsonl": "",
    "bundle.jsonl": '{"resourceType": "Bundle", "id": "a", "text": "pain"}\n',
    "notes.csv": "id,source,n_chars,n_sentences,error\na,pain,1,1,\n",
    "entities.csv": "id,label,text,start,end,score,section\na,b,pain,0,4,1,x\n",
    "names.csv": "name,id,source\npain,1,x\n",
    "conll.txt": "-DOCSTART- -X- O O\n\npain NN B-NP O\n",
    "pages/note-00001.txt": "HPI: pain",
}


@pytest.mark.parametrize("name", MINE)
def test_files_of_others_are_read_whatever_they_are_called(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(MINE[name], encoding="utf8")
    names, told = read(tmp_path)
    assert names == [name.split("/")[-1]]
    assert told == []


def test_other_tables_of_parquet_are_read(tmp_path):
    pq.write_table(
        pa.table({"id": ["a"], "text": ["pain"]}), tmp_path / "notes.parquet"
    )
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    names, told = read(tmp_path)
    assert sorted(names) == ["broken.parquet", "notes.parquet"]
    assert told == []


def test_records_of_long_notes_are_known_by_their_start(tmp_path, monkeypatch):
    nlp = spacy.blank("en")
    note = records.Note("a", "pain " * 2000, {}, "a.txt")
    line = json.dumps(records.make_record(note, nlp(note.text)))
    monkeypatch.setattr(own_outputs, "LINE", 5000)
    (tmp_path / "x.jsonl").write_text(line + "\n")
    assert is_own_file(tmp_path / "x.jsonl")
    (tmp_path / "y.jsonl").write_text(json.dumps({"text": note.text}) + "\n")
    assert not is_own_file(tmp_path / "y.jsonl")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "notes.jsonl")
    assert not is_own_file(tmp_path / "notes.jsonl")
    assert not is_own_folder(tmp_path)


def test_shapes_are_those_that_are_written():
    assert ",".join(omop.COLUMNS) == own_outputs.NOTE_NLP
    assert ",".join(omop_facts.EXPOSURE_COLUMNS) == own_outputs.EXPOSURES
    assert ",".join(omop_facts.MEASUREMENT_COLUMNS) == own_outputs.MEASUREMENTS
    assert ",".join(form_records.COLUMNS) == own_outputs.FIELDS
    assert ",".join(frames.COLUMNS["answers"]) == own_outputs.ANSWERS
    assert list(own_outputs.BRAT.values()) == [",".join(brat.COLUMNS)]
    tables = {**own_outputs.TABLES, **own_outputs.MORE_TABLES}
    for name, header in tables.items():
        columns = ",".join(frames.COLUMNS[name.removesuffix(".csv")])
        assert f"{columns},".startswith(f"{header},")
    fields = set(records.Record.__annotations__)
    # These are there only where attributes of other components are named, or where
    # anything has looked for identifiers or been asked. Records of earlier versions
    # have no abbreviations, and no relations.
    optional = {"text", "attributes", "tokens", "identifiers", "abbreviations"}
    optional |= {"relations", "medications", "measurements", "answers", "statements"}
    assert fields - optional == own_outputs.RECORD


@pytest.fixture
def cleaned(tmp_path, monkeypatch):
    """A folder with a note, and in it clean notes in one file and in shards."""
    from tests.commands import finder

    monkeypatch.setenv("SPACY_CLINICAL_KEY", "a key of the tests, no secret")
    nlp = spacy.blank("en")
    nlp.add_pipe("test_deidentify_finder")
    nlp.to_disk(tmp_path / "model")
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text("Dr. Kelly: pain")
    for options in (["one", "--report", "--audit", "1"], ["two", "--shard-size", "1"]):
        arguments = ["deidentify", folder / "a.txt", "-o", folder / options[0]]
        arguments += [*options[1:], "-m", tmp_path / "model", "--code", finder.__file__]
        result = CliRunner().invoke(app, list(map(str, arguments)))
        assert result.exit_code == 0, result.output
    return folder


def test_clean_notes_beside_notes_are_not_read_again(cleaned):
    names, _ = read(cleaned)
    assert names == ["a.txt"]
    # By themselves they are notes.
    assert read(cleaned / "one")[0] == ["notes.jsonl"]
    assert "part-000000.jsonl" in read(cleaned / "two")[0]
    assert is_own_folder(cleaned / "one")
    assert is_own_folder(cleaned / "two")
