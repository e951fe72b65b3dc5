"""Runs over many notes, by the command line: some broken, and memory that stays flat."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from spacy.language import Language
from typer.testing import CliRunner

from spacy_clinical.cli import app
from tests.conftest import NOTES

ROOT = Path(__file__).parents[2]
# Ten shards of five chunks: what is cut at shards and chunks is cut often.
N_NOTES = 1_000
SECRET = "Zebulon Quarterstaff"


@Language.component("test_corpus_fails")
def fail(doc):
    if "bad" in doc.text:
        raise ValueError(doc.text)
    return doc


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("test_corpus_fails")
    nlp.to_disk(folder)
    return folder


def make_line(i, kind):
    """A row of a table; of the broken ones, half can't be read and half fail."""
    if kind == "unreadable":
        return random.Random(i).choice(
            [f'{{"id": "n{i}", "text": ', f'{{"id": "n{i}", "text": 5}}', "\x00", "[]"]
        )
    text = f"HPI:\nNumber {i} coughs.\n\nPLAN\nRest."
    if kind == "failing":
        text = f"bad {SECRET} {i}"
    return json.dumps({"id": f"n{i}", "text": text, "ward": i % 7})


@pytest.mark.slow
@pytest.mark.parametrize("n_process", [1, 2])
def test_a_thousand_notes_one_in_a_hundred_broken(tmp_path, model, n_process):
    choose = random.Random(n_process)
    broken = choose.sample(range(N_NOTES), N_NOTES // 100)
    kinds = dict.fromkeys(broken[::2], "unreadable") | dict.fromkeys(
        broken[1::2], "failing"
    )
    with (tmp_path / "notes.jsonl").open("w", encoding="utf8") as lines:
        for i in range(N_NOTES):
            lines.write(make_line(i, kinds.get(i)) + "\n")
    out = tmp_path / "out"
    command = ["annotate", str(tmp_path / "notes.jsonl"), "--output", str(out)]
    command += ["--model", str(model), "--shard-size", "100", "--batch-size", "20"]
    result = CliRunner().invoke(app, [*command, "--n-process", str(n_process)])
    assert result.exit_code == 1
    assert SECRET not in result.output
    records = [
        json.loads(line)
        for path in sorted((out / "shards").iterdir())
        for line in path.read_text("utf8").splitlines()
    ]
    readable = [i for i in range(N_NOTES) if kinds.get(i) != "unreadable"]
    assert [record["id"] for record in records] == [f"n{i}" for i in readable]
    for i, record in zip(readable, records, strict=True):
        assert (record["error"] is not None) == (kinds.get(i) == "failing")
        assert record["meta"] == {"ward": i % 7}
        labels = [section["label"] for section in record["sections"]]
        expected = ["history_of_present_illness", "plan"]
        assert labels == (["preamble"] if kinds.get(i) == "failing" else expected)
    failures = (out / "failures.jsonl").read_text("utf8")
    assert len(failures.splitlines()) == N_NOTES // 100
    assert SECRET not in failures
    done = json.loads((out / "run.json").read_text("utf8"))["done"]
    assert (done["n_notes"], done["n_failed"]) == (len(readable), N_NOTES // 100)


MEMORY = """
import json, os, sys, warnings
from pathlib import Path
from spacy_clinical import load
from spacy_clinical.scale.workers import annotate_chunks
from spacy_clinical.types import Note

warnings.simplefilter("ignore")
texts = json.loads(Path(sys.argv[1]).read_text("utf8"))

def read_rss():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def make_chunks():
    # New words in each note, as in real ones.
    for i in range(0, 400, 20):
        yield [
            Note(str(j), f"{texts[j % len(texts)]} By dr{j} for x{j}y.", {}, "")
            for j in range(i, i + 20)
        ]


n_notes, sizes = 0, []
for records in annotate_chunks(load(), make_chunks()):
    n_notes += len(records)
    if n_notes >= 140:
        sizes.append(read_rss())
print(n_notes, (max(sizes) - sizes[0]) / (n_notes - 140))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_memory_is_flat_over_hundreds_of_notes(tmp_path):
    """By the whole pipeline that ships: at most 50 kB a note, from the 140th on."""
    lines = [line for note in NOTES for line in note.splitlines()]
    texts = [line for line in lines if 10 < len(line) < 40]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf8")
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "texts.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    n_notes, growth = done.stdout.split() or (0, done.stderr[-500:])
    assert int(n_notes) == 400
    assert float(growth) < 50_000


@pytest.fixture
def parquet(tmp_path):
    table = pa.table(
        {
            "note_id": pa.array([1, 2, 3, None], pa.int64()),
            "text": ["HPI: cough", None, "PLAN: rest", "no id"],
            "seen": pa.array([0, 1, 2, 3], pa.timestamp("ms")),
            "scan": [b"\x00\xff", b"", None, b"x"],
            "weight": [1.5, float("nan"), None, 2.0],
            "tags": [["a"], [], None, ["b", "c"]],
        }
    )
    pq.write_table(table, tmp_path / "notes.parquet")
    return tmp_path / "notes.parquet"


def annotate(path, tmp_path, *more):
    command = ["annotate", str(path), "--output", str(tmp_path / "out"), *more]
    result = CliRunner().invoke(app, command)
    lines = (tmp_path / "out/notes.jsonl").read_text("utf8").splitlines()
    return result, [json.loads(line) for line in lines]


def test_parquet_is_read(parquet, tmp_path, model):
    options = ["--model", str(model), "--id-column", "note_id"]
    result, records = annotate(parquet, tmp_path, *options)
    assert result.exit_code == 1
    assert "[C306] Row 2" in result.output
    assert "[C306] Row 4" in result.output
    assert [record["id"] for record in records] == ["1", "3"]
    assert [record["sections"][0]["label"] for record in records] == [
        "history_of_present_illness",
        "plan",
    ]
    assert records[0]["meta"] == {
        "seen": "1970-01-01T00:00:00",
        "scan": "AP8=",
        "weight": 1.5,
        "tags": ["a"],
    }
    assert records[1]["meta"]["weight"] is None


def test_parquet_in_folders_and_without_its_columns(parquet, tmp_path, model):
    options = ["--model", str(model)]
    result, records = annotate(parquet.parent, tmp_path, *options)
    assert [record["id"] for record in records] == ["notes:1", "notes:3", "notes:4"]
    result, records = annotate(parquet, tmp_path, *options, "--text-column", "none")
    assert result.exit_code == 1
    assert "[C307]" in result.output
    assert records == []


@pytest.mark.parametrize("fault", ["cut off", "no table"])
def test_broken_parquet_is_told(parquet, tmp_path, model, fault):
    data = parquet.read_bytes()
    content = data[: len(data) // 2] if fault == "cut off" else b"PAR1 and no more"
    parquet.write_bytes(content)
    (tmp_path / "good.txt").write_text("HPI: cough")
    result, records = annotate(tmp_path, tmp_path, "--model", str(model))
    assert result.exit_code == 1
    assert "[C336]" in result.output
    assert [record["id"] for record in records] == ["good"]


def test_text_that_is_no_unicode_harms_its_row_only(tmp_path, model):
    values = pa.array([b"HPI: one", b"HPI: \xff\xfe", b"HPI: three"])
    table = pa.table({"text": values.cast(pa.binary()).view(pa.string())})
    pq.write_table(table, tmp_path / "notes.parquet")
    path = tmp_path / "notes.parquet"
    result, records = annotate(path, tmp_path, "--model", str(model))
    assert "[C309] Row 2" in result.output
    assert [record["text"] for record in records] == ["HPI: one", "HPI: three"]
