import csv
import json

import pytest

from spacy_clinical.export.frames import COLUMNS, to_frame
from spacy_clinical.export.records import without_text
from spacy_clinical.export.relation_records import SHAPES
from spacy_clinical.export.relation_rows import list_relation_rows
from spacy_clinical.export.tables import write_tables
from spacy_clinical.files.own_outputs import is_own_file
from tests.export.made import make_one_record, make_related


def read_csv(path):
    with path.open(encoding="utf8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_have_a_row_for_each(library):
    pytest.importorskip(library)
    records = [make_related(), make_one_record()]
    for name in SHAPES:
        frame = to_frame(records, name, library=library)
        assert tuple(frame.columns) == COLUMNS[name]
        assert len(frame) >= len(records[0][name]) > 0
        empty = to_frame([], name, library=library)
        assert dict(empty.dtypes if library == "pandas" else empty.schema) == dict(
            frame.dtypes if library == "pandas" else frame.schema
        )
    drugs = to_frame(records, "medication", library=library)
    assert list(drugs["drug"])[:2] == ["Metoprolol tartrate", "Prednisone"]
    assert list(drugs["times"])[:2] == [2, 1]
    assert drugs["period_unit"][0] == "d"
    assert drugs["reason"][0] == "chest pain"
    assert bool(drugs["is_prn"][0])
    values = to_frame(records, "measurements", library=library)
    assert values["value"][0] == 128.0
    assert list(values["part"])[1:3] == [
        *("systolic_blood_pressure", "diastolic_blood_pressure")
    ]


def test_entities_have_the_columns_of_dates():
    record = make_related()
    [row] = [row for row in record["entities"] if row["text"] == "2019-02-03"]
    row["date"]["value_end"] = "2019-03"
    frame = to_frame([record]).set_index("text")
    assert frame["date"]["2019-02-03"] == "2019-02-03"
    assert frame["date_end"]["2019-02-03"] == "2019-03"
    assert frame.loc["Sodium", ["date", "date_end"]].isna().all()


def test_tables_are_written_if_they_have_rows(tmp_path):
    write_tables([make_related(), make_one_record()], tmp_path / "x")
    for name in SHAPES:
        path = tmp_path / "x" / f"{name}.csv"
        assert tuple(read_csv(path)[0]) == COLUMNS[name]
        assert is_own_file(path)
    rows = {row["drug"]: row for row in read_csv(tmp_path / "x" / "medications.csv")}
    row = rows["Prednisone"]
    assert (row["dose"], row["dose_unit"], row["duration"]) == ("40.0", "mg", "5.0")
    assert [one["sequence"] for one in json.loads(row["dosages"])] == [1, 2]
    assert rows["warfarin"]["is_negated"] == "true"
    row = rows["ibuprofen"]
    assert (row["dose"], row["dose_high"], row["dose_unit"]) == (
        "2.0",
        "4.0",
        "{tablet}",
    )
    write_tables([make_one_record()], tmp_path / "none")
    assert not (tmp_path / "none" / "medications.csv").exists()


@pytest.mark.parametrize("words", ["=1+1", "@x", "+1+1", "\t=1", "a\x00b\r\n,c"])
def test_words_are_no_formulas(tmp_path, words):
    record = make_related()
    record["medications"][0]["drug"]["text"] = words
    record["measurements"][0]["value_text"] = words
    record["measurements"][0]["unit_text"] = words
    head = record["relations"][0]["head"]
    record["text"] = words.ljust(head["start"]) + record["text"][head["start"] :]
    record["relations"][0]["child"].update(start=0, end=len(words))
    write_tables([record], tmp_path / "x")
    for table, columns in (
        ("relations", ["child"]),
        ("medications", ["drug"]),
        ("measurements", ["value_text", "unit_text"]),
    ):
        row = read_csv(tmp_path / "x" / f"{table}.csv")[0]
        for column in columns:
            assert row[column].strip("'") == words
            assert row[column].lstrip()[:1] not in tuple("=+-@")


def test_rows_without_text_have_numbers_only():
    record = make_related()
    record["text"] = None
    bare = without_text(record)
    [row, *_] = list_relation_rows(bare, "medications")
    assert (row["drug"], row["reason"], row["dose"]) == (None, None, 25.0)
    [row, *_] = list_relation_rows(bare, "measurements")
    assert (row["name"], row["value_text"], row["value"]) == (None, None, 128.0)
    [row, *_] = list_relation_rows(bare, "relations")
    assert row["head"] is row["child"] is None


def test_strengths_name_what_they_are_in():
    record = make_related()
    quantity = {"low": 125.0, "high": 125.0, "unit": "mg", "start": 0, "end": 1}
    drug = record["medications"][0]
    for per, said in (
        ({"value": 5.0, "unit": "mL"}, "mg/5 mL"),
        ({"value": 1.0, "unit": "mL"}, "mg/mL"),
        (None, "mg"),
    ):
        drug["strength"] = {**quantity, "per": per}
        [row, *_] = list_relation_rows(record, "medications")
        assert (row["strength"], row["strength_unit"]) == (125.0, said)
