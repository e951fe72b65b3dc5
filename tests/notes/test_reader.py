"""All notes of a run, and how far they are."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spacy_clinical.notes.reader import NoteReader
from spacy_clinical.notes.sources import list_sources
from spacy_clinical.types import Note, NoteFailure

N_ROWS = 3000


def write_table(folder, kind):
    rows = [{"id": f"n{i}", "text": f"HPI: cough number {i:05}"} for i in range(N_ROWS)]
    path = folder / f"notes.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif kind == "csv":
        lines = [f"{row['id']},{row['text']}\n" for row in rows]
        path.write_text("id,text\n" + "".join(lines))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def read(paths, **options):
    return NoteReader(list_sources([str(path) for path in paths]), **options)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_rows_of_tables_are_foretold(tmp_path, kind):
    notes = read([write_table(tmp_path, kind)])
    assert notes.n_expected == 0
    for number, _ in enumerate(notes, start=1):
        if number == N_ROWS // 2:
            # Files are read some kilobytes ahead.
            assert notes.n_expected == pytest.approx(N_ROWS, rel=0.1)
    assert notes.n_expected == notes.n_read == N_ROWS


def test_files_are_counted_beforehand(tmp_path):
    for i in range(5):
        (tmp_path / f"{i}.txt").write_text("HPI: " + "cough " * i)
    assert read([tmp_path]).n_expected == 5
    assert read([tmp_path], limit=3).n_expected == 3


def test_files_and_tables_together(tmp_path):
    (tmp_path / "one.txt").write_text("HPI: cough")
    (tmp_path / "empty.jsonl").write_text("")
    write_table(tmp_path, "jsonl")
    notes = read([tmp_path])
    assert len(list(notes)) == notes.n_expected == N_ROWS + 1


def test_a_limit_ends_the_reading(tmp_path):
    notes = read([write_table(tmp_path, "jsonl")], limit=10)
    assert [note.id for note in notes] == [f"n{i}" for i in range(10)]
    assert notes.n_expected == 10


def test_what_cant_be_read_comes_in_its_place(tmp_path):
    lines = ['{"text": "HPI: a"}', "{", '{"text": 5}', '{"text": "HPI: b"}']
    (tmp_path / "notes.jsonl").write_text("\n".join(lines))
    notes = read([tmp_path / "notes.jsonl"])
    found = list(notes)
    assert notes.n_read == 2
    failed = [item for item in found if isinstance(item, NoteFailure)]
    assert found[1:3] == failed
    assert [failure.message[:6] for failure in failed] == ["[C305]", "[C306]"]


def test_a_limit_counts_notes_and_not_what_cant_be_read(tmp_path):
    lines = ["{", '{"text": "HPI: a"}', "{", '{"text": "HPI: b"}', "{"]
    (tmp_path / "notes.jsonl").write_text("\n".join(lines))
    kinds = [type(item) for item in read([tmp_path / "notes.jsonl"], limit=2)]
    assert kinds == [NoteFailure, Note, NoteFailure, Note]
