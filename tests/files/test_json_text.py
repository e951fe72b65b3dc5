"""JSON that every program reads, and tables without NaN, wherever something is written."""

import csv
import json
import math

import numpy
import polars
import pyarrow.parquet as pq
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import SpanGroup
from typer.testing import CliRunner

from spacy_clinical.checkpoints.store import write_manifest
from spacy_clinical.cli import app
from spacy_clinical.commands.export import FORMATS
from spacy_clinical.export.form_records import list_rows as list_form_rows
from spacy_clinical.export.form_records import make_form_record
from spacy_clinical.export.frames import to_frame
from spacy_clinical.export.html import render_note
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.records import make_record
from spacy_clinical.export.viewer import Run, make_view, render_view
from spacy_clinical.files.json_text import read_json, write_json
from spacy_clinical.forms.document import make_form_doc
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.heads.thresholds import tune_thresholds
from spacy_clinical.types import Note
from tests.conftest import load_blank

NAN, INF = float("nan"), float("inf")
ODD = '{"id": "%s", "text": "HPI: pain", "a": 1e999, "b": [NaN, {"c": -Infinity}]}\n'


def refuse(name):
    raise AssertionError(name)


def read_strictly(text):
    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            {"a": NAN, "b": [INF, {"c": (-INF, 1.5)}]},
            '{"a": null, "b": [null, {"c": [null, 1.5]}]}',
        ),
        ([1e308, 0.1, 10**400], f"[1e+308, 0.1, {10**400}]"),
        ("NaN", '"NaN"'),
        (NAN, "null"),
    ],
)
def test_what_is_no_number_is_null(value, text):
    assert write_json(value) == text


def test_numbers_too_large_are_read_as_nothing():
    assert read_json('[1e999, -1e999, NaN, Infinity, 1.5, "NaN"]') == [
        *(None, None, None, None, 1.5, "NaN")
    ]


def test_what_is_nested_deeply_is_written():
    value = [NAN]
    for _ in range(400):
        value = [value]
    assert write_json(value) == "[" * 401 + "null" + "]" * 401


def test_what_is_not_json_is_refused():
    value = []
    value.append(value)
    with pytest.raises(ValueError, match="Circular"):
        write_json(value)


@Language.component("test_json_text_odd_scores")
def give_odd_scores(doc):
    for span, score in zip(doc.ents, (NAN, INF, 0.5), strict=False):
        doc.spans[str(score)] = SpanGroup(doc, spans=[span], attrs={"scores": [score]})
    doc.spans["ner"] = SpanGroup(
        doc, spans=list(doc.ents), attrs={"scores": [NAN] * len(doc.ents)}
    )
    evidence = [{"section": "", "start": 0, "end": 3, "score": INF}]
    code = {"code": "486", "label": "486", "title": "Pneumonia", "chapter": ""}
    groups = {"chapter_codes": "", "ccs": [], "icd10": []}
    doc._.icd9 = [{**code, **groups, "score": NAN, "evidence": evidence}]
    return doc


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "Disease_disorder", "pattern": [{"LOWER": "pain"}]}])
    nlp.add_pipe("test_json_text_odd_scores")
    return nlp


@pytest.mark.parametrize("shards", [(), ("--shard-size", "1")])
def test_all_that_a_run_writes_is_json(nlp, tmp_path, monkeypatch, shards):
    monkeypatch.setattr(
        "spacy_clinical.commands.annotate.load_pipeline", lambda *_: nlp
    )
    (tmp_path / "n.jsonl").write_text("".join(ODD % i for i in range(3)))
    out = tmp_path / "out"

    def run(*args):
        result = CliRunner().invoke(app, list(map(str, args)))
        assert result.exit_code == 0, result.output

    run("annotate", tmp_path / "n.jsonl", "-o", out, *shards)
    run("view", out, "-o", out / "view.html")
    for kind in FORMATS:
        run("export", out, "-o", tmp_path / kind, "-f", kind)
    files = [path for path in out.rglob("*.json*") if path.is_file()]
    assert files
    for path in [*files, tmp_path / "jsonl", tmp_path / "fhir"]:
        text = path.read_text("utf8")
        for part in [text] if path.suffix == ".json" else text.splitlines():
            values = read_strictly(part)
            if "meta" in values:
                assert values["meta"] == {"a": None, "b": [None, {"c": None}]}
                assert values["codes"][0]["score"] is None
                assert values["entities"][0]["score"] is None
    assert "valueDecimal" not in (tmp_path / "fhir").read_text()
    page = (out / "view.html").read_text("utf8")
    read_strictly(page.split('id="data"')[1].split(">", 1)[1].split("</script>")[0])
    for row in pq.read_table(tmp_path / "parquet").to_pylist():
        assert row["entities"][0]["score"] is None
        assert row["codes"][0]["evidence"][0]["score"] is None
        read_strictly(row["meta"])
    tables = [*(tmp_path / "csv").glob("*.csv"), tmp_path / "omop"]
    for path in [*tables, *(tmp_path / "brat").glob("*.csv")]:
        with path.open(newline="") as table:
            cells = [cell.lower() for row in csv.reader(table) for cell in row]
        assert not {"nan", "inf", "-inf"} & set(cells)
        assert not any("score=" in cell for cell in cells)


def make_odd_record(nlp):
    doc = nlp("HPI: pain")
    note = Note("a", doc.text, {"a": NAN, "patient_id": INF}, "a.txt")
    return note, doc, make_record(note, doc)


def test_records_hold_no_odd_scores_in_python(nlp):
    note, _, record = make_odd_record(nlp)
    assert record["entities"][0]["score"] is None
    assert record["codes"][0]["score"] is None
    assert record["codes"][0]["evidence"][0]["score"] is None
    assert "–" in render_note(record)
    assert read_strictly(format_line(record))["meta"] == dict.fromkeys(note.meta)
    page = render_view(make_view([Run("a", [record])]))
    assert "Infinity" not in page.split('id="data"')[1].split("</script>")[0]
    record["entities"][0]["score"] = INF
    frame = to_frame([record], "entities", library="polars")
    assert frame["score"].to_list() == [None]
    assert isinstance(frame, polars.DataFrame)


def test_boxes_are_numbers():
    words = [
        Word("Name:", (NAN, 0, 5, 5), NAN),
        Word("Ann", (6, 0, INF, 5), INF),
        Word("on", (6, 0, 9, 5), 0.5),
    ]
    for width in (100.0, INF, NAN):
        page = FormPage(width, 50.0, "px", list(words), "hocr")
        doc = make_form_doc(load_blank().vocab, [page])
        record = make_form_record(doc, form_id="a", source="a.hocr")
        read_strictly(format_line(record))
        for token in doc:
            assert all(map(math.isfinite, token._.box or ()))
            assert token._.confidence in (None, 0.5)
        assert list(list_form_rows(record)) == []


def test_thresholds_are_numbers():
    scores = numpy.asarray([[NAN, 0.5], [0.9, INF], [0.2, 0.1]])
    gold = numpy.asarray([[1.0, 0], [1, 1], [0, 0]])
    found = tune_thresholds(["a", "b"], scores, gold, min_positives=1)
    assert all(map(math.isfinite, (found.common, *found.by_label.values())))


def test_manifests_are_json(tmp_path):
    path = write_manifest(tmp_path, {"size": NAN})
    assert read_strictly(path.read_text("utf8"))["size"] is None
