import json

import pytest
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.concepts.cache import CACHE_VARIABLE
from spacy_clinical.concepts.store import STORE_VARIABLE
from tests.concepts import releases
from tests.concepts.releases import write_files


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "store"))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))

    def run(*arguments):
        result = CliRunner().invoke(app, ["vocabulary", *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


@pytest.fixture
def umls(run, tmp_path):
    """A vocabulary in the store, which doesn't exist before."""
    source = write_files(tmp_path / "META", releases.UMLS_FILES)
    options = ("--language", "en", "--version", "2024AB")
    result = run("build", source, "--output", tmp_path / "store" / "mine", *options)
    assert result.exit_code == 0, result.stderr
    return result


def test_build_tells_what_it_built(umls):
    rows = dict(line.split(maxsplit=1) for line in umls.stdout.splitlines())
    assert rows["Vocabulary"] == "umls 2024AB"
    assert rows["License"] == "UMLS Metathesaurus License"
    assert (rows["Format"], rows["Concepts"], rows["Names"]) == ("UMLS RRF", "2", "5")


def test_show_tells_version_license_filters_and_digests(umls, run):
    shown = run("show", "mine")
    assert shown.exit_code == 0
    for part in ("2024AB", "languages: ['en']", "MRCONSO.RRF, sha256", "T047"):
        assert part in shown.stdout


def test_list_has_what_ships_and_what_is_in_the_store(umls, run):
    lines = run("list").stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert names == ["hpo", "mentions", "mesh", "mesh_supplement", "mondo", "mine"]
    assert lines[0].endswith("ships")
    assert lines[-1].endswith("store/mine")


def test_search_finds_ids_and_words(umls, run):
    for text in ("C0027051", "heart attack", "myocard inf"):
        found = run("search", "mine", text)
        assert found.exit_code == 0
        assert found.stdout.startswith("C0027051  Myocardial Infarction\n")
        for part in ("names: ", "codes: MESH:D009203", "types: T047", "NECROSIS"):
            assert part in found.stdout
    nothing = run("search", "mine", "no such thing")
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert "No concept of 'mine'" in nothing.stderr
    for text in ("", " ", "--"):
        empty = run("search", "mine", "--", text)
        assert empty.exit_code == 2
        assert "[C884]" in empty.stderr


def test_verify_finds_what_was_changed(umls, run, tmp_path):
    assert "mine: matches its manifest" in run("verify", "mine").stdout
    path = tmp_path / "store" / "mine" / "names.bin"
    path.write_bytes(path.read_bytes().swapcase())
    result = run("verify", "mine", "none")
    assert result.exit_code == 1
    assert "[C907]" in result.stderr
    assert "names.bin was changed" in result.stderr
    assert "[C909]" in result.stderr


def test_several_sources_are_joined(run, tmp_path):
    write_files(tmp_path, {"mesh.tsv": releases.MESH_TABLE, "hp.obo": releases.OBO})
    sources = tmp_path / "mesh.tsv", tmp_path / "hp.obo"
    output = tmp_path / "out"
    built = run(
        "build", *sources, "--output", output, "--join", "MESH", "--name", "both"
    )
    assert built.exit_code == 0, built.stderr
    found = run("search", output, "Congestive heart failure")
    assert found.stdout.startswith("D006333  Heart Failure\n")
    assert json.loads((output / "manifest.json").read_text())["joined_by"] == "MESH"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("none.obo",), "C302"),
        (("a.bin",), "C900"),
        (("META", "--type", "T999"), "C905"),
        (("META", "--source", "RXNORM"), "C905"),
    ],
)
def test_what_can_not_be_built_is_told(arguments, code, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "META", releases.UMLS_FILES)
    write_files(tmp_path, {"a.bin": "any"})
    result = run("build", *arguments, "--output", "out")
    assert result.exit_code == 2
    assert f"[{code}]" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["META", "a.bin"]


def test_a_folder_with_files_is_not_written_to(run, tmp_path):
    write_files(tmp_path, {"hp.obo": releases.OBO, "out/mine.txt": "mine"})
    result = run("build", tmp_path / "hp.obo", "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert "[C326]" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_control_characters_do_not_reach_the_terminal(run, tmp_path):
    text = "id,name\n1,\x1b[31mred\x07 \u202eflu\n"
    write_files(tmp_path, {"a.csv": text})
    run("build", tmp_path / "a.csv", "--output", tmp_path / "out")
    found = run("search", tmp_path / "out", "flu").stdout
    assert found == "1  [31mred flu\n"


def test_control_characters_of_other_programs_do_not_either(umls, run, tmp_path):
    path = tmp_path / "store" / "mine" / "manifest.json"
    path.write_text(path.read_text().replace("2024AB", "\\u001b[31m"))
    for command in (["list"], ["show", "mine"]):
        shown = run(*command)
        assert shown.exit_code == 0
        assert "?[31m" in shown.stdout
        assert "\x1b" not in shown.stdout
    path = tmp_path / "store" / "mine" / "names.bin"
    path.write_bytes(path.read_bytes().replace(b"Heart", b"\x1b[31m"))
    found = run("search", "mine", "C0027051").stdout
    assert "?[31m attack" in found
    assert "\x1b" not in found
