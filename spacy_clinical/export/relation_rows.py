"""Rows of tables of relations, medications and measurements."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES

RELATION_COLUMNS = (
    *("id", "label", "head_label", "head", "head_start", "head_end"),
    *("child_label", "child", "child_start", "child_end", "score"),
)
MEDICATION_COLUMNS = (
    *("id", "drug", "kb_id", "dose", "dose_high", "dose_unit"),
    *("strength", "strength_unit", "form", "route", "times", "times_high"),
    *("period", "period_high", "period_unit", "when"),
    *("duration", "duration_high", "duration_unit", "is_prn", "reason"),
    *("dispense", "dispense_unit", "refills", "status"),
    *(*CONTEXT_ATTRIBUTES, "section", "start", "end", "dosages", "former"),
)
MEASUREMENT_COLUMNS = (
    *("id", "name", "analyte", "part", "loinc", "value", "value_high", "comparator"),
    *("unit", "value_text", "unit_text", "range_low", "range_high"),
    *("flag", "flag_source", "date", "is_former", "is_family"),
    *("section", "start", "end"),
)
Texts = Callable[[int | None, int | None], str | None]


def list_relation_rows(record: Mapping[str, Any], rows: str) -> Iterator[Any]:
    """List the rows of a table; their keys are its columns.

    rows: "relations", "medications" or "measurements". A measurement of several parts,
        such as a blood pressure, has a row for each.
    """
    text = record.get("text")

    def read(start: int | None, end: int | None) -> str | None:
        if text is None or start is None or end is None:
            return None
        words: str = text[start:end]
        return words

    for row in record.get(rows) or ():
        yield from _MAKERS[rows](row, read)


def _list_relation(row: Mapping[str, Any], read: Texts) -> Iterator[dict[str, Any]]:
    made = {"label": row["label"], "score": row.get("score")}
    for side in ("head", "child"):
        one = row[side]
        made[f"{side}_label"] = one["label"]
        made[side] = read(one["start"], one["end"])
        made.update({f"{side}_{name}": one[name] for name in ("start", "end")})
    yield made


def _list_medication(row: Mapping[str, Any], read: Texts) -> Iterator[dict[str, Any]]:
    drug, dose, strength = row["drug"], row["dose"] or {}, row["strength"] or {}
    often, lasts = row["frequency"] or {}, row["duration"] or {}
    supply, reason = row["dispense"] or {}, row["reason"] or {}
    yield {
        "drug": drug.get("text"),
        "kb_id": drug["kb_id"] or None,
        **{"dose": dose.get("low"), "dose_high": _get_high(dose)},
        "dose_unit": dose.get("unit"),
        "strength": strength.get("low"),
        "strength_unit": _say_unit(strength),
        **{name: (row[name] or {}).get("name") for name in ("form", "route")},
        **{"times": often.get("frequency"), "times_high": often.get("frequency_max")},
        **{"period": often.get("period"), "period_high": often.get("period_max")},
        "period_unit": often.get("period_unit"),
        "when": _say_when(often),
        **{"duration": lasts.get("low"), "duration_high": _get_high(lasts)},
        "duration_unit": lasts.get("unit"),
        "is_prn": row["prn"],
        "reason": read(reason.get("start"), reason.get("end")),
        **{"dispense": supply.get("low"), "dispense_unit": supply.get("unit")},
        "refills": (row["refills"] or {}).get("value"),
        "status": row["status"],
        **{name: name in row["assertion"] for name in CONTEXT_ATTRIBUTES},
        "section": row["section"],
        **{"start": row["start"], "end": row["end"]},
        **{"dosages": row["dosages"], "former": row.get("former") or []},
    }


def _list_measurement(row: Mapping[str, Any], read: Texts) -> Iterator[dict[str, Any]]:
    analyte = row["analyte"]
    names = (
        *("value", "value_high", "comparator", "unit", "range_low", "range_high"),
        *("flag", "flag_source", "date", "section"),
        *("start", "end"),
    )
    whole = {
        "name": read(analyte["start"], analyte["end"]),
        **{"analyte": analyte["key"], "part": None, "loinc": analyte["loinc"]},
        **{name: row.get(name) for name in names},
        **{name: row.get(name) or None for name in ("value_text", "unit_text")},
        "is_former": row.get("former") is True,
        "is_family": "is_family" in (row.get("assertion") or ()),
    }
    for part in row["components"]:
        values = {name: part[name] for name in ("loinc", "value", "value_high")}
        yield {**whole, **values, "part": part["key"]}
    if not row["components"]:
        yield whole


_MAKERS: dict[str, Callable[[Mapping[str, Any], Texts], Iterator[dict[str, Any]]]] = {
    "relations": _list_relation,
    "medications": _list_medication,
    "measurements": _list_measurement,
}


def _get_high(amount: Mapping[str, Any]) -> float | None:
    """Get the end of a range; None if it is none."""
    high: float | None = amount.get("high")
    return None if high == amount.get("low") else high


def _say_unit(quantity: Mapping[str, Any]) -> str | None:
    """Write the unit of a strength with what it is divided by: "mg/5 mL"."""
    unit: str | None = quantity.get("unit")
    per = quantity.get("per")
    if not per or not unit:
        return unit
    value = "" if per["value"] in (1, None) else f"{per['value']:g} "
    return f"{unit}/{value}{per['unit'] or ''}"


def _say_when(often: Mapping[str, Any]) -> str | None:
    names = ("when", "days_of_week", "times_of_day")
    return ", ".join(item for name in names for item in often.get(name) or ()) or None
