import pytest
import srsly

from spacy_clinical.export.correction.prodigy import read_rows, write_lines
from spacy_clinical.export.docs import load_tokenizer, make_docs
from tests.export.correction.made import LINKS, TEXT, make_made_record


@pytest.fixture
def row(tmp_path):
    docs = make_docs([make_made_record()], load_tokenizer())
    write_lines(docs, tmp_path / "a.jsonl")
    [row] = srsly.read_jsonl(tmp_path / "a.jsonl")
    return row


def read(tmp_path, row):
    srsly.write_jsonl(tmp_path / "b.jsonl", [row])
    [read_one] = read_rows(tmp_path / "b.jsonl")
    return read_one


def test_spans_are_made_of_tokens(row):
    tokens = row["tokens"]
    rebuilt = "".join(t["text"] + " " * t["ws"] for t in tokens)
    assert rebuilt == TEXT
    for span in row["spans"]:
        assert tokens[span["token_start"]]["start"] == span["start"]
        assert tokens[span["token_end"]]["end"] == span["end"]
    [relation] = row["relations"]
    assert tokens[relation["head"]]["text"] == "aspirin"
    assert "_input_hash" not in row


@pytest.mark.parametrize(
    ("answer", "status"),
    [("accept", "corrected"), ("reject", "rejected"), ("ignore", "rejected")],
)
def test_answers_say_whether_a_note_is_corrected(row, answer, status, tmp_path):
    assert read(tmp_path, row).status == "suggested"
    assert read(tmp_path, {**row, "answer": answer}).status == status


def test_relations_of_tokens_alone_are_read(row, tmp_path):
    for side in ("head_span", "child_span"):
        del row["relations"][0][side]
    [link] = read(tmp_path, row).links
    assert link.label == LINKS[0].label
    # Of the spans that hold the token, the first.
    assert row["spans"][link.child]["label"] in ("Dosage", "Order")


def test_relations_of_spans_that_are_gone_are_left_out(row, tmp_path):
    [relation] = row["relations"]
    assert len(read(tmp_path, row).links) == 1
    for side in ("child_span", "head_span"):
        gone = relation[side]
        spans = [s for s in row["spans"] if any(s[k] != gone[k] for k in gone)]
        kept = read(tmp_path, {**row, "spans": spans})
        # There is a section, too.
        assert len(kept.marks) == len(spans) + 1 == len(row["spans"])
        assert kept.links == []
    # Tokens without a span have no label.
    unlabelled = {**relation, "head_span": {**relation["head_span"], "label": None}}
    assert read(tmp_path, {**row, "relations": [unlabelled]}).links == []
    alone = {"head": 10**6, "child": relation["child"], "label": "MODIFY"}
    assert read(tmp_path, {**row, "relations": [alone]}).links == []
