"""Map sigs to FHIR's Dosage, of R4 and of R5.

SOURCE: HL7 FHIR R4 (4.0.1) and R5 (5.0.0), Dosage and Timing.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from spacy_clinical.relations.sig.records import (
    DosageRecord,
    FrequencyRecord,
    PlaceRecord,
    QuantityRecord,
    describe_sig,
)
from spacy_clinical.relations.sig.routes import ROUTES
from spacy_clinical.relations.sig.sig import Sig

UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
Release = Literal["R4", "R5"]


def sig_to_fhir(
    sig: Sig, text: str = "", *, release: Release = "R4"
) -> list[dict[str, Any]]:
    """Make the Dosages of a sig: one for each step of a taper.

    text: That was parsed, for what a drug is taken for. Without it, Dosages have no text.
    """
    record = describe_sig(sig)
    return [make_dosage(dosage, text, release=release) for dosage in record["dosages"]]


def make_dosage(
    dosage: DosageRecord, text: str = "", *, release: Release = "R4"
) -> dict[str, Any]:
    """Make a Dosage.

    dosage: As in `doc._.medications`.
    text: Of the note, for what the drug is taken for; "" to leave out its words.
    """
    made: dict[str, Any] = {"sequence": dosage["sequence"]}
    condition = dosage["condition"]
    if condition:
        ends = [condition["low"], condition["high"]]
        made["additionalInstruction"] = [{"text": _say_condition(*ends)}]
    timing = _make_timing(dosage)
    if timing:
        made["timing"] = timing
    made.update(_make_as_needed(dosage, text, release))
    site, route = dosage["site"], dosage["route"]
    if site:
        made["site"] = {"text": site["name"]}
    if route:
        made["route"] = _make_route(route["name"])
    amounts = _make_amounts(dosage)
    if amounts:
        made["doseAndRate"] = amounts
    limit = dosage["max_dose"]
    if limit and limit["period"] and limit["period_unit"]:
        ratio = {
            "numerator": _make_quantity(limit["high"], limit["unit"]),
            "denominator": _make_quantity(limit["period"], limit["period_unit"]),
        }
        made["maxDosePerPeriod"] = ratio if release == "R4" else [ratio]
    return made


def _say_condition(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"If over {low:g}" if high is None else f"If under {high:g}"
    return f"If {low:g} to {high:g}"


def _make_as_needed(
    dosage: DosageRecord, text: str, release: Release
) -> dict[str, Any]:
    """Say whether something is taken as needed, and for what."""
    if not dosage["prn"]:
        return {}
    reason = _read(text, dosage["reason"])
    if release == "R5":
        return {
            "asNeeded": True,
            **({"asNeededFor": [{"text": reason}]} if reason else {}),
        }
    if reason:
        return {"asNeededCodeableConcept": {"text": reason}}
    return {"asNeededBoolean": True}


def _read(text: str, place: PlaceRecord | None) -> str:
    return (
        " ".join(text[place["start_char"] : place["end_char"]].split()) if place else ""
    )


def _make_timing(dosage: DosageRecord) -> dict[str, Any]:
    repeat: dict[str, Any] = {}
    duration, infusion, count = (
        dosage["duration"],
        dosage["infusion"],
        dosage["n_times"],
    )
    if duration:
        low, high, unit = duration["low"], duration["high"], duration["unit"]
        if low == high:
            # A Duration, of the units that it may have.
            repeat["boundsDuration"] = _make_quantity(low, unit)
        else:
            repeat["boundsRange"] = _make_range(low, high, unit)
    if count:
        repeat["count"] = count["value"]
    if infusion:
        repeat["duration"] = infusion["low"]
        if infusion["high"] != infusion["low"]:
            repeat["durationMax"] = infusion["high"]
        repeat["durationUnit"] = infusion["unit"]
    if dosage["frequency"]:
        repeat.update(_make_repeat(dosage["frequency"]))
    return {"repeat": repeat} if repeat else {}


def _make_repeat(frequency: FrequencyRecord) -> dict[str, Any]:
    named: Mapping[str, Any] = {
        "frequency": frequency["frequency"],
        "frequencyMax": frequency["frequency_max"],
        "period": frequency["period"],
        "periodMax": frequency["period_max"],
        "periodUnit": frequency["period_unit"],
        "dayOfWeek": frequency["days_of_week"],
        "timeOfDay": frequency["times_of_day"],
        # Of both, FHIR takes one (tim-10).
        "when": [] if frequency["times_of_day"] else frequency["when"],
    }
    return {name: value for name, value in named.items() if value not in (None, [])}


def _make_route(name: str) -> dict[str, Any]:
    code = ROUTES.get(name, "")
    coding = [{"system": SNOMED, "code": code}]
    return {**({"coding": coding} if code else {}), "text": name}


def _make_amounts(dosage: DosageRecord) -> list[dict[str, Any]]:
    """List what is given: its dose, also as the amount of the drug in it, and its rate."""
    made = []
    for quantity in (dosage["dose"], dosage["amount"], dosage["rate"]):
        amount = _make_amount(quantity) if quantity else {}
        if amount:
            made.append(amount)
    return made


def _make_amount(quantity: QuantityRecord) -> dict[str, Any]:
    low, high, unit = quantity["low"], quantity["high"], quantity["unit"]
    if low is None or high is None:
        return {}
    is_rate = (unit or "").rpartition("/")[2] in ("min", "h", "d", "wk")
    name = "rate" if is_rate else "dose"
    if low == high:
        return {f"{name}Quantity": _make_quantity(low, unit)}
    return {f"{name}Range": _make_range(low, high, unit)}


def _make_range(low: float, high: float, unit: str | None) -> dict[str, Any]:
    return {"low": _make_quantity(low, unit), "high": _make_quantity(high, unit)}


def _make_quantity(value: float | None, unit: str | None) -> dict[str, Any]:
    name = re.sub(r"[{}\[\]]", "", unit or "")
    coded = {"unit": name, "system": UCUM, "code": unit} if unit else {}
    return {"value": value, **coded}
