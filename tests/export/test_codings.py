import re

import pytest

from spacy_clinical.concepts.systems import name_system
from spacy_clinical.export.codings import (
    URIS,
    find_system,
    make_code,
    make_codings,
    split_entity,
)
from tests.export.made import LINKED


@pytest.mark.parametrize(
    ("key", "vocabulary", "system", "code"),
    [
        ("MONDO:0005249", "mondo", "MONDO", "0005249"),
        ("D011014", "mesh", "MESH", "D011014"),
        ("MESH:D011014", "mondo", "MESH", "D011014"),
        ("233604007", "SNOMED CT", "SNOMEDCT", "233604007"),
        ("C0032285", "umls", "UMLS", "C0032285"),
        ("HP:0002090", "hpo", "HP", "0002090"),
        ("OWN:1", "own", "OWN", "OWN:1"),
        ("1", "", "", "1"),
    ],
)
def test_ids_have_a_system(key, vocabulary, system, code):
    concept = {"id": key, "vocabulary": vocabulary}
    assert find_system(concept) == (system, code)


def test_systems_are_named_as_cross_references_name_them():
    for name, uri in URIS.items():
        assert name_system(name) == name
        assert re.fullmatch(r"https?://\S+", uri)
    assert len(set(URIS.values())) == len(URIS)


def test_codes_of_other_vocabularies_have_a_urn():
    ent = {"concept": {"id": "7 b", "name": "", "vocabulary": "my words/1"}}
    [coding] = make_codings(ent)
    assert coding == {
        "system": "urn:spacy-clinical:vocabulary:my%20words%2F1",
        "code": "7 b",
    }


def test_ids_without_a_record_have_a_coding_if_their_prefix_says_of_what():
    assert make_codings({"kb_id": "HP:0001945", "concept": None}) == [
        {"system": URIS["HP"], "code": "HP:0001945"}
    ]
    assert make_codings({"kb_id": "C0015967", "concept": None}) == []
    assert make_codings({"kb_id": "", "concept": None}) == []
    assert make_codings({}) == []


def test_the_version_is_that_of_the_system():
    concept = {"id": "OMIM:219700", "vocabulary": "mondo", "version": "2025-01"}
    assert "version" not in make_codings({"concept": concept})[0]
    concept = {"id": "MONDO:1", "vocabulary": "mondo", "version": "unknown"}
    assert "version" not in make_codings({"concept": concept})[0]


def test_several_concepts_are_no_codings_of_one():
    ent = {"text": "breast and ovarian cancer"}
    ent["concept"] = LINKED["breast and ovarian cancer"]
    assert make_code(ent) == {"text": "breast and ovarian cancer"}
    first, second = split_entity(ent)
    assert make_codings(first)[0]["display"] == "breast cancer"
    assert make_codings(second)[0]["display"] == "ovarian cancer"
    assert split_entity(first) == [first]
