"""Notes in other forms than plain text, from every source to every record."""

import json

import pytest
import spacy
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.export.arrow import read_parquet, write_parquet
from spacy_clinical.export.docs import get_note, load_tokenizer, make_doc
from spacy_clinical.export.records import get_source_format, make_record
from spacy_clinical.notes.read import read_notes
from spacy_clinical.notes.sources import Source, list_sources
from spacy_clinical.types import Note, NoteFailure
from tests.notes.markup.written import CDA, FORMS, HL7, HTML, PLAIN, make_docx, make_rtf

FILES = {
    "a.txt": PLAIN.encode(),
    "b.html": HTML.encode(),
    "c.xml": CDA.encode(),
    "d.hl7": HL7.encode(),
    "e.rtf": make_rtf().encode(),
    "f.docx": make_docx(),
    "g.HTM": HTML.encode("utf-16"),
    "h.txt": HTML.encode(),
    "i.txt": make_rtf().encode(),
    "j.text": make_docx(),
}
FORMATS = ["", "html", "xml", "hl7", "rtf", "docx", "html", "html", "rtf", "docx"]
BROKEN = {
    "bad.docx": b"PK\x03\x04 Zebulon",
    "bad.xml": b"<?xml version='1.0'?><a>Zebulon",
    "bad.html": b"<html><script>Zebulon</script>",
    "bad.hl7": (HL7 + HL7).encode(),
}
LABELS = [
    *("preamble", "chief_complaint", "history_of_present_illness"),
    *("past_medical_history", "medications", "assessment_and_plan"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    path = tmp_path_factory.mktemp("model")
    nlp.to_disk(path)
    return path


@pytest.fixture
def annotate(model, tmp_path):
    """Run the command. RETURNS: Its result, and all that it wrote."""

    def run(*arguments, stdin=None):
        output = tmp_path / "out"
        arguments = [*map(str, arguments), "-o", str(output), "-m", str(model)]
        result = CliRunner().invoke(app, ["annotate", *arguments], input=stdin)
        assert "Zebulon" not in result.output
        lines = (output / "notes.jsonl").read_text("utf8").splitlines()
        return result, [json.loads(line) for line in lines]

    return run


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return folder


def read_all(path, **settings):
    return [
        note
        for source in list_sources([str(path)])
        if isinstance(source, Source)
        for note in read_notes(source, **settings)
    ]


def test_annotate_converts_the_files_of_a_folder(annotate, folder):
    result, records = annotate(folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [record["id"] for record in records] == list("abcdefghij")
    assert [get_source_format(record) for record in records] == FORMATS
    for record in records:
        assert [section["label"] for section in record["sections"]] == LABELS
        assert record["n_chars"] == len(record["text"])
        for section in record["sections"][1:]:
            title = record["text"][section["start"] :][: len(section["title"])]
            assert title == section["title"]
    assert "reader" not in records[0]["provenance"]
    assert records[1]["provenance"]["reader"] == {"source_format": "html"}


def test_notes_that_cant_be_converted_harm_no_other(annotate, folder):
    for name, data in BROKEN.items():
        (folder / name).write_bytes(data)
    result, records = annotate(folder)
    assert result.exit_code == 1
    assert [get_source_format(record) for record in records] == FORMATS
    told = [line for line in result.stderr.splitlines() if "[C35" in line]
    assert len(told) == len(BROKEN)
    assert all(any(name in line for line in told) for name in BROKEN)


def test_rows_of_every_table_are_converted(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [PLAIN, *FORMS.values(), "%PDF-1.4 Zebulon", PLAIN]
    lines = "".join(
        json.dumps({"id": str(i), "text": t}) + "\n" for i, t in enumerate(texts)
    )
    (tmp_path / "a.jsonl").write_text(lines)
    cells = [
        "id,text",
        *(f'{i},"{t.replace(chr(34), chr(34) * 2)}"' for i, t in enumerate(texts)),
    ]
    (tmp_path / "b.csv").write_bytes("\n".join(cells).encode())
    columns = {"id": [str(i) for i in range(len(texts))], "text": texts}
    pq.write_table(pa.table(columns), tmp_path / "c.parquet")
    expected = ["html", "xml", "hl7", "hl7", "hl7", "escapes", "escapes", "rtf"]
    found = {
        name: read_all(tmp_path / name) for name in ("a.jsonl", "b.csv", "c.parquet")
    }
    for name, (first, *others, failure, last) in found.items():
        assert (first.text, first.source_format) == (PLAIN, "")
        assert (last.text, last.source_format) == (PLAIN, "")
        assert [note.source_format for note in others] == expected
        assert isinstance(failure, NoteFailure)
        assert failure.message.startswith(f"[C354] '{tmp_path / name}:10' is a PDF")
    assert [n[:2] for n in found["b.csv"][:-2]] == [
        n[:2] for n in found["a.jsonl"][:-2]
    ]


def test_bytes_in_parquet_files_are_converted(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [make_docx(), make_rtf().encode(), HTML.encode(), PLAIN.encode(), b"%PDF-1"]
    pq.write_table(pa.table({"text": texts}), tmp_path / "notes.parquet")
    *found, failure = read_all(tmp_path / "notes.parquet")
    assert [note.source_format for note in found] == ["docx", "rtf", "html", ""]
    assert failure.message.startswith("[C306]")
    assert "PDF" in failure.message
    kept = read_all(tmp_path / "notes.parquet", markup="keep")
    assert [isinstance(note, Note) for note in kept] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert kept[2].text == HTML


@pytest.mark.parametrize("data", [HTML.encode(), make_docx(), make_rtf().encode()])
def test_a_note_on_standard_input_is_converted(annotate, data):
    _, [record] = annotate("-", stdin=data)
    assert [section["label"] for section in record["sections"]] == LABELS


def test_markup_is_refused_or_kept_where_that_is_asked_for(annotate, folder):
    result, records = annotate(folder, "--markup", "refuse")
    assert [record["id"] for record in records] == ["a"]
    assert result.stderr.count("[C357]") == 9
    assert result.exit_code == 1
    result, records = annotate(folder, "--markup", "KEEP")
    assert [record["id"] for record in records] == list("abcdgh")
    assert records[1]["text"] == HTML
    assert result.stderr.count("[C303]") == 4


def test_the_form_of_a_note_stays_without_its_text(annotate, folder, tmp_path):
    _, records = annotate(folder, "--no-text")
    assert [get_source_format(record) for record in records] == FORMATS
    written = [path.read_bytes() for path in (tmp_path / "out").rglob("*.*")]
    assert not any(b"Zebulon" in data or b"Quarter" in data for data in written)


def test_shards_have_the_records_of_converted_notes(annotate, folder, model, tmp_path):
    _, expected = annotate(folder)
    output = tmp_path / "shards"
    arguments = [str(folder), "-o", str(output), "-m", str(model), "--shard-size", "4"]
    for _ in range(2):
        result = CliRunner().invoke(app, ["annotate", *arguments])
        assert result.exit_code == 0
        lines = "".join(
            path.read_text("utf8") for path in sorted(output.glob("shards/*.jsonl"))
        ).splitlines()
        assert [json.loads(line) for line in lines] == expected


def test_the_form_of_a_note_comes_back_from_every_record(annotate, folder, tmp_path):
    _, records = annotate(folder)
    write_parquet(records, tmp_path / "notes.parquet")
    nlp = load_tokenizer()
    for record, back in zip(
        records, read_parquet(tmp_path / "notes.parquet"), strict=True
    ):
        assert get_source_format(back) == get_source_format(record)
        doc = make_doc(record, nlp)
        again = make_record(get_note(doc), doc)
        assert again["provenance"] == record["provenance"]
        assert again["text"] == record["text"]
