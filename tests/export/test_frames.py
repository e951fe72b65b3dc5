import pandas
import polars
import pytest
import spacy

from spacy_clinical.export import frames
from spacy_clinical.export.docs import load_tokenizer
from spacy_clinical.export.docs import make_doc as make_again
from spacy_clinical.export.form_records import make_form_record
from spacy_clinical.export.frames import COLUMNS, make_table_frames, to_frame
from spacy_clinical.export.records import without_text
from tests.export.made import annotate_notes, list_records, make_doc, make_one_record

LIBRARIES = {"pandas": pandas, "polars": polars}
STRINGS = {"string", "String"}


def get_types(frame):
    types = dict(zip(frame.columns, map(str, frame.dtypes), strict=True))
    return {n: "string" if t in STRINGS else t.lower() for n, t in types.items()}


@pytest.mark.parametrize("rows", COLUMNS)
def test_columns_and_types_are_always_the_same(rows):
    bare = [without_text(record) for record in list_records()]
    types = [
        get_types(to_frame(docs, rows, library=library))
        for docs in ([], [make_one_record()], [make_doc()], list_records(), bare)
        for library in LIBRARIES
    ]
    assert all(found == types[0] for found in types)
    assert tuple(types[0]) == COLUMNS[rows]
    assert types[0].get("start", "int64") == "int64"
    assert types[0].get("score", "float64") == "float64"


@pytest.mark.parametrize("library", LIBRARIES)
def test_frames_hold_what_was_found(library):
    frame = to_frame(list_records(), library=library)
    assert isinstance(frame, LIBRARIES[library].DataFrame)
    expected = [
        (record["id"], ent["text"], ent["start"], ent["score"])
        for record in list_records()
        for ent in record["entities"]
    ]
    names = ["id", "text", "start", "score"]
    found = list(zip(*(frame[name].to_list() for name in names), strict=True))
    assert found == expected
    notes = to_frame(list_records(), "notes", library=library)
    assert notes["error"].to_list()[-1] == "[C312] No."


def test_ids_of_docs():
    doc = make_doc()
    assert set(to_frame([doc, doc])["id"]) == {"0", "1"}
    assert set(to_frame([(doc, "a"), (doc, 7)])["id"]) == {"a", "7"}
    pairs = annotate_notes()[:1]
    assert set(to_frame(pairs)["id"]) == {pairs[0][0].id}
    assert set(to_frame([make_again(make_one_record(), load_tokenizer())])["id"]) == {
        "n1"
    }


def test_frames_of_docs_and_records_are_alike():
    for rows in ("sections", "entities", "codes"):
        frame = to_frame(annotate_notes(), rows)
        pandas.testing.assert_frame_equal(frame, to_frame(list_records(), rows))


def test_frames_of_forms():
    nlp = spacy.blank("en")
    rules = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
    nlp.add_pipe("clinical_form_extractor", config=rules)
    frame = to_frame([nlp("Name:  Jane\nSmoker:  [x] no")], "fields")
    assert frame["value"].tolist() == ["Jane", "true"]


def make_form():
    nlp = spacy.blank("en")
    rules = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
    nlp.add_pipe("clinical_form_extractor", config=rules)
    rows = [("Drug", "Dose", "Dose"), ("Aspirin", "81 mg", "PO"), ("Insulin", "", "SC")]
    return nlp("\n".join("".join(f"{cell:16}" for cell in row) for row in rows))


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_table_of_a_form_is_a_frame(library):
    doc = make_form()
    record = make_form_record(doc, form_id="f1", source="f1.txt")
    for item in (doc, record):
        [frame] = make_table_frames([item], library=library)
        assert list(frame.columns) == ["Drug", "Dose", "Dose 2"]
        assert frame["Drug"].to_list() == ["Aspirin", "Insulin"]
        assert frame["Dose"].to_list() == ["81 mg", ""]
    empty = {"heads": ["", ""], "rows": []}
    [frame] = make_table_frames([{"tables": [empty]}], library=library)
    assert (list(frame.columns), len(frame)) == (["column 1", "column 2"], 0)
    assert make_table_frames([spacy.blank("en")("x")], library=library) == []


def test_cells_of_tables_are_rows():
    record = make_form_record(make_form(), form_id="f1", source="f1.txt")
    frame = to_frame([record], "cells")
    first, *_, last = frame.to_dict("records")
    assert (first["id"], first["table"], first["is_head"]) == ("f1", 1, True)
    assert (last["text"], last["head"], last["row"]) == ("SC", "Dose", 2)
    pandas.testing.assert_frame_equal(to_frame([(make_form(), "f1")], "cells"), frame)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_that_is_missing_is_named(monkeypatch, library):
    def fail(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(frames, "import_module", fail)
    with pytest.raises(ImportError, match=rf"\[C324\].*pip install {library}"):
        to_frame([], library=library)
