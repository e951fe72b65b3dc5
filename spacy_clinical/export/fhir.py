"""Write records as FHIR R4: a Bundle for each note, with its findings.

    DocumentReference    the note (and its text); masterIdentifier is its id
    Composition          its sections, with LOINC codes, their text, and as entries what
                         was found in them
    Condition            codes (doc._.icd9) and disorders, as unconfirmed; uncertain ones
                         as provisional, denied ones as refuted, past ones as inactive or
                         resolved; with site, severity and onset, as relations say
    MedicationStatement  medications, with their dosages and what for, and whether they
                         were stopped, held, not taken or are planned; without records of
                         medications, with the dosage that follows
    Procedure            treatments: completed if they are past, not-done if denied
    Observation          measurements, with their values, parts, ranges and dates; other
                         values, with the test before them
    AllergyIntolerance   substances under allergies, with reactions; or that none is
                         known
    FamilyMemberHistory  disorders of the family, by relative
    QuestionnaireResponse
                         questions to the note with their answers, and statements about it
                         with their labels
    Device               the package, checkpoints and rules that produced the findings
    OperationOutcome     what failed on the note, if anything did

Bundles are of type "collection". Nothing in them is confirmed: conditions are
"unconfirmed", observations "preliminary". Whether a finding is denied, hypothetical or a
relative's is known only where a component for assertion was in the pipeline: denied ones
are "refuted" or left out, hypothetical ones left out (but medications: "intended").
Attributes are extensions (urn:spacy-clinical:attribute:NAME).
What may be said of a finding by its section and line, `claims` decides; what can't be
said, such as a disorder to watch for, is left out (docs/exports.md has the table).
Scores are extensions (urn:spacy-clinical:score). A code of ICD-9-CM that CMS maps to one
category of ICD-10-CM has that beside it. Codings of concepts are those of `codings`; an
entity that names several concepts has a resource for each.

Ids are UUIDs made of a note's source and id, the same whenever the same note is exported;
notes that the same versions were at work on share a Device. All references lead to
something in the Bundle, but for the patient's.

SOURCE: HL7 FHIR R4 (4.0.1), hl7.org/fhir/R4.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy_clinical.export.allergies import list_allergies
from spacy_clinical.export.claims import (
    FAMILY_HISTORY,
    read_assertion,
)
from spacy_clinical.export.codings import URIS, make_code, split_entity
from spacy_clinical.export.fhir_answers import filter_places, make_items
from spacy_clinical.export.fhir_findings import FindingMaker, locate
from spacy_clinical.export.fhir_measurements import make_measurement
from spacy_clinical.export.fhir_relations import Places, find_status
from spacy_clinical.export.fhir_status import (
    extend,
    is_denied,
    show_allergy,
    verify,
)
from spacy_clinical.export.fhir_values import (
    NO_KNOWN_ALLERGY,
    ROLE_CODES,
    Resource,
    clean,
    is_date,
    make_status,
)
from spacy_clinical.export.jsonl import write_records
from spacy_clinical.export.nearby import NearbyEntities
from spacy_clinical.export.places import to_doc
from spacy_clinical.export.relatives import Relative
from spacy_clinical.files.json_text import keep_finite

ICD9, ICD10 = URIS["ICD9CM"], URIS["ICD10CM"]
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
DISORDERS = frozenset({"Disease_disorder"})
MEDICATIONS = frozenset({"Medication"})
PROCEDURES = frozenset({"Therapeutic_procedure"})
# Types of reactions to a substance under allergies.
REACTIONS = frozenset({"Sign_symptom", "Disease_disorder"})
DOSAGES = frozenset({"Dosage"})
VALUES = frozenset({"Lab_value"})
TESTS = frozenset({"Diagnostic_procedure"})


def make_bundle(
    record: Mapping[str, Any], *, subject: str | None, date: str, with_text: bool = True
) -> Resource:
    """Make a Bundle (collection) of a record.

    record: As `records.make_record` makes it.
    subject: The patient: a reference such as "Patient/123", or an id. None: unknown.
    date: Of the note, as FHIR writes it (2026-09-14).
    with_text: Whether the note's text is put in.
    """
    maker = _Maker(record, subject, date)
    findings = [
        *maker.list_conditions(),
        *maker.list_medications(),
        *maker.list_procedures(),
        *maker.list_observations(),
        *maker.list_allergies(),
        *maker.list_relatives(),
        *maker.list_responses(),
    ]
    resources = [
        maker.make_document(with_text=with_text),
        maker.make_composition(with_text=with_text),
        *findings,
        maker.make_device(),
        *maker.list_outcomes(),
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


def write_bundles(
    records: Iterable[Mapping[str, Any]],
    path: Path,
    *,
    date: str,
    subject_key: str = "patient_id",
    date_key: str = "",
) -> int:
    """Write the Bundles of records, one a line; the file appears when all are written.

    path: In a folder that exists.
    date: Of notes that have none of their own.
    subject_key: Of the metadata that holds the patient's id.
    date_key: Of the metadata that holds the note's own date.
    RETURNS: The number of records.
    """

    def make(record: Mapping[str, Any]) -> Resource:
        return make_dated_bundle(
            record, date=date, subject_key=subject_key, date_key=date_key
        )

    return write_records(map(make, records), path)


def make_dated_bundle(
    record: Mapping[str, Any], *, date: str, subject_key: str, date_key: str
) -> Resource:
    """Make a Bundle with the patient and the date that a record's metadata have.

    date, subject_key, date_key: See `write_bundles`.
    """
    meta = record.get("meta") or {}
    patient, own = keep_finite(meta.get(subject_key)), str(meta.get(date_key))
    return make_bundle(
        record,
        subject=None if patient is None else str(patient),
        date=own if is_date(own) else date,
    )


class _Maker(FindingMaker):
    """Make the resources of a note and of its findings."""

    def list_conditions(self) -> Iterator[Resource]:
        for number, code in enumerate(self.record.get("codes") or ()):
            if not self.claims.may_state(code["evidence"]):
                continue
            display = {"display": clean(code["title"])} if code.get("title") else {}
            coding = [{"system": ICD9, "code": code["code"], **display}]
            if len(code.get("icd10") or ()) == 1:
                coding.append({"system": ICD10, "code": code["icd10"][0]})
            places = [place["start"] for place in code["evidence"]]
            names = ("condition", "code", code["code"], number)
            yield self._make_condition(names, places, code, {"coding": coding})
        for ent in self.list_parts(DISORDERS, "stated", "planned"):
            place = ("condition", "entity", *locate(ent))
            more = self.related.describe_disorder(ent)
            code = make_code(ent)
            yield self._make_condition(place, [ent["start"]], ent, code) | more

    def _make_condition(
        self,
        parts: tuple[object, ...],
        places: Iterable[int],
        finding: Mapping[str, Any],
        code: Resource,
    ) -> Resource:
        return {
            **self.start_resource("Condition", parts, places, finding),
            **self._find_clinical_status(finding),
            **verify(VERIFICATION, finding, uncertain="provisional"),
            "code": code,
            "subject": self.subject,
            "evidence": [{"detail": [self.refer("document")]}],
        }

    def _find_clinical_status(self, finding: Mapping[str, Any]) -> Resource:
        """Find the status of what is past; what is refuted has none."""
        assertion = read_assertion(finding)
        if assertion.is_negated or not assertion.is_historical:
            return {}
        status = "resolved" if self.claims.is_resolved(finding) else "inactive"
        return make_status("clinicalStatus", CLINICAL, status)

    def list_medications(self) -> Iterator[Resource]:
        dosages = NearbyEntities(self.list_entities(DOSAGES), self.text)
        for ent in self.list_parts(MEDICATIONS, "stated", "planned", "hypothetical"):
            if not self.related.is_named(ent) or self.related.is_relatives(ent):
                continue
            drug = self.related.find_drug(ent)
            dose = dosages.find_after(ent["end"]) if drug is None else None
            use = {"dosage": [{"text": clean(dose["text"])}]} if dose else {}
            status = self.claims.find_status_of(ent)
            yield {
                **self.start_entity("MedicationStatement", "medication", ent),
                "status": find_status(
                    drug,
                    status,
                    is_negated=is_denied(ent),
                    is_planned=self.claims.find_role_of(ent) == "planned",
                ),
                "medicationCodeableConcept": self.related.name_drug(ent, drug),
                "subject": self.subject,
                "derivedFrom": [self.refer("document")],
                **(self.related.make_use(drug) if drug else use),
            }

    def list_procedures(self) -> Iterator[Resource]:
        for ent in self.list_parts(PROCEDURES, "stated"):
            assertion = read_assertion(ent)
            status = "completed" if assertion.is_historical else "unknown"
            yield {
                **self.start_entity("Procedure", "procedure", ent),
                "status": "not-done" if assertion.is_negated else status,
                "code": make_code(ent),
                "subject": self.subject,
            }

    def list_observations(self) -> Iterator[Resource]:
        others = Places(
            (ent["start"], ent["end"])
            for ent in self.list_entities(VALUES | TESTS)
            if self.claims.find_role_of(ent) != "stated" or is_denied(ent)
        )
        for number, row in enumerate(self.related.measurements):
            place = row["start"], row["end"]
            if not self.related.is_stated(row):
                continue
            if self.claims.find_role(row["start"]) != "stated" or others.overlap(
                *place
            ):
                continue
            parts = ("observation", "measurement", *place, number)
            yield {
                **self.start_resource("Observation", parts, [row["start"]], {}),
                "status": "preliminary",
                "subject": self.subject,
                **make_measurement(
                    to_doc(self.related.date_measurement(row)), self.text
                ),
                "device": self.refer_device(),
                "derivedFrom": [self.refer("document")],
            }
        tests = NearbyEntities(self.list_entities(TESTS), self.text)
        for ent in self.list_entities(VALUES, "stated"):
            if is_denied(ent) or self.related.is_measured(ent):
                continue
            test = tests.find_before(ent["start"])
            yield {
                **self.start_entity("Observation", "observation", ent),
                "status": "preliminary",
                "code": make_code(test) if test else {"text": "unnamed test"},
                "subject": self.subject,
                "valueString": clean(ent["text"]),
                "device": self.refer_device(),
                "derivedFrom": [self.refer("document")],
            }

    def list_allergies(self) -> Iterator[Resource]:
        """List the substances that are not tolerated, each with its reactions; or that no
        allergies are known."""
        substances = self.list_entities(MEDICATIONS, "allergy")
        others = self.list_entities(REACTIONS, "allergy")
        for ent, reactions in list_allergies(self.text, substances, others):
            caused = [{"manifestation": [{"text": clean(name)}]} for name in reactions]
            yield {
                **self.start_entity("AllergyIntolerance", "allergy", ent),
                **show_allergy(ent),
                "code": make_code(ent),
                "patient": self.subject,
                **({"reaction": caused} if caused else {}),
            }
        for row in self.record["sections"]:
            start, end = row["start"], row["end"]
            if self.claims.find_section_role(start) != "allergy":
                continue
            has_some = any(start <= s["start"] < end for s in substances)
            if not has_some and self.claims.has_no_allergies(row["body_start"], end):
                parts = ("allergy", "none", start)
                yield {
                    **self.start_resource("AllergyIntolerance", parts, [start], {}),
                    **show_allergy({}),
                    "code": NO_KNOWN_ALLERGY,
                    "patient": self.subject,
                }

    def list_relatives(self) -> Iterator[Resource]:
        """List the disorders of each relative."""
        disorders: dict[Relative, list[Mapping[str, Any]]] = {}
        for ent in self.list_entities(DISORDERS | {FAMILY_HISTORY}, "family"):
            # "No family history of" names no relative.
            assertion = read_assertion(ent)
            if assertion.is_negated or assertion.is_hypothetical:
                continue
            relative = self.claims.find_relative(ent)
            disorders.setdefault(relative, []).append(ent)
        for relative, ents in disorders.items():
            parts = ("relative", relative.code)
            places = [ent["start"] for ent in ents]
            code, display = relative
            coding = {"system": ROLE_CODES, "code": code, "display": display}
            yield {
                **self.start_resource("FamilyMemberHistory", parts, places, {}),
                "status": "partial",
                "patient": self.subject,
                "relationship": {"coding": [coding]},
                "condition": [
                    {**extend(part), "code": make_code(part)}
                    for ent in ents
                    for part in split_entity(ent)
                ],
            }

    def list_responses(self) -> Iterator[Resource]:
        """List the answers and statements, in one response."""
        items = make_items(self.record)
        if items:
            parts = ("response",)
            places = [row["start"] for row in self.record.get("answers") or ()]
            yield {
                **self.start_resource(
                    "QuestionnaireResponse", parts, filter_places(places), {}
                ),
                # By no person.
                "status": "in-progress",
                "subject": self.subject,
                "authored": self.date,
                "author": self.refer_device(),
                "item": items,
            }
