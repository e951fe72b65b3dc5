import base64
import json
from xml.etree import ElementTree

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.export import fhir
from spacy_clinical.export.concepts import shape_concept
from spacy_clinical.export.fhir_values import clean, is_date, make_narrative
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.records import without_text
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from tests.export.made import (
    CODE,
    ENTS,
    TEXT,
    list_records,
    make_assessed,
    make_failed_record,
    make_linked,
    make_one_record,
)

DATE = "2026-09-14"


def make(record, **settings):
    return fhir.make_bundle(
        record, **{"subject": "Patient/p7", "date": DATE, **settings}
    )


def read_status(resource, name):
    coding = resource.get(name, {}).get("coding", [{}])
    return coding[0].get("code")


def by_type(bundle):
    found = {}
    for entry in bundle["entry"]:
        resource = entry["resource"]
        found.setdefault(resource["resourceType"], []).append(resource)
    return found


def find_references(value):
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from find_references(item)


def check_statuses(resource):
    """What FHIR's models don't check: con-3 to con-5, ait-1 and ait-2 of R4."""
    verified = read_status(resource, "verificationStatus")
    clinical = read_status(resource, "clinicalStatus")
    if resource["resourceType"] == "Condition":
        assert verified in ("refuted", "unconfirmed", "provisional")
        assert "category" not in resource
        assert not any(name.startswith("abatement") for name in resource)
        assert clinical in (None, "inactive", "resolved")
        assert verified != "refuted" or clinical is None
    if resource["resourceType"] == "AllergyIntolerance":
        assert verified in ("refuted", "unconfirmed")
        assert clinical in ("active", "inactive")


def check(bundle):
    """That FHIR's models take it, references lead somewhere, and XHTML can be read."""
    Bundle.model_validate_json(json.dumps(bundle))
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    for entry in bundle["entry"]:
        resource = entry["resource"]
        model = get_fhir_model_class(resource["resourceType"])
        model.model_validate_json(json.dumps(resource))
        assert entry["fullUrl"] == f"urn:uuid:{resource['id']}"
        check_statuses(resource)
    used = set(find_references(bundle))
    assert {url for url in used if "Patient/" not in url} <= set(urls)
    [composition] = by_type(bundle)["Composition"]
    for section in composition.get("section", ()):
        # cmp-1 and cmp-2 of FHIR, and txt-2.
        assert "text" in section
        assert not ("entry" in section and "emptyReason" in section)
        assert "".join(
            ElementTree.fromstring(section["text"]["div"]).itertext()
        ).strip()


def test_any_note_makes_a_valid_bundle():
    records = list_records()
    assert len(records) > 40
    ids = set()
    for record in records:
        bundle = make(record)
        check(bundle)
        check(make(without_text(record), subject=None))
        found = [e["resource"] for e in bundle["entry"]]
        own = {r["id"] for r in found if r["resourceType"] != "Device"}
        assert ids.isdisjoint(own)
        ids |= own
    bundles = [format_line(make(record)) for record in records]
    assert [format_line(make(record)) for record in records] == bundles


def test_a_bundle_says_what_was_found_and_that_nobody_confirmed_it():
    record = make_one_record()
    found = by_type(make(record))
    by_code, by_entity = found["Condition"]
    assert [(c["system"], c["code"]) for c in by_code["code"]["coding"]] == [
        ("http://hl7.org/fhir/sid/icd-9-cm", "486"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "J18"),
    ]
    assert by_code["extension"][0]["valueDecimal"] == 0.9
    assert by_entity["code"] == {"text": "pneumonia"}
    for condition in found["Condition"]:
        [status] = condition["verificationStatus"]["coding"]
        assert status["code"] == "unconfirmed"
    [statement] = found["MedicationStatement"]
    assert statement["medicationCodeableConcept"]["text"] == "aspirin"
    assert statement["dosage"] == [{"text": "81 mg daily"}]
    [observation] = found["Observation"]
    assert observation["code"]["text"] == "Sodium"
    assert (observation["status"], observation["valueString"]) == ("preliminary", "140")
    [document] = found["DocumentReference"]
    assert document["masterIdentifier"] == {"value": "n1"}
    [attachment] = [content["attachment"] for content in document["content"]]
    assert base64.b64decode(attachment["data"]).decode() == TEXT


def test_sections_have_codes_text_and_what_was_found_in_them():
    record = make_one_record()
    found = by_type(make(record))
    [composition] = found["Composition"]
    hpi, medications, labs = composition["section"]
    for section, row in zip((hpi, medications, labs), record["sections"], strict=True):
        [coding] = section["code"]["coding"]
        assert coding == {"system": "http://loinc.org", "code": row["loinc"]}
    assert "Has pneumonia &lt;b&gt;&amp; fever." in hpi["text"]["div"]
    entered = [
        [e["reference"][9:] for e in s["entry"]] for s in (hpi, medications, labs)
    ]
    assert entered == [
        [resource["id"] for resource in found[kind]]
        for kind in ("Condition", "MedicationStatement", "Observation")
    ]


def test_only_one_category_of_icd10_is_given():
    record = make_one_record()
    record["codes"] = [{**CODE, "icd10": ["J17", "J18"]}, {**CODE, "title": ""}]
    first, second, _ = by_type(make(record))["Condition"]
    assert len(first["code"]["coding"]) == 1
    assert "display" not in second["code"]["coding"][0]
    assert first["id"] != second["id"]


def test_what_is_far_or_in_another_line_doesnt_belong_together():
    record = make_one_record()
    spots = {label: TEXT.index(text) for label, text in ENTS}
    record["text"] = TEXT.replace("aspirin 81", "aspirin\n81")
    assert "dosage" not in by_type(make(record))["MedicationStatement"][0]
    record["text"] = TEXT
    for ent in record["entities"]:
        if ent["label"] == "Diagnostic_procedure":
            ent["start"] = ent["end"] = spots["Lab_value"] - 61
    assert by_type(make(record))["Observation"][0]["code"]["text"] == "unnamed test"


def test_ids_differ_between_notes_and_devices_between_versions():
    record = make_one_record()
    first, other = make(record), make({**record, "id": "n2"})
    device = by_type(first)["Device"][0]
    assert device == by_type(other)["Device"][0]
    assert "rules_version: 1" in device["version"][1]["value"]
    ids = [{e["fullUrl"] for e in b["entry"]} for b in (first, other)]
    assert ids[0] & ids[1] == {f"urn:uuid:{device['id']}"}
    changed = make({**record, "provenance": {}})
    assert by_type(changed)["Device"][0]["id"] != device["id"]


def test_a_failed_note_says_what_failed():
    record = make_failed_record()
    bundle = make(record)
    check(bundle)
    [outcome] = by_type(bundle)["OperationOutcome"]
    assert outcome["issue"][0]["diagnostics"] == record["error"]["message"]


def test_text_can_be_left_out():
    bundle = make(make_one_record(), with_text=False)
    check(bundle)
    found = by_type(bundle)
    assert "data" not in found["DocumentReference"][0]["content"][0]["attachment"]
    assert "fever" not in json.dumps(bundle)
    bare = make(without_text(make_one_record()))
    assert not any(text in json.dumps(bare) for _, text in ENTS)


@pytest.mark.parametrize(
    ("patient", "subject"),
    [
        ("p-7.1", {"reference": "Patient/p-7.1"}),
        ("Patient/p7", {"reference": "Patient/p7"}),
        ("https://x.org/fhir/Patient/7", {"reference": "https://x.org/fhir/Patient/7"}),
        (
            "p 7/\x00\U0001f915",
            {"type": "Patient", "identifier": {"value": "p 7/\U0001f915"}},
        ),
    ],
)
def test_patients_with_odd_ids_are_identified(patient, subject):
    bundle = make(make_one_record(), subject=patient)
    check(bundle)
    assert by_type(bundle)["Composition"][0]["subject"] == subject


@pytest.mark.parametrize("patient", [None, "", " \x00"])
def test_unknown_patients_are_said_to_be_unknown(patient):
    bundle = make(make_one_record(), subject=patient)
    check(bundle)
    subject = by_type(bundle)["Condition"][0]["subject"]
    assert subject["extension"][0]["valueCode"] == "unknown"


@given(text=st.text())
def test_any_text_makes_xhtml_and_strings(text):
    div = make_narrative(text)["div"]
    assert "".join(ElementTree.fromstring(div).itertext()).strip()
    assert clean(text) == clean(text).strip()


@settings(max_examples=30, deadline=None)
@given(note_id=st.text(max_size=100), text=st.text())
def test_any_id_and_text_make_a_valid_bundle(note_id, text):
    record = {**make_failed_record(), "id": note_id, "text": text}
    check(make(record, subject=note_id))


def test_half_characters_make_a_valid_bundle():
    record = {**make_one_record(), "id": "a\ud83d", "text": "HPI:\n\ud83d pain" * 5}
    check(make(record))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", True),
        ("2026-09", True),
        ("2026-02-28", True),
        ("2026-02-28T23:59:59.5+01:00", True),
        ("2026-02-30", False),
        ("2026-13", False),
        ("14.9.2026", False),
        ("2026-09-14T10:00", False),
        ("0000", False),
        ("", False),
    ],
)
def test_dates_are_those_of_fhir(text, expected):
    assert is_date(text) == expected
    if expected:
        check(make(make_one_record(), date=text))


def test_write_bundles_takes_patients_and_dates_from_the_metadata(tmp_path):
    record = make_one_record()
    dated = {**record, "meta": {"mrn": 12, "day": "2025-01-31"}}
    odd = {**record, "meta": {"mrn": "1 2", "day": "yesterday"}}
    path = tmp_path / "x.jsonl"
    n = fhir.write_bundles(
        [dated, odd], path, date=DATE, subject_key="mrn", date_key="day"
    )
    assert n == 2
    first, second = [
        by_type(json.loads(line))["Composition"][0]
        for line in path.read_text("utf8").splitlines()
    ]
    assert (first["subject"]["reference"], first["date"]) == (
        "Patient/12",
        "2025-01-31",
    )
    assert second["subject"]["identifier"] == {"value": "1 2"}
    assert second["date"] == DATE


def test_conditions_say_whether_they_hold():
    bundle = make(make_assessed())
    check(bundle)
    found = {
        c["code"]["text"]: (
            read_status(c, "verificationStatus"),
            read_status(c, "clinicalStatus"),
        )
        for c in by_type(bundle)["Condition"]
    }
    # Neither the mother's asthma nor what is only to come.
    assert found == {
        "cough": ("unconfirmed", None),
        "fever": ("refuted", None),
        "gout": ("provisional", None),
        "Stroke": ("unconfirmed", "inactive"),
    }
    [relative] = by_type(bundle)["FamilyMemberHistory"]
    assert relative["relationship"]["coding"][0]["code"] == "MTH"
    assert [c["code"]["text"] for c in relative["condition"]] == ["asthma"]


def test_what_was_denied_has_no_clinical_status():
    record = make_assessed()
    record["entities"][1]["is_historical"] = True
    fever = by_type(make(record))["Condition"][1]
    assert fever["code"]["text"] == "fever"
    assert "clinicalStatus" not in fever


def test_what_is_gone_is_resolved():
    record = make_assessed("Stroke, since resolved.")
    [stroke] = by_type(make(record))["Condition"]
    assert read_status(stroke, "clinicalStatus") == "resolved"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("His maternal grandmother had asthma.", "MGRMTH"),
        ("Father with gout, brother with asthma.", "BRO"),
        ("Wife has asthma.", "WIFE"),
        ("FAMILY HISTORY:\nasthma", "FAMMEMB"),
    ],
)
def test_relatives_are_whom_the_cue_names(text, code):
    bundle = make(make_assessed(text))
    check(bundle)
    relatives = {
        c["code"]["text"]: r["relationship"]["coding"][0]["code"]
        for r in by_type(bundle)["FamilyMemberHistory"]
        for c in r["condition"]
    }
    assert relatives["asthma"] == code
    assert "Condition" not in by_type(bundle)


@pytest.mark.parametrize(
    ("text", "code"), [("Mother had asthma", "MTH"), ("noncontributory", None)]
)
def test_entities_that_name_a_relative_are_of_the_family(text, code):
    record = make_assessed(f"HPI: {text}.")
    start = record["text"].index(text)
    entity = {"start": start, "end": start + len(text), "text": text}
    entity |= {"label": "Family_history", "score": 0.9, "section": ""}
    record["entities"] = (
        [{**record["entities"][0], **entity}] if record["entities"] else [entity]
    )
    found = by_type(make(record)).get("FamilyMemberHistory", [])
    codes = [r["relationship"]["coding"][0]["code"] for r in found]
    assert codes == ([code] if code else [])


def test_a_family_without_the_disorder_is_left_out():
    found = by_type(make(make_assessed("FAMILY HISTORY: no asthma.")))
    assert not {"FamilyMemberHistory", "Condition"} & found.keys()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Not on warfarin.", "not-taken"),
        ("Denies warfarin.", "not-taken"),
        ("Previously on warfarin.", "stopped"),
        ("PAST MEDICAL HISTORY:\nOn warfarin.", "unknown"),
        ("On warfarin.", "unknown"),
        ("If it hurts, warfarin.", "intended"),
    ],
)
def test_medications_are_taken_or_not(text, status):
    bundle = make(make_assessed(text))
    check(bundle)
    [statement] = by_type(bundle)["MedicationStatement"]
    assert statement["status"] == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("No dialysis.", "not-done"),
        ("Had dialysis in 2009.", "completed"),
        ("On dialysis.", "unknown"),
        ("If he worsens, dialysis.", None),
        ("PLAN: dialysis", None),
        ("Mother had dialysis.", None),
    ],
)
def test_procedures_are_done_or_not(text, status):
    bundle = make(make_assessed(text))
    check(bundle)
    found = [p["status"] for p in by_type(bundle).get("Procedure", [])]
    assert found == ([] if status is None else [status])


def test_allergies_have_a_clinical_status():
    """FHIR's ait-1 asks for it."""
    for text in ("ALLERGIES: aspirin", "ALLERGIES: NKDA"):
        bundle = make(make_assessed(text))
        check(bundle)
        [allergy] = by_type(bundle)["AllergyIntolerance"]
        assert read_status(allergy, "clinicalStatus") == "active"


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Denies fever.", 0),
        ("Mother had asthma.", 0),
        ("Return if zosterix develops.", 0),
        ("Denies fever. Has a cough.", 1),
        ("Possible gout.", 1),
        ("Seen today.", 1),
    ],
)
@pytest.mark.parametrize("with_text", [True, False])
def test_codes_need_evidence_that_holds(text, n, with_text):
    record = make_assessed(text)
    place = {"section": "", "start": 0, "end": len(text), "score": 0.9}
    record["codes"] = [{**CODE, "evidence": [place]}]
    if not with_text:
        record = without_text(record)
    found = [
        c for c in by_type(make(record)).get("Condition", ()) if "coding" in c["code"]
    ]
    assert len(found) == (n if with_text or "cough" not in text else 1)


SAYINGS = st.dictionaries(st.sampled_from(CONTEXT_ATTRIBUTES), st.booleans())


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    text=st.sampled_from(["", "PLAN:\n", "ALLERGIES: ", "FAMILY HISTORY:\n"]),
    label=st.sampled_from(
        ["Disease_disorder", "Medication", "Lab_value", "Therapeutic_procedure"]
    ),
    fields=SAYINGS,
    attributes=SAYINGS,
)
def test_whatever_is_said_is_valid_and_no_fact_of_the_patient(
    text, label, fields, attributes
):
    record = make_assessed(f"{text}cough, 81")
    [ent] = record["entities"]
    ent |= {"label": label, "assertion": None, **dict.fromkeys(CONTEXT_ATTRIBUTES)}
    ent |= {**fields, "attributes": attributes}
    bundle = make(record)
    check(bundle)
    found = by_type(bundle)
    true = {k for said in (fields, attributes) for k, holds in said.items() if holds}
    if true & {"is_family", "is_hypothetical"}:
        assert not {"Condition", "Observation", "Procedure"} & found.keys()
    if "is_negated" in true:
        assert not {"Observation", "FamilyMemberHistory"} & found.keys()
        for condition in found.get("Condition", ()):
            assert read_status(condition, "verificationStatus") == "refuted"


def test_findings_have_the_codes_of_their_concepts():
    bundle = make(make_linked())
    check(bundle)
    found = by_type(bundle)
    pneumonia, breast, ovarian = found["Condition"]
    own, *others = pneumonia["code"]["coding"]
    assert own == {
        "system": "http://purl.obolibrary.org/obo/mondo.owl",
        "code": "MONDO:0005249",
        "version": "2025-01",
        "display": "pneumonia",
        "extension": [{"url": "urn:spacy-clinical:score", "valueDecimal": 0.98}],
    }
    # Not OMIM's, as there are two.
    assert [(one["system"], one["code"]) for one in others] == [
        ("http://hl7.org/fhir/sid/icd-9-cm", "486"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "J18.9"),
        ("http://www.nlm.nih.gov/research/umls", "C0032285"),
        ("http://snomed.info/sct", "233604007"),
        ("https://www.nlm.nih.gov/mesh", "D011014"),
    ]
    assert pneumonia["code"]["text"] == "pneumonia"
    # One entity that names two disorders.
    codes = [one["code"]["coding"][0]["code"] for one in (breast, ovarian)]
    assert codes == ["MONDO:0007254", "MONDO:0008170"]
    assert breast["code"]["text"] == ovarian["code"]["text"]
    assert breast["id"] != ovarian["id"]
    [statement] = found["MedicationStatement"]
    [coding] = statement["medicationCodeableConcept"]["coding"]
    assert coding["system"] == "http://www.nlm.nih.gov/research/umls/rxnorm"
    assert (coding["code"], coding["display"]) == ("1191", "Aspirin")
    assert "version" not in coding
    [device] = found["Device"]
    values = [one["value"] for one in device["version"]]
    start = 'vocabularies: [{"name": "mondo", "version": "2025-01"'
    assert sum(value.startswith(start) for value in values) == 1


@pytest.mark.parametrize(
    ("label", "kind", "element"),
    [
        ("Disease_disorder", "Condition", "code"),
        ("Medication", "MedicationStatement", "medicationCodeableConcept"),
        ("Therapeutic_procedure", "Procedure", "code"),
    ],
)
@pytest.mark.parametrize("allergy", [False, True])
def test_each_kind_of_finding_has_codings(label, kind, element, allergy):
    text = "ALLERGIES: pneumonia" if allergy else "Has pneumonia"
    record = make_assessed(text.replace("pneumonia", "aspirin"))
    [ent] = record["entities"]
    ent |= {"label": label, "concept": make_linked()["entities"][0]["concept"]}
    bundle = make(record)
    check(bundle)
    found = by_type(bundle)
    if allergy:
        kind, element = "AllergyIntolerance", "code"
    if not allergy or label == "Medication":
        [resource] = found[kind]
        assert resource[element]["coding"][0]["code"] == "MONDO:0005249"


def test_tests_and_relatives_have_codings():
    record = make_one_record()
    concept = make_linked()["entities"][0]["concept"]
    for ent in record["entities"]:
        ent["concept"] = concept
    [observation] = by_type(make(record))["Observation"]
    assert observation["code"]["coding"][0]["code"] == "MONDO:0005249"
    record = make_assessed("Mother had asthma.")
    record["entities"][0]["concept"] = concept
    bundle = make(record)
    check(bundle)
    [history] = by_type(bundle)["FamilyMemberHistory"]
    [condition] = history["condition"]
    assert condition["code"]["coding"][0]["code"] == "MONDO:0005249"


ODD = st.text(max_size=30) | st.sampled_from(["\x00", " ", "<b>", "\ud800", "a  b\n"])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    key=ODD,
    name=ODD,
    vocabulary=ODD | st.sampled_from(["mondo", "SNOMED CT", "hpo"]),
    xrefs=st.dictionaries(
        ODD | st.sampled_from(["ICD10CM", "UMLS", "HP"]), st.lists(ODD, max_size=2)
    ),
    score=st.none() | st.floats(),
)
def test_whatever_a_concept_is_called_is_valid(key, name, vocabulary, xrefs, score):
    record = make_linked()
    concept = {
        **{"id": key, "name": name, "vocabulary": vocabulary, "version": name},
        **{"xrefs": xrefs, "score": score},
    }
    for ent in record["entities"]:
        ent["concept"] = shape_concept(concept)
    check(make(record))
