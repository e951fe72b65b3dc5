"""Vocabularies, the folders that they are in, and how they are built."""

import json
import os
import pickle
import subprocess
import sys
import time
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.filters import make_filters
from spacy_clinical.concepts.folder import MANIFEST
from spacy_clinical.concepts.normalize import normalize_name
from spacy_clinical.concepts.sources.source import Facts
from spacy_clinical.concepts.vocabulary import Vocabulary

ROWS = [
    {
        "id": "D1",
        "name": "Heart Failure",
        "synonyms": ["Cardiac Failure", "Failure, Heart", "heart failure"],
        "types": ["disease", "finding"],
        "definition": "The heart fails.",
        "xrefs": {"ICD10CM": ["I50.9"], "UMLS": ["C0018801", "C0018802"]},
        "other_ids": ["D9", "D2"],
    },
    {"id": "D2", "name": "heart failure", "types": ["finding"]},
    {"id": "D3", "name": "Failures of the Heart"},
    {"id": "D4", "name": "K"},
    {"id": "D5", "name": "心不全", "synonyms": ["ß", "+"]},
    {"id": "D6", "name": "x" * 10_000},
]


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("vocabulary")
    source = write_rows(place / "heart.jsonl", ROWS)
    build_vocabulary([source], place / "made", facts=Facts(version="1.2"))
    return place / "made"


@pytest.fixture
def copy(folder, tmp_path):
    """A copy of the folder, to damage."""
    made = tmp_path / "copy"
    made.mkdir()
    for path in folder.iterdir():
        (made / path.name).write_bytes(path.read_bytes())
    return made


def test_records_have_all_that_the_source_states(folder):
    vocabulary = Vocabulary.open(folder)
    assert (vocabulary.name, vocabulary.version) == ("heart", "1.2")
    assert len(vocabulary) == 6
    concept = vocabulary.concept(0)
    assert concept._asdict() == {
        "id": "D1",
        "name": "Heart Failure",
        "synonyms": ("Cardiac Failure", "Failure, Heart", "heart failure"),
        "types": ("disease", "finding"),
        "definition": "The heart fails.",
        "xrefs": {"ICD10CM": ["I50.9"], "UMLS": ["C0018801", "C0018802"]},
        "other_ids": ("D9", "D2"),
        "is_obsolete": False,
    }
    assert [row.name for row in vocabulary] == [row["name"] for row in ROWS]
    assert [vocabulary.type_names[n] for n in vocabulary.types(1)] == ["finding"]
    for number in (-1, 6):
        with pytest.raises(IndexError):
            vocabulary.concept(number)


def test_names_are_found_as_written_normalized_and_in_other_forms(folder):
    vocabulary = Vocabulary.open(folder)
    # Own names come before synonyms.
    assert vocabulary.find("heart failure") == ((1, 0), (), (2,))
    assert vocabulary.find("Heart Failure") == ((0,), (1,), (2,))
    assert vocabulary.find("HEART-FAILURE") == ((), (0, 1), (2,))
    assert vocabulary.find("heart failures") == ((), (), (0, 1, 2))
    assert vocabulary.find("heart failures").numbers == (0, 1, 2)
    assert vocabulary.find("cardiac failure") == ((), (0,), ())
    for name in ("liver failure", "", " ", "\x00", "-"):
        assert vocabulary.find(name).numbers == ()


def test_short_long_and_foreign_names_are_found(folder):
    vocabulary = Vocabulary.open(folder)
    assert vocabulary.find("K").exact == (3,)
    assert vocabulary.find("k").normalized == (3,)
    assert vocabulary.find("心不全").exact == (4,)
    assert vocabulary.find("+").exact == (4,)
    assert vocabulary.find("x" * 10_000).exact == (5,)


def test_concepts_are_found_by_ids_and_those_from_before(folder):
    vocabulary = Vocabulary.open(folder)
    assert [vocabulary.find_id(key) for key in ("D1", "D9", "D2", "D7")] == [
        0,
        0,
        1,
        None,
    ]


def test_all_names_can_be_indexed_in_other_ways(folder):
    names = Vocabulary.open(folder).names()
    assert len(names.texts) == len(names.concepts) == 11
    assert list(names.texts) == [names.texts[n] for n in range(11)]
    assert names.texts[1] == "Cardiac Failure"
    assert names.concepts.tolist() == [0, 0, 0, 0, 1, 2, 3, 4, 4, 4, 5]


def test_words_are_searched(folder):
    vocabulary = Vocabulary.open(folder)
    assert vocabulary.search("heart fail") == [0, 1, 2]
    assert vocabulary.search("fail", limit=1) == [0]
    assert vocabulary.search("art") == []
    assert vocabulary.search("--") == []


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=12))
def test_every_name_is_found(tmp_path_factory, names):
    place = tmp_path_factory.mktemp("any")
    rows = [{"id": f"x{n}", "name": name} for n, name in enumerate(names)]
    rows.append({"id": "last", "name": "last"})
    build_vocabulary([write_rows(place / "any.jsonl", rows)], place / "made")
    vocabulary = Vocabulary.open(place / "made")
    for concept in vocabulary:
        number = vocabulary.find_id(concept.id)
        assert vocabulary.concept(number) == concept
        assert number in vocabulary.find(concept.name).exact
        found = vocabulary.find(normalize_name(concept.name))
        assert number in found.exact + found.normalized


def test_names_with_the_same_hash_are_told_apart(folder, monkeypatch, tmp_path):
    for module in ("write", "vocabulary"):
        monkeypatch.setattr(
            f"spacy_clinical.concepts.{module}.hash_text", lambda text: 7
        )
    source = write_rows(tmp_path / "heart.jsonl", ROWS)
    build_vocabulary([source], tmp_path / "made")
    vocabulary = Vocabulary.open(tmp_path / "made")
    assert vocabulary.find("HEART-FAILURE") == ((), (0, 1), (2,))
    assert vocabulary.find_id("D9") == 0


def test_the_same_sources_make_the_same_files(folder, tmp_path):
    source = write_rows(tmp_path / "heart.jsonl", ROWS)
    facts = Facts(version="1.2")
    built = build_vocabulary([source], tmp_path / "made", facts=facts)
    assert built.manifest == Vocabulary.open(folder).manifest
    assert (built.n_entries, built.kinds) == (6, ["JSON lines"])
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "made" / path.name).read_bytes()


def test_filters_are_in_the_manifest(tmp_path):
    source = write_rows(tmp_path / "heart.jsonl", ROWS)
    filters = make_filters(types=["Finding"], languages=["en"])
    built = build_vocabulary([source], tmp_path / "made", filters=filters)
    assert built.manifest.n_concepts == 2
    assert built.manifest.filters == {
        "languages": ["en"],
        "types": ["finding"],
        "with_obsolete": False,
    }


def test_filters_that_leave_nothing_are_an_error(tmp_path):
    source = write_rows(tmp_path / "heart.jsonl", ROWS)
    message = r"\[C905\] No concept of 'heart.jsonl'.*6 entries.*types \['drug'\]"
    with pytest.raises(ValueError, match=message):
        build_vocabulary(
            [source], tmp_path / "made", filters=make_filters(types=["drug"])
        )
    assert [path.name for path in tmp_path.iterdir()] == ["heart.jsonl"]


def test_a_build_that_is_stopped_leaves_nothing(tmp_path):
    def stop(steps, label, n_steps):
        for step in steps:
            yield step
            if label == "concepts":
                raise KeyboardInterrupt

    source = write_rows(tmp_path / "heart.jsonl", ROWS)
    with pytest.raises(KeyboardInterrupt):
        build_vocabulary([source], tmp_path / "made", watch=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["heart.jsonl"]


def test_a_folder_that_is_not_empty_is_kept(folder, tmp_path):
    source = write_rows(tmp_path / "heart.jsonl", ROWS)
    with pytest.raises(FileExistsError, match=r"\[C326\]"):
        build_vocabulary([source], folder)
    Vocabulary.open(folder).verify()


def test_pickled_vocabularies_are_opened_again(folder):
    vocabulary = Vocabulary.open(folder)
    data = pickle.dumps(vocabulary)
    assert len(data) < 1000
    assert pickle.loads(data).find("K") == vocabulary.find("K")


def find_in_child(vocabulary):
    return vocabulary.find("heart failure")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_share_a_vocabulary(folder, method):
    with get_context(method).Pool(2) as pool:
        vocabulary = Vocabulary.open(folder)
        found = pool.map(find_in_child, [vocabulary] * 4)
    assert found == [vocabulary.find("heart failure")] * 4


def test_others_may_read_the_folder(folder):
    umask = os.umask(0o077)
    os.umask(umask)
    assert folder.stat().st_mode & 0o777 == 0o777 & ~umask
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o666 & ~umask


# Damage


@pytest.mark.parametrize("place", ["missing", "empty", "file"])
def test_what_is_no_vocabulary_is_an_error(place, tmp_path):
    path = tmp_path / place
    if place == "empty":
        path.mkdir()
    elif place == "file":
        path.write_text("x")
    with pytest.raises(
        ValueError, match=r"\[C906\].*is no vocabulary: manifest.json can't"
    ):
        Vocabulary.open(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.pop("files"),
        lambda values: values.update(n_names="many"),
        lambda values: values.update(n_names=-1),
        lambda values: values.update(name=None),
        lambda values: values.update(sources=["a"]),
        lambda values: values["files"].pop("ids.bin"),
        lambda values: values["files"].update(
            {"../x": {"bytes": 1, "sha256": "0" * 64}}
        ),
        lambda values: values["files"]["ids.bin"].update(sha256="x"),
    ],
)
def test_broken_manifests_are_an_error(change, copy):
    values = json.loads((copy / MANIFEST).read_text())
    change(values)
    (copy / MANIFEST).write_text(json.dumps(values))
    with pytest.raises(ValueError, match=r"\[C906\].*manifest.json is broken"):
        Vocabulary.open(copy)


@pytest.mark.parametrize("text", ["", "[", "[]", "7", "[" * 100_000, "\x00"])
def test_manifests_that_are_no_objects_are_an_error(text, copy):
    (copy / MANIFEST).write_text(text)
    with pytest.raises(ValueError, match=r"\[C906\].*manifest.json is broken"):
        Vocabulary.open(copy)


def test_other_formats_are_an_error(copy):
    values = json.loads((copy / MANIFEST).read_text())
    (copy / MANIFEST).write_text(json.dumps({**values, "format": 99}))
    with pytest.raises(ValueError, match=r"\[C908\].*format 99.*reads the format 1"):
        Vocabulary.open(copy)


def list_files(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)


def test_files_that_are_missing_or_cut_are_an_error(copy):
    names = list_files(copy)
    assert len(names) == 18
    for name in names:
        data = (copy / name).read_bytes()
        (copy / name).unlink()
        with pytest.raises(ValueError, match=rf"\[C907\].*{name}: No such file"):
            Vocabulary.open(copy)
        (copy / name).write_bytes(data[:-1])
        with pytest.raises(
            ValueError, match=rf"\[C907\].*{name} has {len(data) - 1} bytes"
        ):
            Vocabulary.open(copy)
        (copy / name).write_bytes(data)
    Vocabulary.open(copy).verify()


def test_files_that_were_changed_are_found_by_verify(copy):
    for name in list_files(copy):
        data = (copy / name).read_bytes()
        changed = bytearray(data)
        changed[-1] ^= 1
        (copy / name).write_bytes(changed)
        with pytest.raises(ValueError, match=rf"\[C907\].*({name} was changed|fit)"):
            Vocabulary.open(copy).verify()
        (copy / name).write_bytes(data)


def test_look_ups_in_damaged_files_give_a_coded_error_or_other_results(copy):
    for name in list_files(copy):
        data = (copy / name).read_bytes()
        # Behind the head of arrays.
        head = 128 if name.endswith(".npy") else 0
        (copy / name).write_bytes(data[:head] + b"\xff" * (len(data) - head))
        try:
            vocabulary = Vocabulary.open(copy)
            for row in ROWS:
                vocabulary.find(row["name"])
                vocabulary.find_id(row["id"])
            list(vocabulary)
            vocabulary.search("heart")
        except ValueError as error:
            assert "[C907]" in str(error)
        (copy / name).write_bytes(data)


def test_arrays_of_other_types_are_an_error(copy):
    values = json.loads((copy / MANIFEST).read_text())
    np.save(copy / "key_names.npy", np.zeros(11, np.float64))
    size = (copy / "key_names.npy").stat().st_size
    values["files"]["key_names.npy"]["bytes"] = size
    (copy / MANIFEST).write_text(json.dumps(values))
    with pytest.raises(ValueError, match=r"\[C907\].*key_names.npy has another type"):
        Vocabulary.open(copy)


def test_pickles_in_arrays_are_not_loaded(copy):
    values = json.loads((copy / MANIFEST).read_text())
    np.save(copy / "key_names.npy", np.array([print], dtype=object))
    size = (copy / "key_names.npy").stat().st_size
    values["files"]["key_names.npy"]["bytes"] = size
    (copy / MANIFEST).write_text(json.dumps(values))
    with pytest.raises(ValueError, match=r"\[C907\].*key_names.npy can't be read"):
        Vocabulary.open(copy)


# Size


@pytest.mark.slow
def test_many_names_need_little_memory_and_time_to_open(tmp_path):
    """100,000 names: what building adds to memory for 1 million stays under 1 GB."""
    path = tmp_path / "many.csv"
    with path.open("w") as file:
        file.write("id,name,synonyms\n")
        for number in range(50_000):
            file.write(
                f"C{number:07},disease of the kind {number},syndrome {number} of the heart\n"
            )
    code = (
        "import resource, sys\n"
        "from spacy_clinical.concepts.build import build_vocabulary\n"
        "usage = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = usage()\n"
        "build_vocabulary([sys.argv[1]], sys.argv[2])\n"
        "print((usage() - before) / 1024)\n"
    )
    command = [sys.executable, "-c", code, str(path), str(tmp_path / "made")]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(out.stdout) < 100
    start = time.perf_counter()
    vocabulary = Vocabulary.open(tmp_path / "made")
    assert time.perf_counter() - start < 0.3
    assert vocabulary.manifest.n_names == 100_000
    assert vocabulary.find("Syndrome 49999 of the heart").normalized == (49_999,)
