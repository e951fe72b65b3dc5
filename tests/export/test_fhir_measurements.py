import pytest
import spacy
from fhir.resources.R4B.observation import Observation

from spacy_clinical.export.fhir_measurements import make_measurement
from spacy_clinical.relations.measurements import assemble_measurements

NLP = spacy.blank("en")


def make(text):
    """The Observations of a text, as FHIR's models read them."""
    made = [
        make_measurement(r, text) for r in assemble_measurements(NLP.make_doc(text))
    ]
    for resource in made:
        Observation.model_validate({"status": "preliminary", **resource})
    return made


def test_a_value_is_a_quantity_in_ucum():
    [one] = make("Hgb 8.2 g/dl (12.0-16.0) on 3/14/2021")
    assert one["code"] == {
        "coding": [{"system": "http://loinc.org", "code": "718-7"}],
        "text": "Hgb",
    }
    assert one["valueQuantity"] == {
        "value": 8.2,
        "unit": "g/dl",
        "system": "http://unitsofmeasure.org",
        "code": "g/dL",
    }
    [limits] = one["referenceRange"]
    assert (limits["low"]["value"], limits["high"]["value"]) == (12, 16)
    assert one["interpretation"][0]["coding"][0]["code"] == "L"
    assert one["effectiveDateTime"] == "2021-03-14"


def test_a_blood_pressure_has_components():
    [one] = make("BP 110-130s/60")
    high, low = one["component"]
    assert high["valueRange"]["low"]["value"] == 110
    assert low["valueQuantity"]["code"] == "mm[Hg]"
    assert low["code"]["coding"][0]["code"] == "8462-4"
    assert "valueQuantity" not in one


def test_comparators_and_ranges():
    less, about, between = make("troponin <0.01, CRP about 5, glucose 110-180")
    assert less["valueQuantity"]["comparator"] == "<"
    assert "comparator" not in about["valueQuantity"]
    assert about["note"]
    assert between["valueRange"]["high"] == {"value": 180}


def test_a_size_has_a_component_for_each_side():
    [one] = make("a 2 x 3 cm mass")
    assert one["code"] == {"text": "size"}
    assert [part["valueQuantity"]["value"] for part in one["component"]] == [2, 3]


def test_words_are_strings():
    [one] = make("Test\tResult\nHBsAg\tNegative\n")
    assert one["valueString"] == "Negative"


@pytest.mark.parametrize(
    "text",
    [
        "Labs [**2151-7-16**] 05:30AM\nK 4.2 (HH), WBC-12.3* Na 138",
        "T 98.6 F HR 88 bpm RR 18 SpO2 97% Ht 5'10\" Wt 80 kg pain 7/10",
        "Test | Result | Ref | Units\nFoo\u202e | >5 | <10 | foo/L\n",
        "eGFR >60 mL/min/1.73m2, TSH 2.5 uIU/mL, D-dimer at least 500 ng/mL",
    ],
)
def test_all_are_valid(text):
    assert make(text)
