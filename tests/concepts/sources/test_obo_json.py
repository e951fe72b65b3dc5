import pytest

from spacy_clinical.concepts.sources.obo_json import read_graphs, read_terms
from spacy_clinical.concepts.sources.source import Source
from tests.concepts import releases


def read(tmp_path, text, reader, name="mondo.json"):
    path = tmp_path / name
    path.write_text(text, encoding="utf8")
    facts, entries = reader(Source(path))
    return facts, {entry.id: entry for entry in entries}


def test_classes_of_graphs_have_names_codes_and_branches(tmp_path):
    facts, entries = read(tmp_path, releases.OBO_GRAPHS, read_graphs)
    assert (facts.name, facts.version, facts.license) == (
        "mondo",
        "2025-02-04",
        "CC BY 4.0",
    )
    diabetes = entries["MONDO:0005148"]
    assert diabetes.name == "type 2 diabetes mellitus"
    assert diabetes.synonyms == ("NIDDM",)
    assert diabetes.definition == "A kind of diabetes."
    assert diabetes.xrefs == (("ICD9CM", "250.00"), ("MESH", "D003924"))
    assert diabetes.other_ids == ("MONDO:0000999",)
    assert diabetes.types == ("disease", "type 2 diabetes mellitus")
    assert entries["MONDO:0000002"].is_obsolete
    assert "RO:0002200" not in entries


def test_terms_of_lists_get_their_prefix(tmp_path):
    facts, entries = read(tmp_path, releases.TERM_LIST, read_terms)
    assert (facts.name, facts.license) == ("mondo", "CC BY 4.0")
    diabetes = entries["MONDO:0005148"]
    assert diabetes.synonyms == ("NIDDM",)
    assert diabetes.xrefs == (("ICD9CM", "250.00"), ("SNOMEDCT", "44054006"))
    assert diabetes.other_ids == ("MONDO:0000999",)
    assert diabetes.types == ("disease", "type 2 diabetes mellitus")


@pytest.mark.parametrize(
    ("text", "reader"),
    [
        ('{"graphs": [', read_graphs),
        ('{"graphs": []}', read_graphs),
        ('{"graphs": [{"nodes": [{"lbl": "a"}]}]}', read_graphs),
        ('{"graphs": {"nodes": 1}}', read_graphs),
        ('[{"name": "a", "namespace": "b"}]', read_terms),
        ('[{"id": 7, "name": "a"}]', read_terms),
        ("[1, 2]", read_terms),
        ("[" * 100_000, read_terms),
    ],
)
def test_json_of_another_shape_is_an_error(text, reader, tmp_path):
    with pytest.raises(ValueError, match=r"\[C904\] Can't read 'mondo.json' as"):
        read(tmp_path, text, reader)
