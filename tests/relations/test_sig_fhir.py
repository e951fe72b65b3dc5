import pytest
from fhir.resources.dosage import Dosage as DosageR5
from fhir.resources.R4B.dosage import Dosage as DosageR4
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.relations.medications import assemble_medications
from spacy_clinical.relations.sig.fhir import make_dosage, sig_to_fhir
from spacy_clinical.relations.sig.parse import parse_sig
from tests.relations.notes import make_doc
from tests.relations.test_sig import CASES, WORDS

UCUM = "http://unitsofmeasure.org"
MODELS = {"R4": DosageR4, "R5": DosageR5}


def validate(dosage, release):
    MODELS[release].model_validate(dosage)
    repeat = dosage.get("timing", {}).get("repeat", {})
    # What FHIR's models don't check: tim-1, 2, 4 to 8 and 10.
    assert ("duration" in repeat) == ("durationUnit" in repeat)
    assert ("period" in repeat) == ("periodUnit" in repeat)
    assert repeat.get("duration", 1) >= 0
    assert repeat.get("period", 1) >= 0
    assert "periodMax" not in repeat or "period" in repeat
    assert "durationMax" not in repeat or "duration" in repeat
    assert not {"timeOfDay", "when"} <= set(repeat)


@pytest.mark.parametrize("release", MODELS)
@pytest.mark.parametrize("text", [text for text, _ in CASES])
def test_dosages_are_valid(text, release):
    made = sig_to_fhir(parse_sig(text), text, release=release)
    assert len(made) == len(parse_sig(text).dosages)
    for dosage in made:
        validate(dosage, release)


@given(st.lists(WORDS, max_size=25).map(" ".join), st.sampled_from(sorted(MODELS)))
@settings(max_examples=200, deadline=None)
def test_dosages_of_any_text_are_valid(text, release):
    for dosage in sig_to_fhir(parse_sig(text), text, release=release):
        validate(dosage, release)


def test_units_are_written_without_brackets():
    text = "4 units/hr IV"
    [dosage] = sig_to_fhir(parse_sig(text), text)
    rate = dosage["doseAndRate"][0]["rateQuantity"]
    assert (rate["unit"], rate["code"]) == ("unit/h", "{unit}/h")


def test_a_dosage_as_fhir_has_it():
    text = "1-2 tabs PO q4-6h x 5 days prn back pain, max 8 tabs/day"
    tablet = {"unit": "tablet", "system": UCUM, "code": "{tablet}"}
    assert sig_to_fhir(parse_sig(text), text) == [
        {
            "sequence": 1,
            "timing": {
                "repeat": {
                    "boundsDuration": {
                        "value": 5,
                        "unit": "d",
                        "system": UCUM,
                        "code": "d",
                    },
                    "frequency": 1,
                    "period": 4,
                    "periodMax": 6,
                    "periodUnit": "h",
                }
            },
            "asNeededCodeableConcept": {"text": "back pain"},
            "route": {
                "coding": [
                    {
                        "system": "http://snomed.info/sct",
                        "code": "26643006",
                    }
                ],
                "text": "oral",
            },
            "doseAndRate": [
                {
                    "doseRange": {
                        "low": {"value": 1, **tablet},
                        "high": {"value": 2, **tablet},
                    }
                }
            ],
            "maxDosePerPeriod": {
                "numerator": {"value": 8, **tablet},
                "denominator": {"value": 1, "unit": "d", "system": UCUM, "code": "d"},
            },
        }
    ]


def test_releases_differ_in_what_is_as_needed():
    text = "5 mg prn itching, max 20 mg/day"
    [r4] = sig_to_fhir(parse_sig(text), text)
    [r5] = sig_to_fhir(parse_sig(text), text, release="R5")
    assert r4["asNeededCodeableConcept"] == {"text": "itching"}
    assert (r5["asNeeded"], r5["asNeededFor"]) == (True, [{"text": "itching"}])
    assert r5["maxDosePerPeriod"] == [r4["maxDosePerPeriod"]]


def test_steps_have_numbers_and_moments_have_codes():
    text = "40 mg qAM x 3 days, then 20 mg qhs x 3 days"
    first, second = sig_to_fhir(parse_sig(text))
    assert (first["sequence"], second["sequence"]) == (1, 2)
    assert first["timing"]["repeat"]["when"] == ["MORN"]
    assert second["timing"]["repeat"]["when"] == ["HS"]


def test_rates_have_their_units():
    [dosage] = sig_to_fhir(parse_sig("dopamine 5-10 mcg/kg/min IV"))
    [amount] = dosage["doseAndRate"]
    assert amount["rateRange"]["low"] == {
        "value": 5,
        "unit": "ug/kg/min",
        "system": UCUM,
        "code": "ug/kg/min",
    }


def test_dosages_without_text_have_no_words_of_the_note():
    doc = make_doc("[[aspirin]] 81 mg daily prn headache")
    [record] = assemble_medications(doc)
    [dosage] = record["dosages"]
    assert make_dosage(dosage)["asNeededBoolean"] is True
    assert "headache" not in str(make_dosage(dosage))
    assert make_dosage(dosage, doc.text)["asNeededCodeableConcept"] == {
        "text": "headache"
    }
