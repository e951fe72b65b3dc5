import pytest

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.filters import make_filters
from spacy_clinical.concepts.vocabulary import Vocabulary
from tests.concepts import releases
from tests.concepts.releases import write_files


def build(tmp_path, files=releases.SNOMED_FILES, **filters):
    folder = write_files(tmp_path / "release", files)
    build_vocabulary([folder], tmp_path / "out", filters=make_filters(**filters))
    return Vocabulary.open(tmp_path / "out")


def test_the_preferred_name_is_first_and_the_tag_is_the_type(tmp_path):
    vocabulary = build(tmp_path)
    assert (vocabulary.name, vocabulary.version) == ("snomedct", "20240101")
    [concept] = vocabulary
    assert concept.id == "22298006"
    assert concept.name == "Heart attack"
    assert concept.synonyms == ("Myocardial infarction", 'MI - "Myocardial infarction"')
    assert concept.types == ("disorder",)
    assert concept.definition == "Necrosis of the heart muscle."
    assert concept.xrefs == {"SNOMEDCT": ["22298006"], "ICD10CM": ["I21.9"]}


def test_without_preferences_the_full_name_is_first(tmp_path):
    files = {
        name: text
        for name, text in releases.SNOMED_FILES.items()
        if "Language" not in name
    }
    [concept] = build(tmp_path, files)
    assert concept.name == "Myocardial infarction"


def test_inactive_names_and_concepts_are_kept_on_demand(tmp_path):
    kept, old = build(tmp_path, with_obsolete=True)
    assert "Inactive name" in kept.synonyms
    assert not kept.is_obsolete
    assert (old.name, old.is_obsolete) == ("Coronary thing", True)


def test_names_are_filtered_by_language(tmp_path):
    with pytest.raises(ValueError, match=r"\[C905\].*Languages found: en\."):
        build(tmp_path, languages=["es"])


def test_a_release_without_its_concepts_is_an_error(tmp_path):
    files = {
        name: text
        for name, text in releases.SNOMED_FILES.items()
        if "sct2_Concept" not in name
    }
    with pytest.raises(
        ValueError, match=r"\[C904\].*sct2_Concept_Snapshot isn't there"
    ):
        build(tmp_path, files)
