import pytest

from spacy_clinical.concepts.systems import make_xref, name_system, split_xref


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("ICD9", "ICD9CM"),
        ("ICD-9", "ICD9CM"),
        ("ICD-10-CM", "ICD10CM"),
        ("ICD-10", "ICD10"),
        ("SNOMEDCT_US_2023_03_01", "SNOMEDCT"),
        ("SCTID", "SNOMEDCT"),
        ("UMLS_CUI", "UMLS"),
        ("MSH", "MESH"),
        ("MIM", "OMIM"),
        ("OMIMPS", "OMIMPS"),
        ("Orphanet", "ORPHA"),
        ("GARD", "GARD"),
        ("MedDRA", "MEDDRA"),
    ],
)
def test_systems_have_one_name(spelled, name):
    assert name_system(spelled) == name


def test_codes_do_not_repeat_their_system():
    assert make_xref("HP", "HP:0000118") == ("HP", "0000118")
    assert make_xref("SNOMED", "22298006") == ("SNOMEDCT", "22298006")
    # A prefix of another system is part of the code.
    assert make_xref("MESH", "HP:1") == ("MESH", "HP:1")


@pytest.mark.parametrize("text", ["http://a.b/c", "MESH:", ":D1", "D1", ""])
def test_other_texts_are_no_cross_references(text):
    assert split_xref(text) is None
