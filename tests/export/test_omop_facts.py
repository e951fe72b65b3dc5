import csv

import pytest

from spacy_clinical.export.omop_facts import (
    EXPOSURE_COLUMNS,
    MEASUREMENT_COLUMNS,
    list_exposures,
    list_measurements,
    write_facts,
)
from spacy_clinical.export.records import without_text
from tests.export.made import OTHERS_TEXT, make_one_record, make_related


def test_drugs_that_are_taken_have_rows():
    rows = {row["drug_source_value"]: row for row in list_exposures(make_related())}
    assert tuple(rows["Prednisone"]) == EXPOSURE_COLUMNS
    assert rows["Prednisone"]["days_supply"] == 5
    assert rows["Prednisone"]["sig"].startswith("40 mg daily x 5 days, then 20 mg")
    assert rows["Metoprolol tartrate"]["route_source_value"] == "oral"
    assert rows["Metoprolol tartrate"]["dose_unit_source_value"] == "mg"
    assert rows["Lisinopril"]["stop_reason"] == "stopped"
    assert "warfarin" not in rows


def test_measurements_have_a_row_for_each_part():
    rows = list(list_measurements(make_related()))
    assert all(tuple(row) == MEASUREMENT_COLUMNS for row in rows)
    values = {row["measurement_source_value"]: row for row in rows}
    sodium = values["2951-2"]
    assert (sodium["value_as_number"], sodium["range_low"]) == (128.0, 135.0)
    assert sodium["unit_source_value"] == "mmol/L"
    assert values["8480-6"]["value_as_number"] == 120.0
    assert values["8462-4"]["value_as_number"] == 80.0
    assert values["10230-1"]["operator_concept_id"] == 4171756
    assert values["Troponin"]["measurement_date"] == "2020-03-01"
    assert len({row["measurement_id"] for row in rows}) == len(rows)


@pytest.mark.parametrize("date", [None, "2020-03", "2020", "XXXX-03"])
def test_only_whole_days_are_dates(date):
    record = make_related()
    for row in record["measurements"]:
        row["date"] = date
    assert {row["measurement_date"] for row in list_measurements(record)} == {""}


@pytest.mark.parametrize("name", ["is_negated", "is_family", "is_hypothetical"])
def test_what_is_not_stated_has_no_row(name):
    record = make_related()
    for row in record["entities"]:
        row[name] = True
    for row in record["medications"]:
        row["status"] = None
    assert list(list_exposures(record)) == list(list_measurements(record)) == []


@pytest.mark.parametrize("words", ["=1+1", "@x", "a\x00b\r\n,c", "x" * 99])
def test_tables_are_written_without_formulas(tmp_path, words):
    record = make_related()
    record["entities"][0]["text"] = words
    record["measurements"][0]["value_text"] = words
    paths = tmp_path / "drugs.csv", tmp_path / "values.csv"
    assert write_facts([record, make_one_record()], *paths) == 2
    for path, column in zip(
        paths, ("drug_source_value", "value_source_value"), strict=True
    ):
        with path.open(encoding="utf8", newline="") as handle:
            cell = next(csv.DictReader(handle))[column]
        assert cell[:1] not in tuple("=+-@")
        assert len(cell) <= 50
        assert cell.isprintable()


def test_records_without_text_have_numbers():
    bare = without_text(make_related())
    [row, *_] = list_measurements(bare)
    assert (row["value_as_number"], row["value_source_value"]) == (128.0, "")
    assert {row["drug_source_value"] for row in list_exposures(bare)} == {""}


def test_nothing_of_relatives_or_allergens_is_the_patients():
    record = make_related(OTHERS_TEXT)
    assert list(list_exposures(record)) == []
    [row] = list_measurements(record)
    assert row["value_as_number"] == 128
