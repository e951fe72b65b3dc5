"""Every format of sources, by tiny files of its real shape."""

import gzip
import lzma

import pytest

from spacy_clinical.concepts.sources.source import Source
from spacy_clinical.concepts.sources.table import ADAPTERS, find_adapter
from tests.concepts import releases
from tests.concepts.releases import write_files

FILES = {
    "hp.obo": ("OBO", releases.OBO),
    "mondo.json": ("OBO Graphs JSON", releases.OBO_GRAPHS),
    "terms.json": ("JSON list of terms", releases.TERM_LIST),
    "desc2025.xml": ("MeSH XML", releases.MESH_XML),
    "supp2025.xml": ("MeSH XML", releases.MESH_SUPPLEMENT),
    "d2025.bin": ("MeSH ASCII", releases.MESH_ASCII),
    "mesh.tsv": ("table of MeSH", releases.MESH_TABLE),
    "kb.jsonl": ("JSON lines", releases.SCISPACY),
    "local.csv": ("CSV or TSV with id and name", releases.CSV),
}
FOLDERS = {
    "UMLS RRF": releases.UMLS_FILES,
    "RxNorm RRF": releases.RXNORM_FILES,
    "OMOP CONCEPT.csv": releases.OMOP_FILES,
    "SNOMED CT RF2": releases.SNOMED_FILES,
    "LOINC": releases.LOINC_FILES,
}


def read(path):
    """The facts and entries of a source."""
    source = Source(path)
    facts, entries = find_adapter(source).read(source)
    return facts, list(entries)


def test_every_adapter_is_tested():
    tested = {kind for kind, _ in FILES.values()} | set(FOLDERS)
    assert tested == {adapter.kind for adapter in ADAPTERS}


@pytest.mark.parametrize("name", FILES)
def test_files_are_recognized_by_their_content(name, tmp_path):
    kind, text = FILES[name]
    # Suffixes of tables say what separates the columns.
    suffix = name.rpartition(".")[2] if "CSV" in kind else "txt"
    path = write_files(tmp_path, {f"any.{suffix}": text}) / f"any.{suffix}"
    assert find_adapter(Source(path)).kind == kind


@pytest.mark.parametrize("kind", FOLDERS)
def test_releases_are_recognized_by_their_folder_and_main_file(kind, tmp_path):
    folder = write_files(tmp_path, FOLDERS[kind])
    assert find_adapter(Source(folder)).kind == kind
    main = [
        path
        for path in folder.rglob("*")
        if path.is_file() and find_adapter_or_none(path) == kind
    ]
    assert len(main) == 1


def find_adapter_or_none(path):
    try:
        return find_adapter(Source(path)).kind
    except ValueError:
        return None


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)]
)
def test_compressed_files_have_the_same_entries(name, suffix, pack, tmp_path):
    _, text = FILES[name]
    plain, packed = tmp_path / name, tmp_path / f"{name}{suffix}"
    plain.write_text(text, encoding="utf8")
    packed.write_bytes(pack(text.encode("utf8")))
    assert read(plain) == read(packed)


def test_compressed_releases_are_read(tmp_path):
    for name, text in releases.UMLS_FILES.items():
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(text.encode("utf8")))
    assert read(tmp_path)[0].version == "2024AA"


@pytest.mark.parametrize("name", FILES)
def test_files_may_begin_with_a_byte_order_mark(name, tmp_path):
    _, text = FILES[name]
    plain, marked = tmp_path / "a" / name, tmp_path / "b" / name
    for path, start in ((plain, ""), (marked, "\ufeff")):
        path.parent.mkdir()
        path.write_text(start + text, encoding="utf8")
    assert read(plain) == read(marked)
