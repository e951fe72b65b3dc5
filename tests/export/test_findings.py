import pytest

from spacy_clinical.export.findings import find_sides, list_findings
from tests.export.made import make_related

TEXT = (
    "Severe, worsening pain of the L knee since May; edema of both ankles, 1+. Cough."
)
ENTS = [
    ("Severe", "Severity"),
    ("worsening", "Severity"),
    ("pain", "Sign_symptom"),
    ("L knee", "Biological_structure"),
    ("May", "Date"),
    ("edema", "Sign_symptom"),
    ("both ankles", "Biological_structure"),
    ("1+", "Lab_value"),
    ("Cough", "Sign_symptom"),
]
PAIRS = [
    *(("Severe", "pain"), ("worsening", "pain"), ("L knee", "pain"), ("May", "pain")),
    *(("both ankles", "edema"), ("1+", "edema")),
]


def make_entity(words, label):
    start = TEXT.index(words)
    return {"label": label, "text": words, "start": start, "end": start + len(words)}


def make_record(label="MODIFY"):
    entities = {words: make_entity(words, kind) for words, kind in ENTS}
    relations = [
        {"label": label, "child": entities[a], "head": entities[b], "score": 0.9}
        for a, b in PAIRS
    ]
    return {"text": TEXT, "entities": list(entities.values()), "relations": relations}


def read(places):
    return [TEXT[place.start : place.end] for place in places]


def test_list_findings_says_site_side_severity_and_course():
    pain, edema = list_findings(make_record())
    assert (pain.number, edema.number) == (2, 5)
    assert read(pain.sites) == ["L knee"]
    assert pain.sides == ["left"]
    assert read(pain.severities) == ["Severe"]
    # What the model takes for a severity may say how it goes.
    assert read(pain.courses) == ["worsening"]
    assert read(pain.times) == ["May"]
    assert pain.others == []
    assert edema.sides == ["bilateral"]
    assert read(edema.others) == ["1+"]


def test_list_findings_goes_by_what_modifies_them():
    assert list_findings(make_record("BEFORE")) == []
    assert list_findings({"text": TEXT, "entities": [], "relations": None}) == []


def test_list_findings_reads_what_components_wrote():
    record = make_related()
    [finding] = list_findings(record)
    assert record["entities"][finding.number]["text"] == "pain"
    assert finding.sides == ["left"]


@pytest.mark.parametrize(
    ("words", "sides"),
    [
        ("left knee", ["left"]),
        ("R arm", ["right"]),
        ("rt. hip", ["right"]),
        ("Left-sided", ["left"]),
        ("bilateral legs", ["bilateral"]),
        ("both ankles", ["bilateral"]),
        ("right and left", ["right", "left"]),
        ("unilateral", ["unilateral"]),
        ("knee", []),
        ("ventricular", []),
        ("lung", []),
        ("5 L", []),
        ("leftover", []),
        ("upright", []),
    ],
)
def test_find_sides(words, sides):
    assert find_sides(words) == sides
