import codecs
import json
import sys

import pytest
import srsly

from spacy_clinical.errors import CodedError
from spacy_clinical.export.brat import write_brat
from spacy_clinical.export.correction import cas, doccano, label_studio, prodigy
from spacy_clinical.export.correction.annotated import Annotated, list_annotations
from spacy_clinical.export.correction.read import (
    KINDS,
    find_kind,
    read_annotations,
    split_failures,
)
from spacy_clinical.export.docbin import write_docbin
from spacy_clinical.export.docs import load_tokenizer, make_docs
from spacy_clinical.export.jsonl import write_records
from tests.export.correction.made import TEXT, describe, make_made_record
from tests.export.made import list_records


def in_docs(write):
    return lambda records, path: write(make_docs(records, load_tokenizer()), path)


# Name of a file or a folder, its format, and what writes it.
WRITERS = {
    "tasks.json": ("label-studio", label_studio.write_tasks),
    "doccano.jsonl": ("doccano", doccano.write_lines),
    "prodigy.jsonl": ("prodigy", in_docs(prodigy.write_lines)),
    "cas": ("inception", cas.write_folder),
    "brat": ("brat", in_docs(write_brat)),
    "notes.jsonl": ("records", write_records),
    "docs.spacy": ("records", in_docs(write_docbin)),
}


def keep(mark, holds):
    """Leave out of a mark what a format can't hold."""
    return mark._replace(
        score=None,
        attributes=mark.attributes if holds.attributes else (),
        concepts=mark.concepts if holds.concepts else (),
    )


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_comes_back(name, tmp_path):
    kind, write = WRITERS[name]
    records = [make_made_record(), *list_records()]
    if name == "brat":
        # It gets `doc.ents`, which don't overlap.
        records = [{**record, "overlapping": []} for record in records]
    assert write(records, tmp_path / name) == len(records)
    assert find_kind(tmp_path / name) == kind
    read = {one.note.id: one for one in read_annotations(tmp_path / name)}
    holds = KINDS[kind].holds
    for record in records:
        expected, found = list_annotations(record), read[record["id"]]
        text = expected.note.text
        assert found.note.text == (cas.clean_text(text) if name == "cas" else text)
        marks = [m for m in expected.marks if holds.sections or m.layer != "sections"]
        assert {keep(m, holds) for m in found.marks} == {keep(m, holds) for m in marks}
        expected = expected._replace(marks=[keep(m, holds) for m in expected.marks])
        found = found._replace(marks=[keep(m, holds) for m in found.marks])
        assert describe(found)[3] == describe(expected)[3]


@pytest.mark.parametrize("name", ["doccano.jsonl", "prodigy.jsonl"])
def test_lines_are_those_that_srsly_reads(name, tmp_path):
    WRITERS[name][1]([make_made_record()], tmp_path / name)
    [row] = srsly.read_jsonl(tmp_path / name)
    assert row["text"] == TEXT


@pytest.mark.parametrize("name", ["tasks.json", "doccano.jsonl", "prodigy.jsonl"])
def test_one_broken_note_stops_no_other(name, tmp_path):
    path = tmp_path / name
    WRITERS[name][1]([make_made_record()] * 3, path)
    rows = json.loads(path.read_text("utf8")) if name == "tasks.json" else None
    rows = rows or list(srsly.read_jsonl(path))
    del (rows[0]["data"] if "data" in rows[0] else rows[0])["text"]
    outside = json.dumps(rows[1]).replace('"end": ', '"end": 9999')
    rows[1] = json.loads(outside.replace('"end_offset": ', '"end_offset": 9999'))
    if name == "tasks.json":
        path.write_text(json.dumps(rows), "utf8")
    else:
        srsly.write_jsonl(path, rows)
    failures = []
    [read] = split_failures(read_annotations(path, WRITERS[name][0]), failures)
    assert read.note.text == TEXT
    codes = [failure.message[:6] for failure in failures]
    assert codes in (["[C760]", "[C761]"], ["[C760]", "[C762]"])
    assert not any("fever" in f.message for f in failures)


@pytest.mark.parametrize(
    "content",
    ["", "\n\n", "{", '"a"', '{"x": 1}', "plain text", "[" * 100_000],
    ids=range(7),
)
def test_what_is_no_annotation_is_refused(content, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(content, "utf8")
    with pytest.raises(CodedError, match=r"\[C76[05]\]"):
        list(read_annotations(path))


@pytest.mark.parametrize("name", ["tasks.json", "doccano.jsonl"])
def test_a_mark_of_the_encoding_is_no_part_of_a_file(name, tmp_path):
    path = tmp_path / name
    WRITERS[name][1]([make_made_record()], path)
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
    [read] = read_annotations(path)
    assert read.note.text == TEXT


def test_rows_of_prodigy_may_have_no_spans(tmp_path):
    row = {"text": TEXT, "_task_hash": 1, "answer": "accept", "meta": {"id": "n/1"}}
    srsly.write_jsonl(tmp_path / "a.jsonl", [row])
    [read] = read_annotations(tmp_path / "a.jsonl")
    assert (read.note.id, read.marks, read.status) == ("n/1", [], "corrected")


def test_folders_without_annotations_are_refused(tmp_path):
    with pytest.raises(CodedError, match=r"\[C765\].*Prodigy"):
        list(read_annotations(tmp_path))
    with pytest.raises(CodedError, match=r"\[C301\]"):
        list(read_annotations(tmp_path / "none"))


def test_a_folder_of_files_is_read(tmp_path):
    for name in ("a.json", "b.json"):
        label_studio.write_tasks([make_made_record()], tmp_path / name)
    assert len(list(read_annotations(tmp_path))) == 2


def test_cas_without_cassis_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "spacy_clinical.export.correction.cas", None)
    (tmp_path / "a.xmi").touch()
    with pytest.raises(ImportError, match=r"\[C766\].*inception"):
        list(read_annotations(tmp_path))


def test_a_large_note_is_read(tmp_path):
    record = make_made_record()
    text = record["text"] + " word" * 400_000
    record |= {"text": text, "n_chars": len(text)}
    for name in ("tasks.json", "doccano.jsonl", "cas"):
        WRITERS[name][1]([record], tmp_path / name)
        [read] = read_annotations(tmp_path / name)
        assert isinstance(read, Annotated)
        assert read.note.text == text
