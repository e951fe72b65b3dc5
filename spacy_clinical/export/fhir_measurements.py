"""Make the values of FHIR's Observations from measurements."""

from collections.abc import Mapping
from typing import Any

from spacy_clinical.export.fhir_values import Resource, clean, is_date

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
UNNAMED = "unnamed test"
# FHIR has no sign for it.
ABOUT = "~"


def make_measurement(record: Mapping[str, Any], text: str) -> Resource:
    """Make what a measurement says of an Observation: all but its id, status and subject.

    record: As `assemble_measurements` makes it.
    text: Of the note.
    """
    analyte = record["analyte"]
    name = ""
    if analyte["start_char"] is not None:
        name = clean(text[analyte["start_char"] : analyte["end_char"]])
    if not name:
        parts = [part["key"] for part in record["components"]]
        name = next(filter(None, (analyte["key"], *parts)), "").replace("_", " ")
    resource: Resource = {"code": _make_code(analyte["loinc"], name or UNNAMED)}
    day = (record["date"] or "").partition("T")[0]
    if is_date(day):
        resource["effectiveDateTime"] = day
    if record["components"]:
        resource["component"] = [
            {
                "code": _make_code(
                    part["loinc"], (part["key"] or UNNAMED).replace("_", " ")
                ),
                **_make_value(part, record["unit"], record["unit_text"], ""),
            }
            for part in record["components"]
        ]
    else:
        resource.update(
            _make_value(
                record, record["unit"], record["unit_text"], clean(record["value_text"])
            )
        )
    if record["comparator"] == ABOUT:
        resource["note"] = [{"text": "The value is approximate."}]
    if record["flag"]:
        coding = {"system": INTERPRETATION, "code": record["flag"]}
        resource["interpretation"] = [{"coding": [coding]}]
    limits = {
        name: _make_quantity(record[key], record["unit"], record["unit_text"])
        for name, key in (("low", "range_low"), ("high", "range_high"))
        if record[key] is not None
    }
    if limits:
        resource["referenceRange"] = [limits]
    return resource


def _make_code(loinc: str | None, name: str) -> Resource:
    coding = {"coding": [{"system": LOINC, "code": loinc}]} if loinc else {}
    return {**coding, "text": name}


def _make_value(
    part: Mapping[str, Any], unit: str | None, unit_text: str | None, written: str
) -> Resource:
    if part["value"] is None:
        return {"valueString": written} if written else {}
    low = _make_quantity(part["value"], unit, unit_text)
    if part["value_high"] is not None:
        high = _make_quantity(part["value_high"], unit, unit_text)
        return {"valueRange": {"low": low, "high": high}}
    comparator = part.get("comparator")
    if comparator and comparator != ABOUT:
        low["comparator"] = comparator
    return {"valueQuantity": low}


def _make_quantity(value: float, unit: str | None, unit_text: str | None) -> Resource:
    quantity: Resource = {"value": value}
    written = clean(unit_text or "") or unit
    if written:
        quantity["unit"] = written
    if unit:
        quantity.update(system=UCUM, code=unit)
    return quantity
