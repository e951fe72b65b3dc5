import csv
import functools
import json

import pytest
import spacy

from spacy_clinical.export.abbreviations import FIELDS, PLAIN_FIELDS
from spacy_clinical.export.arrow import SCHEMA
from spacy_clinical.export.docs import load_tokenizer, make_doc
from spacy_clinical.export.frames import to_frame
from spacy_clinical.export.html import render_note
from spacy_clinical.export.pages.viewer_rows import Tables, make_row
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.export.tables import write_tables
from spacy_clinical.extensions.abbreviation_attributes import list_abbreviations
from spacy_clinical.types import Note
from tests.export.made import check_parquet, make_one_record

TEXT = "Quite odd <problem> (QOP). HTN, MS & QOP."


@functools.cache
def load():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_abbreviations")
    return nlp


def make():
    return make_record(Note("n1", TEXT, {}, "x.txt"), load()(TEXT))


def test_a_record_says_what_abbreviations_stand_for():
    record = make()
    first, second, third, fourth = record["abbreviations"]
    assert tuple(first) == FIELDS
    assert (first["text"], first["long_form"]) == ("QOP", "Quite odd <problem>")
    assert (first["source"], first["long_start"], first["long_end"]) == ("note", 0, 19)
    assert (second["long_form"], second["label"]) == (
        "hypertension",
        "Disease_disorder",
    )
    assert (second["source"], second["long_start"]) == ("inventory", None)
    assert (third["text"], third["long_form"], third["source"]) == ("MS", "", "unknown")
    assert "mitral stenosis" in third["readings"]
    assert fourth["long_form"] == first["long_form"]
    json.dumps(record, allow_nan=False)
    assert make_one_record()["abbreviations"] == []


def test_without_text_no_words_are_left():
    record = make()
    record["abbreviations"][0]["source"] = "zyxxo"
    bare = without_text(record)
    assert all(set(row) == set(PLAIN_FIELDS) for row in bare["abbreviations"])
    written = json.dumps(bare["abbreviations"])
    for word in ("QOP", "odd", "hypertension", "mitral", "zyxxo"):
        assert word not in written


@pytest.mark.parametrize("with_text", [True, False])
def test_parquet_is_read_back_exactly(tmp_path, with_text):
    check_parquet(make(), tmp_path / "x.parquet", with_text=with_text)
    kind = SCHEMA.field("abbreviations").type.value_type
    assert tuple(kind.field(i).name for i in range(kind.num_fields)) == FIELDS


def test_records_make_docs_again():
    record = make()
    doc = make_doc(record, load_tokenizer())
    assert list_abbreviations(doc) == list_abbreviations(load()(TEXT))
    longs = [str(span._.long_form) for span in doc._.abbreviations]
    assert longs == ["Quite odd <problem>", "hypertension", "Quite odd <problem>"]
    again = make_record(Note("n1", TEXT, {}, "x.txt"), doc)
    assert again["abbreviations"] == record["abbreviations"]
    # Records of earlier versions have none.
    del record["abbreviations"]
    assert "abbreviations" not in make_doc(record, load_tokenizer()).spans


@pytest.mark.parametrize("name", ["start", "long_end"])
def test_places_outside_the_text_are_refused(name):
    record = make()
    record["abbreviations"][0][name] = 10_000
    with pytest.raises(ValueError, match=r"\[C212\]"):
        make_doc(record, load_tokenizer())


def test_tables_have_them_if_there_are_some(tmp_path):
    write_tables([make_one_record()], tmp_path / "none")
    assert not (tmp_path / "none" / "abbreviations.csv").exists()
    write_tables([make()], tmp_path / "some")
    with (tmp_path / "some" / "abbreviations.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["long_form"] for row in rows][1:3] == ["hypertension", ""]
    assert rows[1] == {
        **{"id": "n1", "text": "HTN", "long_form": "hypertension"},
        **{
            "label": "Disease_disorder",
            "source": "inventory",
            "start": "27",
            "end": "30",
        },
    }


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_have_a_row_for_each(library):
    pytest.importorskip(library)
    frame = to_frame([make(), make_one_record()], "abbreviations", library=library)
    assert frame.shape == (4, 7)
    assert list(frame["text"]) == ["QOP", "HTN", "MS", "QOP"]
    missing = "isna" if library == "pandas" else "is_null"
    assert list(getattr(frame["long_form"], missing)()) == [False, False, True, False]
    assert frame["long_form"][1] == "hypertension"


def test_pages_show_the_long_form_and_run_none_of_it():
    page = render_note(make())
    assert '<abbr title="Quite odd &lt;problem&gt;">QOP</abbr>' in page
    assert '<abbr title="hypertension">HTN</abbr>' in page
    assert "<problem>" not in page
    assert ">MS<" not in page


def test_the_viewer_has_those_that_are_known():
    note = {"texts": [], "runs": [None, None]}
    make_row(make(), note, 0, Tables())
    assert note["runs"][0]["b"][1] == (27, 30, "hypertension")
    assert len(note["runs"][0]["b"]) == 3
    make_row(without_text(make()), note, 1, Tables())
    assert note["runs"][1]["b"] == []
