import pytest

from spacy_clinical.concepts.sources.obo import read_obo
from spacy_clinical.concepts.sources.ontology import Term, find_types
from spacy_clinical.concepts.sources.source import Source
from spacy_clinical.errors import CodedWarning
from tests.concepts import releases


def read(tmp_path, text):
    path = tmp_path / "hp.obo"
    path.write_text(text, encoding="utf8")
    facts, entries = read_obo(Source(path))
    return facts, {entry.id: entry for entry in entries}


def test_terms_have_names_codes_and_branches(tmp_path):
    facts, entries = read(tmp_path, releases.OBO)
    assert facts.name == "hp"
    assert facts.version == "2025-01-16"
    assert "hpo" in facts.license
    failure = entries["HP:0001635"]
    assert failure.name == "Congestive heart failure"
    # A broad synonym names more than the concept.
    assert failure.synonyms == ("Cardiac failure",)
    assert failure.definition == 'The heart "fails" to pump.'
    assert failure.xrefs == (("MESH", "D006333"), ("SNOMEDCT", "42343007"))
    assert failure.other_ids == ("HP:0001636",)
    assert failure.types == ("All", "Phenotypic abnormality")
    assert (failure.source, failure.language) == ("HP", "en")
    assert entries["HP:0000057"].is_obsolete
    assert "part_of" not in entries


def test_a_term_without_an_id_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"\[C903\].*line 3: the term has no id"):
        read(tmp_path, "format-version: 1.2\n\n[Term]\nname: nothing\n")


def test_terms_in_circles_are_kept_and_told(tmp_path):
    circle = (
        "[Term]\nid: A:1\nname: one\nis_a: A:2\nis_a: A:0\n\n"
        "[Term]\nid: A:2\nname: two\nis_a: A:1\n\n"
        "[Term]\nid: A:3\nname: below\nis_a: A:2\n\n"
        "[Term]\nid: A:4\nname: self\nis_a: A:4\n\n"
        "[Term]\nid: A:0\nname: root\n"
    )
    with pytest.warns(CodedWarning, match=r"\[W900\] 4 terms"):
        _, entries = read(tmp_path, circle)
    assert set(entries) == {"A:0", "A:1", "A:2", "A:3", "A:4"}
    assert entries["A:1"].types == ("one", "root")
    assert entries["A:2"].types == ()


def test_types_of_long_chains_take_linear_time():
    terms = [Term("A:0", "root")]
    terms += [
        Term(f"A:{i}", f"term {i}", parents=(f"A:{i - 1}",)) for i in range(1, 50_000)
    ]
    types = find_types(terms, "long.obo")
    assert types["A:49999"] == ("root", "term 1")


def test_parents_that_are_not_there_or_obsolete_make_a_root():
    terms = [
        Term("A:1", "one", parents=("A:9", "A:2")),
        Term("A:2", "two", is_obsolete=True),
    ]
    assert find_types(terms, "a.obo") == {"A:1": ("one",)}
