"""Records as FHIR R4: a Bundle with the note, its sections, conditions, medications and
observations.

    DocumentReference    the note (and its text)
    Composition          its sections, with LOINC codes
    Condition            codes (doc._.icd9) and disorders, as unconfirmed
    MedicationStatement  medications, with the dosage that follows
    Observation          values, with the test before them
    Device               what found all this

Nothing here is confirmed: conditions are "unconfirmed", observations "preliminary",
and whether a finding is denied is not known. Ids are the same whenever the same note is
exported.

SOURCE: HL7 FHIR R4 (4.0.1), hl7.org/fhir/R4.
"""

import base64
import hashlib
import uuid
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, TypeAlias

from spacy_clinical.about import __title__, __version__

Resource: TypeAlias = dict[str, Any]

SPACE = uuid.UUID("6f0d7c1e-58a1-5e0b-9a53-6d4f4c0f6f54")
LOINC = "http://loinc.org"
ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
NOTE_TYPE = {"system": LOINC, "code": "34109-9", "display": "Note"}
DISORDERS = frozenset({"Disease_disorder"})
MEDICATIONS = frozenset({"Medication"})
DOSAGES = frozenset({"Dosage"})
VALUES = frozenset({"Lab_value"})
TESTS = frozenset({"Diagnostic_procedure"})
# Characters between what belongs together, at most.
NEAR = 60
SCORE = "https://spacy-clinical/fhir/score"


def make_bundle(
    record: Mapping[str, Any], *, subject: str, date: str, with_text: bool = True
) -> Resource:
    """Make a Bundle (collection) of a record.

    record: As `records.make_record` makes it.
    subject: Reference to the patient, such as "Patient/123".
    date: Of the note, as FHIR writes it (2026-09-14).
    with_text: Whether the note's text is put in.
    """
    maker = _Maker(record, subject, date)
    resources = [
        maker.make_document(with_text=with_text),
        maker.make_composition(with_text=with_text),
        *maker.list_conditions(),
        *maker.list_medications(),
        *maker.list_observations(),
        maker.make_device(),
    ]
    entries = [
        {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
        for resource in resources
    ]
    return {
        "resourceType": "Bundle",
        "id": maker.make_id("bundle"),
        "type": "collection",
        "entry": entries,
    }


class _Maker:
    def __init__(self, record: Mapping[str, Any], subject: str, date: str) -> None:
        self.record = record
        self.subject = {"reference": subject}
        self.date = date
        self.text = str(record.get("text", ""))

    def make_id(self, *parts: object) -> str:
        """The same id for the same part of the same note."""
        names = [self.record["source"], self.record["id"], *map(str, parts)]
        return str(uuid.uuid5(SPACE, "\x1f".join(names)))

    def refer(self, *parts: object) -> Resource:
        return {"reference": f"urn:uuid:{self.make_id(*parts)}"}

    def make_device(self) -> Resource:
        return {
            "resourceType": "Device",
            "id": self.make_id("device"),
            "deviceName": [{"name": __title__, "type": "model-name"}],
            "version": [{"value": __version__}],
        }

    def make_document(self, *, with_text: bool) -> Resource:
        data = self.text.encode("utf8", "replace")
        attachment: Resource = {"contentType": "text/plain; charset=utf-8"}
        if with_text and data:
            digest = hashlib.sha1(data, usedforsecurity=False).digest()
            attachment["data"] = base64.b64encode(data).decode("ascii")
            attachment["hash"] = base64.b64encode(digest).decode("ascii")
            attachment["size"] = len(data)
        else:
            attachment["title"] = str(self.record["id"])
        return {
            "resourceType": "DocumentReference",
            "id": self.make_id("document"),
            "status": "current",
            "type": {"coding": [NOTE_TYPE]},
            "subject": self.subject,
            "content": [{"attachment": attachment}],
        }

    def make_composition(self, *, with_text: bool) -> Resource:
        sections = [
            section
            for row in self.record["sections"]
            if (section := self._make_section(row, with_text=with_text))
        ]
        composition: Resource = {
            "resourceType": "Composition",
            "id": self.make_id("composition"),
            "status": "preliminary",
            "type": {"coding": [NOTE_TYPE]},
            "subject": self.subject,
            "date": self.date,
            "author": [self.refer("device")],
            "title": "Clinical note",
        }
        if sections:
            composition["section"] = sections
        return composition

    def _make_section(self, row: Mapping[str, Any], *, with_text: bool) -> Resource:
        body = self.text[row["body_start"] : row["end"]].strip()
        section: Resource = {"title": row.get("title") or row["label"] or "section"}
        if row.get("loinc"):
            section["code"] = {"coding": [{"system": LOINC, "code": row["loinc"]}]}
        if with_text and body:
            lines = escape(_drop_control(body))
            html = f'<div xmlns="http://www.w3.org/1999/xhtml"><pre>{lines}</pre></div>'
            section["text"] = {"status": "generated", "div": html}
        else:
            section["emptyReason"] = {"text": "left out" if body else "no text"}
        return section

    def list_conditions(self) -> Iterator[Resource]:
        for code in self.record["codes"]:
            coding = {"system": ICD9, "code": code["code"], "display": code["title"]}
            coding = {key: value for key, value in coding.items() if value}
            yield self._make_condition(
                {"coding": [coding]}, code["score"], "code", code["code"]
            )
        for ent in self._list(DISORDERS):
            yield self._make_condition(
                {"text": _clean(ent["text"])}, ent["score"], "entity", ent["start"]
            )

    def _make_condition(
        self, code: Resource, score: float | None, *parts: object
    ) -> Resource:
        status = {"system": VERIFICATION, "code": "unconfirmed"}
        return {
            "resourceType": "Condition",
            "id": self.make_id("condition", *parts),
            **_make_score(score),
            "verificationStatus": {"coding": [status]},
            "code": code,
            "subject": self.subject,
            "evidence": [{"detail": [self.refer("document")]}],
        }

    def list_medications(self) -> Iterator[Resource]:
        for ent in self._list(MEDICATIONS):
            statement: Resource = {
                "resourceType": "MedicationStatement",
                "id": self.make_id("medication", ent["start"]),
                **_make_score(ent["score"]),
                "status": "unknown",
                "medicationCodeableConcept": {"text": _clean(ent["text"])},
                "subject": self.subject,
                "derivedFrom": [self.refer("document")],
            }
            dose = self._find_near(ent, DOSAGES, behind=True)
            if dose is not None:
                statement["dosage"] = [{"text": _clean(dose["text"])}]
            yield statement

    def list_observations(self) -> Iterator[Resource]:
        for ent in self._list(VALUES):
            test = self._find_near(ent, TESTS, behind=False)
            yield {
                "resourceType": "Observation",
                "id": self.make_id("observation", ent["start"]),
                **_make_score(ent["score"]),
                "status": "preliminary",
                "code": {"text": _clean(test["text"]) if test else "unnamed test"},
                "subject": self.subject,
                "valueString": _clean(ent["text"]),
                "derivedFrom": [self.refer("document")],
            }

    def _list(self, labels: frozenset[str]) -> list[Mapping[str, Any]]:
        found = [ent for ent in self.record["entities"] if ent["label"] in labels]
        return [ent for ent in found if _clean(ent.get("text", ""))]

    def _find_near(
        self, ent: Mapping[str, Any], labels: frozenset[str], *, behind: bool
    ) -> Mapping[str, Any] | None:
        """The next entity of some types, if it is near and in the same line."""
        if behind:
            others = [o for o in self._list(labels) if o["start"] >= ent["end"]]
            found = min(others, key=lambda o: int(o["start"]), default=None)
            gap = (ent["end"], found["start"]) if found else (0, 0)
        else:
            others = [o for o in self._list(labels) if o["end"] <= ent["start"]]
            found = max(others, key=lambda o: int(o["end"]), default=None)
            gap = (found["end"], ent["start"]) if found else (0, 0)
        is_near = gap[1] - gap[0] <= NEAR and "\n" not in self.text[slice(*gap)]
        return found if found and is_near else None


def _make_score(score: float | None) -> Resource:
    if score is None:
        return {}
    return {"extension": [{"url": SCORE, "valueDecimal": score}]}


def _clean(text: str) -> str:
    """FHIR's strings have no leading white space and no control characters."""
    return " ".join(_drop_control(text).split())


def _drop_control(text: str) -> str:
    """What XML, and so FHIR's narrative, can't hold."""
    return "".join(
        c
        for c in text
        if c in "\t\n\r"
        or (c >= " " and not 0xD800 <= ord(c) < 0xE000 and c not in "\ufffe\uffff")
    )
