import itertools

import srsly

from spacy_clinical.export.correction.doccano import make_row, read_rows, write_lines
from tests.export.correction.made import ANNOTATED, TEXT, make_made_record


def test_ids_are_unique_in_a_file(tmp_path):
    write_lines([make_made_record()] * 2, tmp_path / "a.jsonl")
    rows = list(srsly.read_jsonl(tmp_path / "a.jsonl"))
    ids = [e["id"] for row in rows for e in (*row["entities"], *row["relations"])]
    assert len(ids) == len(set(ids)) == 12


def test_relations_lead_from_child_to_head():
    row = make_row(ANNOTATED, itertools.count())
    by_id = {
        e["id"]: TEXT[e["start_offset"] : e["end_offset"]] for e in row["entities"]
    }
    [relation] = row["relations"]
    assert by_id[relation["from_id"]] == "81 mg"
    assert by_id[relation["to_id"]] == "aspirin"


def test_exports_without_relations_are_read(tmp_path):
    row = {"id": 3, "text": "No fever.", "label": [[3, 8, "Sign"], [0, 2, "phi:ID"]]}
    srsly.write_jsonl(tmp_path / "a.jsonl", [row])
    [read] = read_rows(tmp_path / "a.jsonl")
    assert [(m.layer, m.label) for m in read.marks] == [
        ("entities", "Sign"),
        ("identifiers", "ID"),
    ]
    assert read.note.id == "3"
