"""Make what relations say of FHIR's resources: dosages and reasons of medications; site,
severity and onset of disorders; where measurements are."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from spacy_clinical.export.codings import make_code
from spacy_clinical.export.fhir_measurements import UCUM
from spacy_clinical.export.fhir_values import SNOMED, Resource, clean, is_date
from spacy_clinical.export.places import to_doc
from spacy_clinical.export.relation_records import (
    DATE,
    shape_date,
    shape_rows,
)
from spacy_clinical.relations.drug_names import names_drug
from spacy_clinical.relations.sig.fhir import make_dosage

MODIFY = "MODIFY"
SITES = frozenset({"Biological_structure"})
SEVERITIES = frozenset({"Severity"})
TIMES = frozenset({"Date", "Age"})
# Of the value set condition-severity.
_SEVERITY_CODES = {"mild": "255604002", "moderate": "6736007", "severe": "24484000"}
_AGE = re.compile(r"P(\d{1,3})([YMWD])", re.ASCII)
_AGE_UNITS = {"Y": "a", "M": "mo", "W": "wk", "D": "d"}
# With others, a date isn't when something began.
_ONSET_MODS = (None, "START", "EARLY", "MID", "LATE", "APPROX")
_STATUSES = {
    **{"stop": "stopped", "hold": "on-hold", "not_taken": "not-taken"},
    **{"planned": "intended", "allergy": "not-taken"},
}
_TAKEN = frozenset({"start", "continue", "change"})
Place = tuple[int, int]


class _Child(NamedTuple):
    """A child of a finding; `entity` is {} if it is none."""

    label: str
    place: Place
    entity: Mapping[str, Any]


class Places:
    """Places that others may overlap (characters, half open).

    places: In any order. The longest is what a search has to look back.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = sorted(places)
        self._longest = max((end - start for start, end in self._places), default=0)

    def overlap(self, start: int, end: int) -> bool:
        """Check whether one of them has a character of a place."""
        index = bisect_left(self._places, (start - self._longest, 0))
        while index < len(self._places) and self._places[index][0] < end:
            if self._places[index][1] > start:
                return True
            index += 1
        return False


class Related:
    """The relations of the findings of a note.

    record: As `records.make_record` makes it. Earlier versions wrote no relations.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.text: str = record.get("text") or ""
        self._entities = {_get_place(ent): ent for ent in record["entities"]}
        self._drugs: dict[Place, Mapping[str, Any]] = {}
        self._others: set[Place] = set()
        for row in shape_rows(record.get("medications"), "medications", words="fill"):
            self._drugs[_get_place(row["drug"])] = row
            self._others.update(map(_get_place, row["other_names"]))
        self.measurements = shape_rows(
            record.get("measurements"), "measurements", words="fill"
        )
        self._measured = Places(map(_get_place, self.measurements))
        self._children: dict[Place, list[_Child]] = {}
        for row in shape_rows(record.get("relations"), "relations"):
            if row["label"] == MODIFY:
                head, place = _get_place(row["head"]), _get_place(row["child"])
                child = _Child(
                    row["child"]["label"] or "", place, self._entities.get(place) or {}
                )
                self._children.setdefault(head, []).append(child)

    # Medications

    def find_drug(self, ent: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Find the record of a medication."""
        return self._drugs.get(_get_place(ent))

    def is_named(self, ent: Mapping[str, Any]) -> bool:
        """Check whether an entity names a drug: no word of a sig, nor only another name
        of the drug beside it."""
        place = _get_place(ent)
        if place in self._others and place not in self._drugs:
            return False
        return place in self._drugs or names_drug(ent.get("text") or "")

    def is_relatives(self, ent: Mapping[str, Any]) -> bool:
        """Check whether the record of a medication says that a relative takes it."""
        drug = self._drugs.get(_get_place(ent))
        return drug is not None and "is_family" in drug["assertion"]

    def name_drug(
        self, ent: Mapping[str, Any], drug: Mapping[str, Any] | None
    ) -> Resource:
        """Make the CodeableConcept of a medication; its text has its other names too."""
        code = make_code(ent)
        names = [clean(name["text"]) for name in (drug or {}).get("other_names", ())]
        others = ", ".join(filter(None, names))
        return {**code, "text": f"{code['text']} ({others})"} if others else code

    def make_use(self, drug: Mapping[str, Any]) -> Resource:
        """Make what a record says of a MedicationStatement: dosages, reason."""
        made: Resource = {}
        reason = drug["reason"]
        words = clean(self.text[reason["start"] : reason["end"]]) if reason else ""
        if words:
            made["reasonCode"] = [{"text": words}]
        dosages = [self._make_dosage(row) for row in drug["dosages"]]
        if any(dosages):
            made["dosage"] = [one for one in dosages if one]
        return made

    def _make_dosage(self, row: Mapping[str, Any]) -> Resource:
        made: Resource = _prune(make_dosage(to_doc(row), self.text))
        places = list(_list_places(row))
        if places:
            start, end = min(p[0] for p in places), max(p[1] for p in places)
            words = clean(self.text[start:end])
            made |= {"text": words} if words else {}
        # A number alone says nothing.
        return made if made.keys() - {"sequence"} else {}

    # Measurements

    def is_measured(self, ent: Mapping[str, Any]) -> bool:
        """Check whether a measurement has the place of an entity, or some of it."""
        return self._measured.overlap(*_get_place(ent))

    def is_stated(self, row: Mapping[str, Any]) -> bool:
        """Check whether a measurement is the patient's, and one of now or of a known
        day."""
        is_past = row["former"] and not row[DATE]
        return "is_family" not in row["assertion"] and not is_past

    def date_measurement(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Copy a measurement, with the date that a relation says if it has none."""
        analyte = row["analyte"]
        if row[DATE] or analyte["start"] is None:
            return {**row}
        for child in self._children.get((analyte["start"], analyte["end"]), ()):
            date = _get_date(child)
            if date and date["type"] == "DATE" and not date["value_end"]:
                return {**row, DATE: date["value"]}
        return {**row}

    # Disorders

    def describe_disorder(self, ent: Mapping[str, Any]) -> Resource:
        """Make what relations say of a Condition: bodySite, severity, onset."""
        made: Resource = {}
        children = self._children.get(_get_place(ent), ())
        sites = dict.fromkeys(self._list_words(children, SITES))
        if sites:
            made["bodySite"] = [{"text": words} for words in sites]
        severity = next(self._list_words(children, SEVERITIES), "")
        if severity:
            code = _SEVERITY_CODES.get(severity.lower())
            coding = {"coding": [{"system": SNOMED, "code": code}]} if code else {}
            made["severity"] = {**coding, "text": severity}
        for child in children:
            onset = _make_onset(_get_date(child))
            if child.label in TIMES and onset:
                return {**made, **onset}
        return made

    def _list_words(
        self, children: Iterable[_Child], labels: frozenset[str]
    ) -> Iterator[str]:
        for child in children:
            words = clean(self.text[slice(*child.place)])
            if child.label in labels and words:
                yield words


def find_status(
    drug: Mapping[str, Any] | None,
    by_line: str,
    *,
    is_negated: bool,
    is_planned: bool = False,
) -> str:
    """Find the status of a MedicationStatement.

    drug: The record of the medication, if it has one.
    by_line: What the line and the assertion of the entity say, as `claims` finds it.
    is_negated: Whether it is denied. What was stopped or is held is not.
    is_planned: Whether it stands in a plan; what is continued there is taken.
    """
    said = drug["status"] if drug else None
    if said in ("stop", "hold") and by_line == "intended":
        # "If the pressure falls, hold" isn't done yet.
        return by_line
    if said in _STATUSES:
        return _STATUSES[said]
    is_ahead = by_line == "intended" and not (is_planned and said == "continue")
    if said in _TAKEN and not is_ahead and not is_negated:
        return "active"
    return by_line


def _make_onset(date: Mapping[str, Any] | None) -> Resource:
    """Make the onset that a date or an age says."""
    if date is None or date["mod"] not in _ONSET_MODS:
        return {}
    # Whether the day or the month comes first isn't known.
    if date.get("reason") == "ambiguous_order":
        return {}
    value, end = date["value"] or "", date["value_end"]
    if date["type"] == "AGE":
        match = None if end else _AGE.fullmatch(value)
        if match is None:
            return {}
        unit = _AGE_UNITS[match[2]]
        age = {"value": int(match[1]), "unit": unit, "system": UCUM, "code": unit}
        return {"onsetAge": age}
    if date["type"] != "DATE" or not is_date(value):
        return {}
    if end:
        return {"onsetPeriod": {"start": value, "end": end}} if is_date(end) else {}
    return {"onsetDateTime": value}


def _get_date(child: _Child) -> Mapping[str, Any] | None:
    """Get the date of what belongs to a finding; None unless it is resolved."""
    date = shape_date(child.entity.get(DATE))
    return date if date and date["resolved"] else None


def _get_place(row: Mapping[str, Any]) -> Place:
    start, end = row["start"], row["end"]
    return start, end


def _list_places(row: Mapping[str, Any]) -> Iterator[Place]:
    for value in row.values():
        if isinstance(value, Mapping) and "start" in value:
            yield _get_place(value)


def _prune(value: Any) -> Any:
    """Leave out what is null or empty, which FHIR doesn't allow."""
    if isinstance(value, list):
        return [one for one in map(_prune, value) if one not in (None, {}, [])]
    if isinstance(value, dict):
        kept = {name: _prune(item) for name, item in value.items()}
        return {k: v for k, v in kept.items() if v not in (None, {}, [], "")}
    return value
