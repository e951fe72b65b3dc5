import json

import pytest

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.identities import Identities, Place
from spacy_clinical.concepts.sources.source import Facts
from spacy_clinical.concepts.vocabulary import Vocabulary

FIRST = [
    {"id": "MONDO:1", "name": "heart failure", "synonyms": ["Failure, Heart"]},
    {"id": "MONDO:2", "name": "visual epilepsy"},
    {"id": "MONDO:3", "name": "gout"},
]
SECOND = [
    # The same name in another form; another name; more than one code.
    {"id": "MESH:1", "name": "Heart Failure", "xrefs": ["MONDO:1"]},
    {
        "id": "MESH:2",
        "name": "Seizures",
        "synonyms": ["visual epilepsy"],
        "xrefs": ["MONDO:2"],
    },
    {"id": "MESH:3", "name": "Gout", "xrefs": ["MONDO:2", "MONDO:3"]},
    # To a concept that isn't here, and to itself.
    {"id": "MESH:4", "name": "Fever", "xrefs": ["MONDO:9", "MESH:4"]},
]


@pytest.fixture(scope="module")
def vocabularies(tmp_path_factory):
    made = []
    for name, rows in (("mondo", FIRST), ("mesh", SECOND)):
        folder = tmp_path_factory.mktemp(name)
        source = folder / "rows.jsonl"
        text = "".join(json.dumps(row) + "\n" for row in rows)
        source.write_text(text, encoding="utf8")
        build_vocabulary([source], folder / "made", facts=Facts(name, "1"))
        made.append(Vocabulary.open(folder / "made"))
    return made


def find_all(identities):
    return [identities.find(Place(1, number)) for number in range(len(SECOND))]


def test_the_same_concept_has_the_same_name(vocabularies):
    found = find_all(Identities(vocabularies))
    assert found == ["MONDO:1", "MESH:2", "MONDO:3", "MONDO:9"]


def test_the_nearest_code_of_a_preferred_system_is_taken(vocabularies):
    found = find_all(Identities(vocabularies, ["MONDO"]))
    assert found == ["MONDO:1", "MONDO:2", "MONDO:2", "MONDO:9"]
