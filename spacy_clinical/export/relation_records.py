"""Records of what belongs together: relations, medications, measurements and dates.

Of `clinical_relations`, or of any component that writes `doc._.relations` and the others:

    relations      label, head, child (label, start, end), score
    medications    drug (text, label, kb_id, start, end), other_names (as drug); dose, rate,
                   strength, form, route, frequency, duration, prn, reason, dispense,
                   refills, status, assertion (those of is_negated and the like that are
                   true), section, dosages, former, start, end; see
                   `relations.medication_records`
    measurements   start, end, analyte (key, loinc, start, end), value, value_high,
                   comparator, value_text, unit (UCUM), unit_text, range_low, range_high,
                   flag, flag_source, date (ISO 8601), former, assertion, components (key,
                   loinc, value, value_high), section; see `relations.measurements`
    date           of an entity: null, or type, value (ISO 8601), value_end, mod, anchor,
                   offset, freq, other, resolved, reason; see `relations.dates.value`

All places are in characters of the note, half open. Without text, numbers, codes and names
of fixed sets stay. Dates don't, as they may be what the note says; only how long something
lasts does.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from spacy.tokens import Doc, Span

from spacy_clinical.export.places import to_doc, to_record
from spacy_clinical.export.shapes import (
    INTEGER,
    NAME,
    NUMBER,
    PLACE,
    TRUTH,
    WORDS,
    Field,
    shape_value,
)
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.files.json_text import round_finite
from spacy_clinical.relations.measurements.analytes import load_spellings
from spacy_clinical.relations.measurements.units import list_codes
from spacy_clinical.relations.sig.forms import FORMS
from spacy_clinical.relations.sig.routes import ROUTES, SITE_ROUTES
from spacy_clinical.relations.sig.statuses import STATUSES
from spacy_clinical.relations.sig.units import DIVISORS, UNITS
from spacy_clinical.sections.state import OTHER

DATE = "date"


def _one_of(*names: str) -> Field:
    return Field(str, frozenset(names).__contains__)


def _like(pattern: str) -> Field:
    matches = re.compile(pattern, re.ASCII).fullmatch
    return Field(str, lambda value: matches(value) is not None)


_UNIT_PARTS = frozenset({*UNITS.values(), *DIVISORS.values(), *list_codes(), "1", ""})
_POWER = re.compile(r"10\*\d{1,2}", re.ASCII)


def _is_unit(code: str) -> bool:
    """Check that a unit is made of known ones; others may be as the note has them."""
    parts = code.split("/")
    return all(part in _UNIT_PARTS or _POWER.fullmatch(part) for part in parts)


def _is_component(key: str) -> bool:
    return key in _COMPONENTS or _is_analyte(key)


def _is_analyte(key: str) -> bool:
    return key.replace("_", " ") in load_spellings().by_name


_COMPONENTS = frozenset(("systolic_blood_pressure", "diastolic_blood_pressure", "size"))
_UNIT = Field(str, _is_unit)
_LOINC = _like(r"\d{1,7}-\d")
_TIME_UNIT = _one_of("s", "min", "h", "d", "wk", "mo", "a")
_SECTION = NAME
_SIDE = {"label": NAME, **PLACE}
_RELATION = {"label": Field(str, is_needed=True), "head": _SIDE, "child": _SIDE}
_RELATION["score"] = NUMBER
_QUANTITY = {
    **{"low": NUMBER, "high": NUMBER, "unit": _UNIT, "ingredients": [NUMBER]},
    "per": {"value": NUMBER, "unit": _UNIT},
    **PLACE,
}
_EVENTS = (
    *("MORN", "MORN.early", "MORN.late", "NOON", "AFT", "AFT.early", "AFT.late", "EVE"),
    *("EVE.early", "EVE.late", "NIGHT", "PHS", "HS", "WAKE", "C", "CM", "CD", "CV"),
    *("AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV"),
)
_FREQUENCY = {
    **{"frequency": INTEGER, "frequency_max": INTEGER},
    **{"period": NUMBER, "period_max": NUMBER, "period_unit": _TIME_UNIT},
    "when": [_one_of(*_EVENTS)],
    "days_of_week": [_one_of("mon", "tue", "wed", "thu", "fri", "sat", "sun")],
    "times_of_day": [_like(r"\d\d:\d\d(:\d\d)?")],
    **PLACE,
}
_LENGTH = {"low": NUMBER, "high": NUMBER, "unit": _TIME_UNIT, **PLACE}
_COUNT = {"value": INTEGER, **PLACE}


def _named(names: Collection[str]) -> dict[str, Any]:
    return {"name": _one_of(*names), **PLACE}


_ROUTE = _named(ROUTES)
_DOSAGE = {
    **{"sequence": INTEGER, "dose": _QUANTITY, "amount": _QUANTITY, "rate": _QUANTITY},
    **{"frequency": _FREQUENCY, "duration": _LENGTH, "infusion": _LENGTH},
    **{"n_times": _COUNT, "route": _ROUTE, "site": _named(SITE_ROUTES)},
    **{"prn": TRUTH, "reason": PLACE},
    "max_dose": {**_QUANTITY, "period": NUMBER, "period_unit": _TIME_UNIT},
    "condition": {"low": NUMBER, "high": NUMBER, **PLACE},
}
_DRUG = {"text": WORDS, "label": NAME, "kb_id": NAME, **PLACE}
_MEDICATION = {
    **{"drug": _DRUG, "other_names": [_DRUG]},
    **{"dose": _QUANTITY, "rate": _QUANTITY, "strength": _QUANTITY},
    **{"form": _named(FORMS), "route": _ROUTE},
    **{"frequency": _FREQUENCY, "duration": _LENGTH, "prn": TRUTH, "reason": PLACE},
    **{"dispense": _QUANTITY, "refills": _COUNT, "status": _one_of(*STATUSES)},
    **{"assertion": [_one_of(*CONTEXT_ATTRIBUTES)], "section": _SECTION},
    **{"dosages": [_DOSAGE], "former": [_DOSAGE]},
    **PLACE,
}
_PART = {"key": Field(str, _is_component), "loinc": _LOINC}
_VALUE = {"value": NUMBER, "value_high": NUMBER}
_MEASUREMENT = {
    **PLACE,
    "analyte": {
        "key": Field(str, _is_analyte),
        "loinc": _LOINC,
        **{"start": INTEGER, "end": INTEGER},
    },
    **_VALUE,
    **{"comparator": _one_of("<", "<=", ">", ">=", "~"), "value_text": WORDS},
    **{"unit": _UNIT, "unit_text": WORDS, "range_low": NUMBER, "range_high": NUMBER},
    "flag": _one_of("H", "HH", "L", "LL", "A", "N"),
    "flag_source": _one_of("written", "computed"),
    DATE: _one_of(),
    **{"former": TRUTH, "assertion": [_one_of(*CONTEXT_ATTRIBUTES)]},
    "components": [{**_PART, **_VALUE}],
    "section": _SECTION,
}
# "P6M", "PT8H", "-P3D": none of a day.
_PERIOD = _like(r"-?P(T?(\d{1,4}(\.\d{1,2})?|X{1,4})[YMWDHS]){1,4}")
_ANCHORS = ("note", "admission", "discharge", "surgery", "birth", "previous", "unknown")
_MODS = (
    *("START", "END", "EARLY", "MID", "LATE", "APPROX", "BEFORE", "AFTER"),
    *("MORE_THAN", "LESS_THAN"),
)
_REASONS = (
    *("", "no_reference", "no_year", "no_time", "no_such_date", "vague", "after_note"),
    *("ambiguous_order", "assumed_year", "assumed_century", "removed"),
)
DATE_SHAPE: Mapping[str, Any] = {
    "type": _one_of("DATE", "TIME", "DURATION", "SET", "AGE"),
    **{"value": _PERIOD, "value_end": _PERIOD, "mod": _one_of(*_MODS)},
    **{"anchor": _one_of(*_ANCHORS), "offset": _PERIOD, "freq": _like(r"\d{1,3}")},
    **{"other": _PERIOD, "resolved": TRUTH, "reason": _one_of(*_REASONS)},
}
# By the attribute of Docs, and the column of records.
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "relations": _RELATION,
    "medications": _MEDICATION,
    "measurements": _MEASUREMENT,
}
# Without these, a row is none.
_PARTS = {
    "relations": ("head", "child"),
    "medications": ("drug",),
    "measurements": ("analyte",),
}


def describe_relations(doc: Doc) -> dict[str, list[dict[str, Any]]]:
    """Make the rows of a Doc's relations, medications and measurements."""
    made = {
        name: shape_rows(to_record(doc._.get(name) or ()), name, words="fill")
        for name in SHAPES
    }
    for row in made["relations"]:
        row["score"] = round_finite(row["score"])
    return made


def shape_rows(rows: Any, name: str, **settings: Any) -> list[dict[str, Any]]:
    """Copy the known fields of rows; what is no such row is left out.

    rows: Of a record, which may come from anywhere.
    name: Of the column.
    settings: See `shape_value`.
    """
    made = shape_value(rows, [SHAPES[name]], **settings)
    return [row for row in made if all(row[part] for part in _PARTS[name])]


def describe_date(span: Span) -> dict[str, Any] | None:
    """Read the date of a span."""
    return shape_date(span._.date)


def shape_date(value: Any) -> dict[str, Any] | None:
    """Copy the known fields of a date; None if it is none."""
    made: dict[str, Any] | None = shape_value(value, DATE_SHAPE)
    return made if made and made["type"] else None


def bare_relations(
    rows: Any, name: str, labels: Collection[str], kb_ids: Collection[str]
) -> list[dict[str, Any]]:
    """Copy rows without words of the note.

    name: Of the column.
    labels: Of sections that may stay.
    kb_ids: Of concepts that may.
    """
    bare = shape_rows(rows, name, words="drop")
    for row in bare:
        if row.get("section") and row["section"] not in labels:
            row["section"] = OTHER
        for drug in (row.get("drug"), *(row.get("other_names") or ())):
            if drug and drug["kb_id"] not in kb_ids:
                drug["kb_id"] = ""
    return bare


def bare_date(value: Any) -> dict[str, Any] | None:
    """Copy a date without what the note may have written."""
    made: dict[str, Any] | None = shape_value(value, DATE_SHAPE, words="drop")
    return made if made and made["type"] else None


def restore_relations(record: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Make what a Doc keeps of the rows of a record, by attribute.

    record: Earlier versions wrote none of them.
    """
    return {
        name: [to_doc(row) for row in shape_rows(record[name], name, words="fill")]
        for name in SHAPES
        if record.get(name)
    }
