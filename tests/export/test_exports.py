"""Records as FHIR, OMOP, Parquet and data frames."""

import csv
import json

import pandas
import polars
import pyarrow.parquet as pq
import pytest
import spacy
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle
from spacy.tokens import Span, SpanGroup
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.export import arrow, fhir, omop
from spacy_clinical.export.frames import COLUMNS, to_frame
from spacy_clinical.export.records import make_record
from spacy_clinical.types import Note
from tests.conftest import NOTES

TEXT = (
    "HPI:\nHas pneumonia <b>&\x00 fever.\n\n"
    "MEDICATIONS: aspirin 81 mg daily\n\nLABS: Sodium 140\n"
)
ENTS = [
    ("Disease_disorder", "pneumonia"),
    ("Medication", "aspirin"),
    ("Dosage", "81 mg daily"),
    ("Diagnostic_procedure", "Sodium"),
    ("Lab_value", "140"),
]
CODE = {
    "code": "486",
    "label": "486",
    "title": "Pneumonia, organism unspecified",
    "chapter": "460-519",
    "score": 0.9,
    "evidence": [{"section": "hpi", "start": 5, "end": 18, "score": 0.9}],
}


@pytest.fixture
def doc():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    doc = nlp(TEXT)
    spans = []
    for label, text in ENTS:
        start = TEXT.index(text)
        spans.append(doc.char_span(start, start + len(text), label=label))
    doc.ents = spans
    scores = [0.5 + i / 10 for i in range(len(spans))]
    doc.spans["ner"] = SpanGroup(doc, spans=spans, attrs={"scores": scores})
    doc._.icd9 = [CODE]
    return doc


@pytest.fixture
def record(doc):
    return make_record(Note("n1", TEXT, {"patient_id": "p7"}, "x.txt"), doc)


def resources(bundle):
    found = {}
    for entry in bundle["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(
            entry["resource"]
        )
    return found


def test_fhir_is_valid_r4(record):
    bundle = fhir.make_bundle(record, subject="Patient/p7", date="2026-09-14")
    Bundle.model_validate_json(json.dumps(bundle))
    for entry in bundle["entry"]:
        model = get_fhir_model_class(entry["resource"]["resourceType"])
        model.model_validate_json(json.dumps(entry["resource"]))
    ids = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(ids)) == len(ids)
    # Every reference but the patient's leads to something in the bundle.
    text = json.dumps(bundle)
    used = {part.split('"')[0] for part in text.split('"reference": "')[1:]}
    assert used - {"Patient/p7"} <= set(ids)


def test_fhir_says_what_was_found_and_that_nobody_confirmed_it(record):
    found = resources(fhir.make_bundle(record, subject="Patient/p7", date="2026-09-14"))
    by_code, by_entity = found["Condition"]
    assert by_code["code"]["coding"][0]["code"] == "486"
    assert by_entity["code"]["text"] == "pneumonia"
    for condition in found["Condition"]:
        [status] = condition["verificationStatus"]["coding"]
        assert status["code"] == "unconfirmed"
    [statement] = found["MedicationStatement"]
    assert statement["medicationCodeableConcept"]["text"] == "aspirin"
    assert statement["dosage"] == [{"text": "81 mg daily"}]
    [observation] = found["Observation"]
    assert observation["code"]["text"] == "Sodium"
    assert observation["valueString"] == "140"
    [composition] = found["Composition"]
    codes = [s["code"]["coding"][0]["code"] for s in composition["section"]]
    assert codes == [section["loinc"] for section in record["sections"]]
    assert "<b>" not in composition["section"][0]["text"]["div"]


def test_fhir_is_the_same_each_time_and_differs_between_notes(record):
    first = fhir.make_bundle(record, subject="Patient/1", date="2026-09-14")
    assert fhir.make_bundle(record, subject="Patient/1", date="2026-09-14") == first
    other = fhir.make_bundle({**record, "id": "n2"}, subject="Patient/1", date="2026")
    ids = {e["fullUrl"] for e in first["entry"]}
    assert ids.isdisjoint(e["fullUrl"] for e in other["entry"])


@pytest.mark.parametrize("note", NOTES)
def test_any_note_makes_a_valid_bundle(note):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    doc = nlp(note)
    doc.ents = [
        Span(doc, i, i + 1, label="Disease_disorder")
        for i, token in enumerate(doc)
        if not i % 3 and not token.is_space
    ]
    record = make_record(Note("x", note, {}, "x"), doc)
    bundle = fhir.make_bundle(record, subject="Patient/x", date="2026-09-14")
    Bundle.model_validate_json(json.dumps(bundle))


def test_text_can_be_left_out(record):
    bundle = fhir.make_bundle(
        record, subject="Patient/x", date="2026-09-14", with_text=False
    )
    Bundle.model_validate_json(json.dumps(bundle))
    found = resources(bundle)
    assert "data" not in found["DocumentReference"][0]["content"][0]["attachment"]
    assert all("text" not in s for s in found["Composition"][0]["section"])


def test_omop_rows(record):
    rows = list(omop.list_rows(record, date="2026-09-14"))
    assert len(rows) == len(ENTS)
    first = rows[0]
    assert tuple(first) == omop.COLUMNS
    assert first["lexical_variant"] == "pneumonia"
    assert TEXT[int(first["offset"]) :].startswith("pneumonia")
    assert "label=Disease_disorder" in first["term_modifiers"]
    numbers = [row["note_nlp_id"] for row in rows]
    assert len(set(numbers)) == len(numbers)
    assert all(0 <= number < 2**63 for number in numbers)
    assert rows == list(omop.list_rows(record, date="2026-09-14"))


def test_parquet_keeps_records(record, tmp_path):
    path = tmp_path / "x.parquet"
    failed = {**record, "id": "n2", "entities": [], "error": {"code": "C1"}}
    assert arrow.write_parquet([record, failed], path) == 2
    first, second = pq.read_table(path).to_pylist()
    assert first["text"] == TEXT
    assert [e["label"] for e in first["entities"]] == [label for label, _ in ENTS]
    assert first["codes"][0]["evidence"][0]["start"] == 5
    assert json.loads(first["meta"]) == {"patient_id": "p7"}
    assert second["error"]["code"] == "C1"
    assert pq.read_schema(path).equals(arrow.SCHEMA)


@pytest.mark.parametrize(
    ("library", "module"), [("pandas", pandas), ("polars", polars)]
)
@pytest.mark.parametrize("rows", COLUMNS)
def test_frames(doc, record, library, module, rows):
    from_doc = to_frame([doc, doc], rows, library=library)
    assert isinstance(from_doc, module.DataFrame)
    assert list(from_doc.columns) == list(COLUMNS[rows])
    from_record = to_frame([record], rows, library=library)
    assert len(from_doc) == 2 * len(from_record)
    assert len(to_frame([], rows, library=library)) == 0


def test_frames_of_forms():
    nlp = spacy.blank("en")
    rules = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
    nlp.add_pipe("clinical_form_extractor", config=rules)
    frame = to_frame([nlp("Name:  Jane\nSmoker:  [x] no")], "fields")
    assert frame["value"].tolist() == ["Jane", "true"]


@pytest.fixture
def records(record, tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_text(json.dumps(record) + "\n", encoding="utf8")
    return path


def run(*arguments):
    result = CliRunner().invoke(app, ["export", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "pneumonia" not in result.output
    return result


@pytest.mark.parametrize("kind", ["fhir", "omop", "parquet"])
def test_the_command_exports(records, tmp_path, kind):
    out = tmp_path / "out" / "x"
    result = run(records, "--output", out, "--format", kind, "--date", "2026-09-14")
    assert result.exit_code == 0, result.output
    if kind == "fhir":
        bundle = json.loads(out.read_text("utf8"))
        assert '"Patient/p7"' in json.dumps(bundle)
    elif kind == "omop":
        with out.open(encoding="utf8", newline="") as table:
            assert len(list(csv.DictReader(table))) == len(ENTS)
    else:
        assert pq.read_table(out).num_rows == 1


def test_the_command_names_what_is_wrong(records, tmp_path, monkeypatch):
    from spacy_clinical.commands import export as command

    out = tmp_path / "x"
    assert run(records, "--output", out, "--format", "xml").exit_code == 2
    assert "C301" in run(tmp_path / "none", "-o", out, "-f", "fhir").output
    records.write_text('{"text": "pneumonia"}\n')
    assert "C318" in run(records, "-o", out, "-f", "fhir").output
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert "C317" in run(records, "-o", out, "-f", "parquet").output
    assert not out.exists()
