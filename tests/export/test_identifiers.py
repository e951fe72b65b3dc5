"""Identifiers in records and in what is made of them."""

import csv

import pytest
import spacy

from spacy_clinical.export.arrow import read_parquet, write_parquet
from spacy_clinical.export.brat import format_ann
from spacy_clinical.export.docs import make_doc
from spacy_clinical.export.frames import to_frame
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.export.tables import write_tables
from spacy_clinical.identifiers.found import list_identifiers
from spacy_clinical.types import Note

TEXT = "Mr. Lee, MRN: 4481239, came."


@pytest.fixture
def doc():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_deidentifier")
    return nlp(TEXT)


@pytest.fixture
def record(doc):
    return make_record(Note("1", TEXT, {}, "a.txt"), doc)


def test_records_have_identifiers(record):
    assert record["identifiers"] == [
        {
            **{"label": "PATIENT", "kind": "name", "text": "Lee", "start": 4, "end": 7},
            **{"score": 1.0, "source": "names"},
        },
        {
            **{"label": "ID", "kind": "mrn", "text": "4481239", "start": 14, "end": 21},
            **{"score": 1.0, "source": "numbers"},
        },
    ]
    bare = without_text(record)
    assert "Lee" not in str(bare)
    assert [row["label"] for row in bare["identifiers"]] == ["PATIENT", "ID"]


def test_records_of_other_pipelines_have_none():
    note = Note("1", TEXT, {}, "a.txt")
    assert "identifiers" not in make_record(note, spacy.blank("en")(TEXT))


def test_docs_of_records_have_them_again(record, doc):
    again = make_doc(record, spacy.blank("en"))
    assert list_identifiers(again) == list_identifiers(doc)


def test_tables_frames_and_files_have_them(record, doc, tmp_path):
    write_parquet([record], tmp_path / "a.parquet")
    [read] = read_parquet(tmp_path / "a.parquet")
    assert read["identifiers"] == record["identifiers"]
    frame = to_frame([record], "identifiers")
    assert frame["text"].tolist() == ["Lee", "4481239"]
    write_tables([record], tmp_path / "csv")
    with (tmp_path / "csv" / "identifiers.csv").open(encoding="utf8") as file:
        assert [row["kind"] for row in csv.DictReader(file)] == ["name", "mrn"]
    assert format_ann(doc) == "T1\tPATIENT 4 7\tLee\nT2\tID 14 21\t4481239\n"
