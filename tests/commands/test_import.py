import json

import pytest
from spacy.tokens import DocBin
from spacy.training import Corpus
from spacy.util import fix_random_seed
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.corpora.find import find_reader
from spacy_clinical.export.correction.label_studio import write_tasks
from spacy_clinical.export.docs import load_tokenizer
from spacy_clinical.export.jsonl import write_records
from spacy_clinical.export.reading import read_records
from tests.export.correction.made import make_made_record

KINDS = {
    "label-studio": "a.json",
    "doccano": "a.jsonl",
    "prodigy": "a.jsonl",
    "inception": "a",
    "brat": "a",
}


def run(*arguments, status=0):
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "fever" not in result.output
    assert result.exit_code == status, result.output
    return result.output


@pytest.fixture
def notes(tmp_path):
    write_records([make_made_record()], tmp_path / "notes.jsonl")
    return tmp_path / "notes.jsonl"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_exported_is_imported_and_trains(kind, notes, tmp_path):
    tool = tmp_path / KINDS[kind]
    run("export", notes, "-o", tool, "-f", kind)
    run("import", tool, "-o", tmp_path / "b.spacy", "--notes", notes)
    [example] = Corpus(tmp_path / "b.spacy")(load_tokenizer())
    ents = [(e.text, e.label_, e._.is_negated) for e in example.reference.ents]
    assert ents == [
        ("fever", "Sign_symptom", True),
        ("aspirin\n81 mg", "Order", False),
    ]
    run("import", tool, "-o", tmp_path / "b.jsonl", "--notes", notes)
    [record] = read_records(tmp_path / "b.jsonl")
    assert record["id"] == "n/1"
    [example] = find_reader(tmp_path / "b.jsonl")(load_tokenizer())
    assert len(example.reference.ents) == 2
    run("import", tool, "-o", tmp_path / "b", "--notes", notes)
    [example] = BratCorpus(tmp_path / "b", discontinuous="cover")(load_tokenizer())
    # BRAT has identifiers among the entities.
    texts = [e.text for e in example.reference.ents]
    assert texts == ["fever", "aspirin\n81 mg", "Smith"]
    run("export", tmp_path / "b.spacy", "-o", tmp_path / "c.jsonl", "-f", "jsonl")
    [again] = read_records(tmp_path / "c.jsonl")
    assert [e["label"] for e in again["entities"]] == ["Sign_symptom", "Order"]


def test_imported_entities_are_learned(notes, tmp_path):
    write_tasks([make_made_record()], tmp_path / "a.json")
    run("import", tmp_path / "a.json", "-o", tmp_path / "b.spacy")
    fix_random_seed(0)
    nlp = load_tokenizer()
    nlp.add_pipe("ner")
    examples = list(Corpus(tmp_path / "b.spacy")(nlp))
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(80):
        nlp.update(examples, sgd=optimizer)
    assert [e.label_ for e in nlp(examples[0].text).ents] == ["Sign_symptom", "Order"]


def test_only_corrected_notes_are_imported(tmp_path):
    records = [make_made_record() | {"id": f"n/{i}"} for i in range(3)]
    write_tasks(records, tmp_path / "a.json")
    tasks = json.loads((tmp_path / "a.json").read_text("utf8"))
    result = tasks[0]["predictions"][0]["result"]
    tasks[0]["annotations"] = [{"result": result}]
    tasks[1]["annotations"] = [{"result": [], "was_cancelled": True}]
    (tmp_path / "a.json").write_text(json.dumps(tasks), "utf8")
    output = run("import", tmp_path / "a.json", "-o", tmp_path / "b.spacy")
    assert "Left out  1" in output
    assert len(DocBin().from_disk(tmp_path / "b.spacy")) == 2
    command = ["import", tmp_path / "a.json", "-o", tmp_path / "c.spacy"]
    assert "Left out  2" in run(*command, "--corrected")


def test_refused_notes_are_named_and_others_imported(notes, tmp_path):
    other = make_made_record() | {"id": "n/2"}
    write_tasks([make_made_record(), other], tmp_path / "a.json")
    command = ["import", tmp_path / "a.json", "-o", tmp_path / "b.jsonl"]
    output = run(*command, "--notes", notes, status=1)
    assert "[C764]" in output
    assert "Refused   1" in output
    assert len(list(read_records(tmp_path / "b.jsonl"))) == 1


@pytest.mark.parametrize("content", ["[]", "[{}]", "[1]"])
def test_files_without_notes_write_nothing(content, tmp_path):
    (tmp_path / "a.json").write_text(content, "utf8")
    output = run("import", tmp_path / "a.json", "-o", tmp_path / "b.spacy", status=2)
    assert "[C767]" in output
    assert not (tmp_path / "b.spacy").exists()


def test_records_without_text_cannot_be_corrected(notes, tmp_path):
    command = ["export", notes, "-o", tmp_path / "x.json", "-f", "label-studio"]
    assert "--no-text" in run(*command, "--no-text", status=2)
    record = make_made_record()
    del record["text"]
    write_records([record], notes)
    assert "[C325]" in run(*command, status=2)


@pytest.mark.parametrize("kind", ["doccano", "prodigy"])
def test_notes_that_are_there_twice_are_read_once(kind, notes, tmp_path):
    tool = tmp_path / "a.jsonl"
    run("export", notes, "-o", tool, "-f", kind)
    tool.write_bytes(tool.read_bytes() * 2)
    output = run("import", tool, "-o", tmp_path / "b.jsonl", "--notes", notes, status=1)
    assert "[C937] notes.csv:1 has the note 'n/1' again" in output
    assert len(list(read_records(tmp_path / "b.jsonl"))) == 1
