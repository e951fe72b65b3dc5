import multiprocessing
import os
import shutil
from configparser import ConfigParser
from pathlib import Path

import pytest

from spacy_clinical.concepts import store
from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.cache import CACHE_VARIABLE
from spacy_clinical.concepts.store import (
    STORE_VARIABLE,
    list_shipped,
    list_vocabularies,
    open_vocabulary,
)
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.files.digests import find_sha256
from tests.concepts.releases import CSV, write_files

ROOT = Path(__file__).parents[2]
SMALL = {"small.jsonl": '{"id": "1", "name": "flu"}\n'}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small vocabulary that ships; the folder for caches is empty."""
    write_files(tmp_path / "shipped", SMALL)
    path = tmp_path / "shipped" / "small.jsonl"
    facts = store.Facts("small", "7", "CC0", "https://a.b")
    shipped = store.Shipped(facts, path, find_sha256(path), "none", "us")
    monkeypatch.setattr(store, "list_shipped", lambda: {"small": shipped})
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "vocabularies"


def test_shipped_vocabularies_have_cards_and_data():
    names = ["hpo", "mentions", "mesh", "mesh_supplement", "mondo"]
    assert list(list_shipped()) == names
    for name, shipped in list_shipped().items():
        assert shipped.facts.name == name
        assert all(shipped.facts)
        assert shipped.changes
        assert shipped.cite
        assert find_sha256(shipped.path) == shipped.sha256
    # Of them all: see the limit of the wheel.
    assert sum(shipped.path.stat().st_size for shipped in list_shipped().values()) < 6e6


def test_shipped_vocabularies_are_data_of_the_package():
    setup = ConfigParser(delimiters=("=",))
    setup.read(ROOT / "setup.cfg", encoding="utf8")
    patterns = setup["options.package_data"]["spacy_clinical"].split()
    packed = {p for pattern in patterns for p in store.SHIPPED.parents[1].glob(pattern)}
    assert set(store.SHIPPED.iterdir()) <= packed


@pytest.mark.slow
def test_shipped_vocabularies_have_names_types_and_codes(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    mondo, hpo, mesh, more = map(
        open_vocabulary, ("mondo", "hpo", "mesh", "mesh_supplement")
    )
    infarction = mondo.concept(mondo.find("myocardial infarction").numbers[0])
    assert infarction.id == "MONDO:0005068"
    assert "heart attack" in infarction.synonyms
    assert "human disease" in infarction.types
    for system in ("ICD10CM", "SNOMEDCT", "UMLS", "MESH", "DOID"):
        assert infarction.xrefs[system]
    systems = [system for concept in mondo for system in concept.xrefs]
    assert min(map(systems.count, ("ICD10CM", "ICD9CM", "OMIM", "UMLS"))) > 1000
    failure = hpo.concept(hpo.find("Heart failure").numbers[0])
    assert failure.id == "HP:0001635"
    assert "Phenotypic abnormality" in failure.types
    aspirin = mesh.concept(mesh.find("acetylsalicylic acid").numbers[0])
    assert (aspirin.id, aspirin.name) == ("D001241", "Aspirin")
    assert "Chemicals and Drugs" in aspirin.types
    # By MONDO: MeSH's preferred concept has no such name.
    cancer = mesh.concept(mesh.find("breast cancer").numbers[0])
    assert cancer.id == "D001943"
    assert cancer.xrefs["ICD10CM"]
    disease, drug = (
        more.concept(more.find(name).numbers[0])
        for name in ("Norrie disease", "SCH-23390")
    )
    assert (disease.types, drug.types) == (("Diseases",), ("Chemicals and Drugs",))
    assert disease.xrefs["OMIM"] == ["310600"]
    # A systematic name.
    assert not more.find("1,1-dichloro-2,2,2-trifluoroethane").numbers
    assert min(map(len, (mondo, hpo, mesh, more))) > 15_000


def test_shipped_vocabularies_are_unpacked_once(small, monkeypatch):
    vocabulary = open_vocabulary("small")
    assert vocabulary.folder.parent == small
    assert (vocabulary.version, vocabulary.manifest.license) == ("7", "CC0")
    monkeypatch.setattr(store, "build_vocabulary", None)
    assert open_vocabulary("small").find("flu").exact == (0,)
    assert [path.name for path in small.iterdir()] == [vocabulary.folder.name]


@pytest.mark.parametrize("damage", ["cut", "folder", "format"])
def test_unpacked_vocabularies_that_are_damaged_are_unpacked_again(damage, small):
    folder = open_vocabulary("small").folder
    if damage == "cut":
        (folder / "names.bin").write_bytes(b"")
    elif damage == "folder":
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / "left.over").write_text("x")
    else:
        manifest = folder / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 0'))
    open_vocabulary("small").verify()


def _open_in_child(name):
    return str(open_vocabulary(name).folder)


def test_processes_unpack_one_after_the_other(small):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        folders = pool.map(_open_in_child, ["small"] * 8, chunksize=1)
    assert set(folders) == {str(path) for path in small.iterdir()}


def test_folders_that_can_not_be_written_are_an_error(small, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    message = rf"\[C910\].*'small'.*Not a directory.*{CACHE_VARIABLE}"
    with pytest.raises(OSError, match=message):
        open_vocabulary("small")


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/spacy_clinical"),
        ("linux", {"HOME": "/h"}, "/h/.cache/spacy_clinical"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/spacy_clinical"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/spacy_clinical"),
        ("linux", {CACHE_VARIABLE: "~/c", "HOME": "/h"}, "/h/c"),
    ],
)
def test_the_folder_for_caches_is_that_of_the_system(
    platform, variables, folder, small, monkeypatch
):
    for name in (CACHE_VARIABLE, "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    [known] = list_vocabularies()
    assert known.folder.parent == Path(folder) / "vocabularies"


def test_vocabularies_are_found_by_path_and_in_stores(small, monkeypatch, tmp_path):
    source = write_files(tmp_path, {"local.csv": CSV}) / "local.csv"
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
    build_vocabulary([source], tmp_path / "two" / "mine")
    (tmp_path / "one" / "broken").mkdir()
    (tmp_path / "one" / "broken" / "manifest.json").write_text("{")
    stores = os.pathsep.join(str(tmp_path / place) for place in ("one", "two", "none"))
    monkeypatch.setenv(STORE_VARIABLE, stores)
    assert open_vocabulary(tmp_path / "two" / "mine").name == "local"
    assert open_vocabulary("mine").name == "local"
    assert [(known.name, known.is_shipped) for known in list_vocabularies()] == [
        ("small", True),
        ("broken", False),
        ("mine", False),
    ]
    with pytest.raises(ValueError, match=r"\[C906\]"):
        open_vocabulary("broken")
    shutil.move(tmp_path / "two" / "mine", tmp_path / "moved")
    message = rf"\[C909\].*'mine'\. Available: small, broken\..*{STORE_VARIABLE}"
    with pytest.raises(FileNotFoundError, match=message):
        open_vocabulary("mine")
    Vocabulary.open(tmp_path / "moved").verify()
