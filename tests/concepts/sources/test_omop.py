import pytest

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.filters import make_filters
from spacy_clinical.concepts.vocabulary import Vocabulary
from tests.concepts import releases
from tests.concepts.releases import write_files


def build(tmp_path, files=releases.OMOP_FILES, **filters):
    folder = write_files(tmp_path / "athena", files)
    build_vocabulary([folder], tmp_path / "out", filters=make_filters(**filters))
    return Vocabulary.open(tmp_path / "out")


def test_concepts_have_synonyms_domains_codes_and_standard_concepts(tmp_path):
    vocabulary = build(tmp_path)
    assert (vocabulary.name, vocabulary.version) == ("omop", "v5.0 29-FEB-24")
    infarction, acute, drug = vocabulary
    assert infarction.id == "4329847"
    assert infarction.synonyms == ("Heart attack", "Infarto de miocardio")
    assert infarction.types == ("Condition", "Disorder")
    assert infarction.xrefs == {"SNOMEDCT": ["22298006"]}
    # Quotation marks in these tables are text.
    assert acute.name == 'Acute "heart" infarction'
    assert acute.xrefs == {"ICD10CM": ["I21"], "OMOP": ["4329847"]}
    assert drug.xrefs == {"RXNORM": ["161"]}


def test_concepts_that_ended_are_kept_on_demand(tmp_path):
    [old] = [c for c in build(tmp_path, with_obsolete=True) if c.id == "77"]
    assert old.is_obsolete
    assert old.synonyms == ("Synonym of an old concept",)


def test_concepts_are_filtered_by_vocabulary_domain_and_language(tmp_path):
    chosen = {"sources": ["rxnorm"]}, {"types": ["drug"]}
    for place, filters in enumerate(chosen):
        vocabulary = build(tmp_path / str(place), **filters)
        assert [concept.id for concept in vocabulary] == ["1125315"]
    [concept] = build(tmp_path, languages=["4182511"])
    assert concept.name == "Infarto de miocardio"


def test_concepts_alone_are_enough(tmp_path):
    files = {"CONCEPT.csv": releases.OMOP_CONCEPT}
    assert len(build(tmp_path, files)) == 3


def test_columns_that_are_missing_are_an_error(tmp_path):
    text = releases.OMOP_CONCEPT.replace("concept_code", "code")
    with pytest.raises(ValueError, match=r"\[C902\].*no column 'concept_code'"):
        build(tmp_path, {"CONCEPT.csv": text})
    assert not (tmp_path / "out").exists()
