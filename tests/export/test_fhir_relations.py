import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.export.fhir_relations import Places, find_status
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.export.relation_records import DATE_SHAPE, SHAPES
from spacy_clinical.types import Note
from tests.export.made import (
    OTHERS_TEXT,
    RELATED_TEXT,
    load_relations,
    make_related,
)
from tests.export.test_fhir import by_type, check, make
from tests.export.test_relation_records import fill


def export(record):
    bundle = make(record)
    check(bundle)
    return by_type(bundle)


def list_drugs(record):
    return {
        row["medicationCodeableConcept"]["text"]: row
        for row in export(record).get("MedicationStatement", ())
    }


def test_medications_have_dosages_and_reasons():
    drugs = list_drugs(make_related())
    statement = drugs["Metoprolol tartrate (Lopressor)"]
    assert statement["reasonCode"] == [{"text": "chest pain"}]
    [dosage] = statement["dosage"]
    assert dosage["asNeededCodeableConcept"] == {"text": "chest pain"}
    assert dosage["timing"]["repeat"]["frequency"] == 2
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 25
    assert dosage["text"] == "25 mg tablet PO BID prn chest pain"
    assert [one["sequence"] for one in drugs["Prednisone"]["dosage"]] == [1, 2]
    # A brand in brackets is the same drug.
    assert "Lopressor" not in drugs


def test_medications_have_the_status_of_their_record():
    drugs = list_drugs(make_related())
    assert drugs["Lisinopril"]["status"] == "stopped"
    assert drugs["warfarin"]["status"] == "not-taken"


@pytest.mark.parametrize(
    ("said", "by_line", "is_negated", "status"),
    [
        ("stop", "unknown", False, "stopped"),
        ("stop", "not-taken", True, "stopped"),
        ("hold", "unknown", False, "on-hold"),
        ("continue", "unknown", False, "active"),
        ("start", "not-taken", True, "not-taken"),
        ("start", "intended", False, "intended"),
        ("stop", "intended", False, "intended"),
        # Another drug of the line was stopped.
        ("change", "stopped", False, "active"),
        ("start", "stopped", False, "active"),
        ("planned", "unknown", False, "intended"),
        ("not_taken", "unknown", False, "not-taken"),
        ("allergy", "unknown", False, "not-taken"),
        (None, "unknown", False, "unknown"),
        (None, "not-taken", True, "not-taken"),
    ],
)
def test_statuses_never_say_that_what_is_denied_is_taken(
    said, by_line, is_negated, status
):
    assert find_status({"status": said}, by_line, is_negated=is_negated) == status
    assert find_status(None, by_line, is_negated=is_negated) == by_line


def test_observations_have_values_parts_ranges_and_dates():
    found = export(make_related())["Observation"]
    rows = {row["code"]["text"]: row for row in found}
    assert len(rows) == len(found) == 4
    sodium = rows["Sodium"]
    assert sodium["valueQuantity"]["code"] == "mmol/L"
    assert sodium["referenceRange"][0]["low"]["value"] == 135
    assert sodium["interpretation"][0]["coding"][0]["code"] == "L"
    parts = [part["valueQuantity"]["value"] for part in rows["BP"]["component"]]
    assert parts == [120, 80]
    assert rows["EF"]["valueQuantity"]["comparator"] == "<"
    assert rows["Troponin"]["effectiveDateTime"] == "2020-03-01"


def test_observations_have_dates_that_relations_say():
    record = make_related()
    record["measurements"] = record["measurements"][:1]
    record["measurements"][0]["date"] = None
    place = record["measurements"][0]["analyte"]
    [date] = [row for row in record["entities"] if row["text"] == "2020-03-01"]
    date["date"] = {"type": "DATE", "value": "2020-03-01", "resolved": True}
    record["relations"] = [
        {
            "label": "MODIFY",
            "head": {"label": "X", "start": place["start"], "end": place["end"]},
            "child": {"label": "Date", "start": date["start"], "end": date["end"]},
        }
    ]

    def find():
        return export(record)["Observation"][0].get("effectiveDateTime")

    assert find() == "2020-03-01"
    date["date"]["resolved"] = False
    assert find() is None


def test_observations_of_records_without_text_have_codes_and_numbers():
    bare = without_text(make_related())
    found = export(bare)["Observation"]
    assert [row["code"]["text"] for row in found][:2] == ["sodium", "blood pressure"]
    assert "MedicationStatement" not in export(bare)


@pytest.mark.parametrize("name", ["is_negated", "is_family", "is_hypothetical"])
def test_what_is_not_stated_is_no_observation(name):
    record = make_related()
    for row in record["entities"]:
        if row["label"] in ("Lab_value", "Diagnostic_procedure"):
            row[name] = True
    assert "Observation" not in export(record)


DISORDER = "HPI:\nSevere left pneumonia since 2019-02-03. Denies gout.\n"


def make_disorder(**date):
    """Make the record of a disorder with a site, a severity and a date."""
    record = make_record(Note("d", DISORDER, {}, ""), load_relations()(DISORDER))
    rows = [
        *(("Severity", "Severe"), ("Biological_structure", "left")),
        *(("Disease_disorder", "pneumonia"), ("Date", "2019-02-03")),
        ("Disease_disorder", "gout"),
    ]
    empty = record["entities"][0]
    record["entities"] = [
        {
            **empty,
            **{"label": label, "text": text, "start": DISORDER.index(text)},
            **{"end": DISORDER.index(text) + len(text), "date": None},
            "is_negated": text == "gout",
        }
        for label, text in rows
    ]
    *children, head, when, gout = record["entities"]
    when["date"] = {"type": "DATE", "resolved": True, "value": "2019-02-03", **date}
    record["relations"] = [
        {"label": "MODIFY", "head": side, "child": child, "score": 1.0}
        for side, child in [
            *((head, child) for child in (*children, when)),
            (gout, children[0]),
        ]
    ]
    return record


def find_condition(record, text="pneumonia"):
    [found] = [c for c in export(record)["Condition"] if c["code"]["text"] == text]
    return found


def test_conditions_have_site_severity_and_onset():
    condition = find_condition(make_disorder())
    assert condition["bodySite"] == [{"text": "left"}]
    assert condition["severity"]["text"] == "Severe"
    assert condition["severity"]["coding"][0]["code"] == "24484000"
    assert condition["onsetDateTime"] == "2019-02-03"
    gout = find_condition(make_disorder(), "gout")
    assert gout["verificationStatus"]["coding"][0]["code"] == "refuted"
    assert "onsetDateTime" not in gout


@pytest.mark.parametrize(
    ("date", "onset"),
    [
        ({"mod": "START"}, {"onsetDateTime": "2019-02-03"}),
        ({"value": "2019-02"}, {"onsetDateTime": "2019-02"}),
        (
            {"value_end": "2019-03"},
            {"onsetPeriod": {"start": "2019-02-03", "end": "2019-03"}},
        ),
        ({"mod": "END"}, {}),
        ({"mod": "BEFORE"}, {}),
        ({"resolved": False}, {}),
        ({"reason": "ambiguous_order"}, {}),
        ({"value": "XXXX-03-04"}, {}),
        ({"value": "2019-WI"}, {}),
        ({"value": "2019-02-30"}, {}),
        ({"value": None}, {}),
        ({"type": "DURATION", "value": "P3D"}, {}),
        ({"type": "AGE", "value": "P67"}, {}),
        ({"type": "AGE", "value": "P67Y", "value_end": "P68Y"}, {}),
    ],
)
def test_only_what_is_resolved_is_an_onset(date, onset):
    condition = find_condition(
        make_disorder(**{"mod": None, "value_end": None, **date})
    )
    assert {k: v for k, v in condition.items() if k.startswith("onset")} == onset


def test_an_age_is_an_onset():
    condition = find_condition(
        make_disorder(type="AGE", value="P67Y", mod=None, value_end=None)
    )
    assert condition["onsetAge"]["value"] == 67
    assert condition["onsetAge"]["code"] == "a"


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=5))
def test_any_record_makes_a_valid_bundle(word):
    record = make_related()
    record["text"] = (f"{word} " * len(RELATED_TEXT))[: len(RELATED_TEXT)]
    record["medications"][0]["drug"]["text"] = word
    record["medications"][0]["other_names"][0]["text"] = word
    record["measurements"][0]["value"] = None
    record["measurements"][0]["value_text"] = word
    record["measurements"][0]["unit_text"] = word
    for row in record["entities"]:
        row["text"] = word
        row["date"] = fill(DATE_SHAPE, word)
    export(record)


@pytest.mark.parametrize("name", SHAPES)
def test_records_of_earlier_versions_are_exported(name):
    record = make_related()
    del record[name]
    export(record)


def test_dosages_that_no_record_has_are_text():
    record = make_related()
    del record["medications"]
    drugs = list_drugs(record)
    assert drugs["Prednisone"]["dosage"] == [{"text": "40 mg"}]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=8),
    st.integers(0, 30),
    st.integers(1, 9),
)
def test_places_overlap_as_they_look(places, start, length):
    rows = [(first, first + n) for first, n in places]
    end = start + length
    expected = any(s < end and start < e for s, e in rows)
    assert Places(rows).overlap(start, end) == expected


def test_nothing_of_relatives_or_allergens_is_the_patients():
    resources = export(make_related(OTHERS_TEXT))
    drugs = {
        row["medicationCodeableConcept"]["text"]: row["status"]
        for row in resources["MedicationStatement"]
    }
    assert drugs == {"Lisinopril": "not-taken", "Prednisone": "intended"}
    [allergy] = resources["AllergyIntolerance"]
    assert allergy["code"]["text"] == "ibuprofen"
    # Neither the father's nor what was before, of no known day.
    [observation] = resources["Observation"]
    assert observation["valueQuantity"]["value"] == 128
