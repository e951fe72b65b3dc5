import pytest

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.filters import make_filters
from spacy_clinical.concepts.sources.rrf import RXNORM, UMLS
from spacy_clinical.concepts.sources.source import Source
from spacy_clinical.concepts.vocabulary import Vocabulary
from tests.concepts import releases
from tests.concepts.releases import write_files


@pytest.fixture
def umls(tmp_path):
    return write_files(tmp_path / "META", releases.UMLS_FILES)


def build(folder, tmp_path, **filters):
    build_vocabulary([folder], tmp_path / "out", filters=make_filters(**filters))
    return Vocabulary.open(tmp_path / "out")


def test_umls_has_names_types_definitions_and_codes(umls, tmp_path):
    vocabulary = build(umls, tmp_path)
    assert (vocabulary.name, vocabulary.version) == ("umls", "2024AA")
    infarction = vocabulary.concept(0)
    assert infarction.id == "C0027051"
    assert infarction.name == "Myocardial Infarction"
    assert set(infarction.synonyms) == {
        "Heart attack",
        "Acute myocardial infarction, unspecified",
        "Cardiac infarct",
        "Infarto del Miocardio",
    }
    assert infarction.types == ("T047", "Disease or Syndrome")
    assert infarction.definition == "NECROSIS of the MYOCARDIUM."
    assert infarction.xrefs["MESH"] == ["D009203"]
    assert infarction.xrefs["SNOMEDCT"] == ["22298006"]
    assert infarction.xrefs["ICD10CM"] == ["I21.9"]
    assert "MTH" not in infarction.xrefs


def test_the_files_that_were_read_are_in_the_manifest(umls, tmp_path):
    sources = build(umls, tmp_path).manifest.sources
    assert {file["file"] for file in sources} == set(releases.UMLS_FILES)
    assert {file["format"] for file in sources} == {"UMLS RRF"}


def test_names_are_filtered_by_language(umls, tmp_path):
    vocabulary = build(umls, tmp_path, languages=["ES"])
    assert [concept.name for concept in vocabulary] == ["Infarto del Miocardio"]


def test_codes_of_other_sources_are_kept_where_names_are_filtered(umls, tmp_path):
    vocabulary = build(umls, tmp_path, sources=["snomedct_us"])
    [concept] = vocabulary
    assert (concept.name, concept.synonyms) == ("Heart attack", ())
    # Also those that come before the name that is kept.
    assert concept.xrefs["MESH"] == ["D009203"]
    assert concept.xrefs["ICD10CM"] == ["I21.9"]


@pytest.mark.parametrize("kind", ["T121", "pharmacologic substance"])
def test_concepts_are_filtered_by_type_or_its_name(kind, umls, tmp_path):
    vocabulary = build(umls, tmp_path, types=[kind])
    assert [concept.id for concept in vocabulary] == ["C0004057"]


def test_suppressed_names_are_kept_on_demand(umls, tmp_path):
    vocabulary = build(umls, tmp_path, with_obsolete=True)
    assert "Old name of the heart" in vocabulary.concept(0).synonyms
    assert not vocabulary.concept(0).is_obsolete


def test_rxnorm_has_types_of_terms_and_codes(tmp_path):
    folder = write_files(tmp_path / "rxnorm", releases.RXNORM_FILES)
    vocabulary = build(folder, tmp_path)
    assert (vocabulary.name, vocabulary.version) == ("rxnorm", "24AA_240304F")
    drug, brand = vocabulary
    assert (drug.name, drug.synonyms) == ("Acetaminophen", ("Paracetamol", "APAP"))
    assert drug.types == ("IN", "SY", "T121", "Pharmacologic Substance")
    assert drug.xrefs == {"DRUGBANK": ["DB00316"]}
    assert (brand.id, brand.types) == ("202433", ("BN",))


@pytest.mark.parametrize(
    ("adapter", "files", "name"),
    [
        (UMLS, releases.UMLS_FILES, "MRCONSO.RRF"),
        (UMLS, releases.UMLS_FILES, "MRSTY.RRF"),
        (RXNORM, releases.RXNORM_FILES, "rrf/RXNCONSO.RRF"),
    ],
)
def test_rows_with_wrong_columns_are_an_error(adapter, files, name, tmp_path):
    lines = files[name].splitlines(keepends=True)
    lines[1] = lines[1].replace("|", "", 1)
    folder = write_files(tmp_path, {**files, name: "".join(lines)})
    n_columns = lines[1].count("|") + 1
    with pytest.raises(ValueError, match=rf"\[C901\].*line 2 has {n_columns} columns"):
        list(adapter.read(Source(folder)).entries)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MRCONSO.RRF": ""}, r"\[C905\] No concept of 'META' is left"),
        ({"MRSTY.RRF": ""}, r"\[C904\].*'MRSTY.RRF'.*it has no rows"),
        ({"MRCONSO.RRF": releases.MRCONSO[:-30]}, r"\[C901\].*line 8 has 14 columns"),
        (
            {"MRCONSO.RRF": releases.MRCONSO.replace("|\n", "\n")},
            r"\[C901\].*line 1 has 18 columns instead of 19",
        ),
        (
            {"MRCONSO.RRF": releases.MRCONSO.replace("|", "\t")},
            r"\[C901\].*line 1 has 1 columns",
        ),
        (
            {"MRCONSO.RRF": "|" + releases.MRCONSO.partition("|")[2]},
            r"\[C928\].*'META' as UMLS RRF: its entry \d+ has no id",
        ),
    ],
)
def test_releases_that_are_half_there_are_an_error(change, message, tmp_path):
    folder = write_files(tmp_path / "META", {**releases.UMLS_FILES, **change})
    with pytest.raises(ValueError, match=message):
        build(folder, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["META"]


def test_lines_may_end_as_on_windows(umls, tmp_path):
    for name, text in releases.UMLS_FILES.items():
        (umls / name).write_bytes(text.replace("\n", "\r\n").encode("utf8"))
    assert len(build(umls, tmp_path)) == 2


def test_names_without_types_are_an_error(tmp_path):
    write_files(tmp_path, {"MRCONSO.RRF": releases.MRCONSO})
    with pytest.raises(ValueError, match=r"\[C904\].*MRSTY.RRF isn't beside it"):
        UMLS.read(Source(tmp_path / "MRCONSO.RRF"))
