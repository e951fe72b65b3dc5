"""Write records as rows of OMOP's tables DRUG_EXPOSURE and MEASUREMENT.

Columns that need what a note doesn't say (person, visit, provider) are left out, to be
joined by note_id. Concept ids are 0 where they aren't known; dates are empty where nothing
is resolved. In DRUG_EXPOSURE there are drugs that are taken or were: none that are denied,
of the family, under allergies or only planned; sig is what the note says of how they are
taken. Text is cut to the width of its column, and an apostrophe stands before what a
spreadsheet would take for a formula.

SOURCE: OMOP Common Data Model 5.4, DRUG_EXPOSURE and MEASUREMENT.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy_clinical.export.claims import Claims, read_assertion
from spacy_clinical.export.fhir_relations import Places, Related, find_status
from spacy_clinical.export.fhir_values import clean
from spacy_clinical.export.omop import find_concept_ids, make_number
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.cells import TableWriter, guard_cell

EXPOSURE_FILE, MEASUREMENT_FILE = "drug_exposure.csv", "measurement.csv"
EXPOSURE_COLUMNS = (
    *("drug_exposure_id", "note_id", "drug_concept_id", "drug_type_concept_id"),
    *("stop_reason", "refills", "quantity", "days_supply", "sig", "route_concept_id"),
    *("drug_source_value", "drug_source_concept_id", "route_source_value"),
    "dose_unit_source_value",
)
MEASUREMENT_COLUMNS = (
    *("measurement_id", "note_id", "measurement_concept_id", "measurement_date"),
    *("measurement_type_concept_id", "operator_concept_id", "value_as_number"),
    *("value_as_concept_id", "unit_concept_id", "range_low", "range_high"),
    *("measurement_source_value", "measurement_source_concept_id"),
    *("unit_source_value", "unit_source_concept_id", "value_source_value"),
)
# "NLP", of the vocabulary Type Concept.
NLP = 32858
# Of the domain Meas Value Operator.
OPERATORS = {"<": 4171756, "<=": 4171754, "=": 4172703, ">=": 4171755, ">": 4172704}
_WIDTH = 50
# Statuses of drugs that are not, and were not, taken.
_NOT_TAKEN = frozenset({"not-taken", "intended"})
_VALUES = frozenset({"Lab_value", "Diagnostic_procedure"})
_DAYS = {"d": 1, "wk": 7}


def list_exposures(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """List the drugs of a record as rows; the keys are `EXPOSURE_COLUMNS`.

    record: As `records.make_record` makes it.
    """
    related, claims = Related(record), Claims(record)
    for ent in record["entities"]:
        drug = related.find_drug(ent)
        if drug is None or related.is_relatives(ent):
            continue
        role = claims.find_role_of(ent)
        if role not in ("stated", "planned"):
            continue
        status = find_status(
            drug,
            claims.find_status_of(ent),
            is_negated=read_assertion(ent).is_negated,
            is_planned=role == "planned",
        )
        if status in _NOT_TAKEN:
            continue
        target, source = find_concept_ids(ent)
        place = ent["start"], ent["end"]
        supply, lasts = drug["dispense"] or {}, drug["duration"] or {}
        n_days = _DAYS.get(lasts.get("unit") or "")
        yield {
            "drug_exposure_id": make_number(record, "drug", *place),
            "note_id": record["id"],
            "drug_concept_id": target,
            "drug_type_concept_id": NLP,
            "stop_reason": "stopped" if status == "stopped" else "",
            "refills": (drug["refills"] or {}).get("value"),
            "quantity": supply.get("low"),
            "days_supply": n_days and lasts["low"] and int(lasts["low"] * n_days),
            "sig": clean(related.text[ent["end"] : drug["end"]]),
            "route_concept_id": 0,
            "drug_source_value": _cut(ent.get("text") or ""),
            "drug_source_concept_id": source,
            "route_source_value": (drug["route"] or {}).get("name"),
            "dose_unit_source_value": (drug["dose"] or {}).get("unit"),
        }


def list_measurements(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """List the measurements of a record as rows, a row for each part of one; the keys are
    `MEASUREMENT_COLUMNS`.

    record: As `records.make_record` makes it.
    """
    related, claims = Related(record), Claims(record)
    others = Places(
        (ent["start"], ent["end"])
        for ent in record["entities"]
        if ent["label"] in _VALUES
        and (claims.find_role_of(ent) != "stated" or read_assertion(ent).is_negated)
    )
    for number, found in enumerate(related.measurements):
        place = found["start"], found["end"]
        if not related.is_stated(found):
            continue
        if claims.find_role(found["start"]) != "stated" or others.overlap(*place):
            continue
        row, analyte = related.date_measurement(found), found["analyte"]
        name = _cut(related.text[analyte["start"] or 0 : analyte["end"] or 0])
        date = (row["date"] or "").partition("T")[0]
        for i, part in enumerate(row["components"] or [row]):
            # A range is no number.
            is_range = part["value_high"] is not None
            yield {
                "measurement_id": make_number(record, "measurement", *place, number, i),
                "note_id": record["id"],
                "measurement_concept_id": 0,
                "measurement_date": date if len(date) == len("2026-09-14") else "",
                "measurement_type_concept_id": NLP,
                "operator_concept_id": OPERATORS.get(row["comparator"] or "", 0),
                "value_as_number": None if is_range else part["value"],
                "value_as_concept_id": 0,
                "unit_concept_id": 0,
                **{side: row[side] for side in ("range_low", "range_high")},
                "measurement_source_value": part.get("loinc")
                or analyte["loinc"]
                or name
                or analyte["key"],
                "measurement_source_concept_id": 0,
                "unit_source_value": _cut(row["unit_text"] or row["unit"] or ""),
                "unit_source_concept_id": 0,
                "value_source_value": _cut(row["value_text"]),
            }


def write_facts(
    records: Iterable[Mapping[str, Any]], exposures: Path, measurements: Path
) -> int:
    """Write both tables of records as CSV; the files appear when all are written.

    exposures, measurements: In folders that exist.
    RETURNS: The number of records.
    """
    n_records = 0
    with open_atomic(exposures) as one, open_atomic(measurements) as other:
        drugs = TableWriter(one, EXPOSURE_COLUMNS)
        values = TableWriter(other, MEASUREMENT_COLUMNS)
        for record in records:
            for row in list_exposures(record):
                drugs.write(row.values())
            for row in list_measurements(record):
                values.write(row.values())
            n_records += 1
    return n_records


def _cut(text: str) -> str:
    """Cut a text to the width of a column, guarded before it is cut."""
    return str(guard_cell(clean(text)))[:_WIDTH]
