from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.filters import make_filters
from spacy_clinical.concepts.vocabulary import Vocabulary
from tests.concepts import releases
from tests.concepts.releases import write_files


def build(tmp_path, source="Loinc_2.77", **filters):
    folder = write_files(tmp_path, releases.LOINC_FILES)
    filters = make_filters(**filters)
    build_vocabulary([folder / source], tmp_path / "out", filters=filters)
    return Vocabulary.open(tmp_path / "out")


def test_tests_have_all_their_names_and_no_words_of_parts(tmp_path):
    vocabulary = build(tmp_path)
    assert (vocabulary.name, vocabulary.version) == ("loinc", "2.77")
    [concept] = vocabulary
    assert concept.id == "2345-7"
    assert concept.name == "Glucose [Mass/volume] in Serum or Plasma"
    assert concept.synonyms == (
        "Glucose:MCnc:Pt:Ser/Plas:Qn",
        "Glucose SerPl-mCnc",
        "Glucose [Mass/Vol]",
        "Glucose, Blood",
        "Glukose [Masse/Volumen] in Serum oder Plasma",
    )
    assert concept.types == ("CHEM",)
    assert concept.definition == 'Sugar, in "blood"'
    assert vocabulary.find("Plasma").numbers == ()


def test_the_table_alone_is_enough(tmp_path):
    vocabulary = build(tmp_path, "Loinc_2.77/LoincTable/Loinc.csv")
    assert vocabulary.version == "2.77"
    assert len(vocabulary.concept(0).synonyms) == 4


def test_deprecated_tests_are_kept_on_demand(tmp_path):
    ids = [(c.id, c.is_obsolete) for c in build(tmp_path, with_obsolete=True)]
    assert ids == [("2345-7", False), ("1-8", True)]


def test_names_are_filtered_by_language(tmp_path):
    [concept] = build(tmp_path, languages=["de"])
    assert concept.name == "Glukose [Masse/Volumen] in Serum oder Plasma"
    assert concept.synonyms == ()
