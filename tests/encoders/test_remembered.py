"""What was found out about a processor: known to the next process, and never believed."""

import json
import os
import subprocess
import sys

import numpy
import pytest
import spacy
import torch

from spacy_clinical.architectures import parity
from spacy_clinical.encoders import remembered, rows
from spacy_clinical.encoders import runtime as runtime_module
from spacy_clinical.encoders.forward.linear import FrozenLinear
from spacy_clinical.encoders.remembered import recall, remember
from spacy_clinical.encoders.rows import RowRule, find_row_rule
from spacy_clinical.files.cache import CACHE_VARIABLE
from spacy_clinical.heads.labels import bio_labels
from tests.tiny import make_token_classifier

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bert")
    return make_token_classifier(folder, "bert", bio_labels(["Age", "Drug"]))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(remembered, "find_cache", lambda: tmp_path)
    return tmp_path / "processors"


@pytest.fixture
def nlp(checkpoint, monkeypatch):
    monkeypatch.setattr(runtime_module, "prefers_bfloat16", lambda device: True)
    nlp = spacy.blank("en")
    encoder = {"checkpoint": str(checkpoint), "precision": "auto"}
    nlp.add_pipe("clinical_ner", config={"model": {"encoder": encoder}})
    nlp.initialize()
    return nlp


@pytest.fixture
def probes(monkeypatch):
    """How often the note was read to compare precisions."""
    read = []
    agrees = parity.are_same

    def are_same(expected, found):
        read.append(len(expected))
        return agrees(expected, found)

    monkeypatch.setattr(parity, "are_same", are_same)
    return read


def get_runtime(nlp):
    return nlp.get_pipe("clinical_ner").model.get_ref("encoder").shims[0].runtime


def read_again(nlp, tmp_path):
    """As the next process has it: loaded from disk."""
    nlp.to_disk(tmp_path / "saved")
    again = spacy.load(tmp_path / "saved")
    again("The patient denies fever.")
    return again


def test_facts_are_known_again():
    remember("kind", (1, "a"), CPU, [64, 0])
    assert recall("kind", (1, "a"), CPU) == [64, 0]
    assert recall("kind", (1, "b"), CPU) is None
    assert recall("other", (1, "a"), CPU) is None


def test_facts_are_those_of_a_processor_and_its_libraries(monkeypatch):
    remember("kind", (), CPU, True)
    with monkeypatch.context() as patch:
        patch.setattr(remembered, "describe_processor", lambda device: "another")
        assert recall("kind", (), CPU) is None
    for target, value in (("torch.__version__", "0"), ("os.cpu_count", lambda: 77)):
        with monkeypatch.context() as patch:
            patch.setattr(target, value)
            assert recall("kind", (), CPU) is None
    with monkeypatch.context() as patch:
        patch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
        assert recall("kind", (), CPU) is None
    assert recall("kind", (), CPU) is True


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[1, 2", b"1" * 20_000])
def test_broken_files_are_as_if_they_were_not_there(cache, data):
    remember("kind", (), CPU, True)
    [path] = cache.iterdir()
    path.write_bytes(data)
    assert recall("kind", (), CPU) is None
    remember("kind", (), CPU, False)
    assert recall("kind", (), CPU) is False


def test_a_folder_that_can_not_be_written_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("x")
    monkeypatch.setattr(remembered, "find_cache", lambda: tmp_path / "file" / "cache")
    remember("kind", (), CPU, True)
    assert recall("kind", (), CPU) is None


def test_files_are_their_owners_and_say_nothing_of_notes(nlp, cache):
    nlp("Mr. Quill denies fever.")
    for path in cache.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        assert len(path.read_bytes()) < 30


def test_precisions_are_compared_once_for_the_same_weights(nlp, probes, tmp_path):
    nlp("The patient denies fever.")
    assert len(probes) == 1
    again = read_again(nlp, tmp_path)
    assert len(probes) == 1
    assert get_runtime(again).dtype == get_runtime(nlp).dtype
    # Other weights of the head are other weights.
    layer = again.get_pipe("clinical_ner").model.get_ref("output_layer")
    layer.set_param("b", layer.get_param("b") + 1)
    read_again(again, tmp_path)
    assert len(probes) == 2


@pytest.mark.parametrize("value", [1, "true", None, [True], {}])
def test_what_is_no_answer_is_not_believed(nlp, probes, cache, tmp_path, value):
    nlp("The patient denies fever.")
    [path] = cache.glob("precision-*")
    path.write_text(json.dumps(value))
    read_again(nlp, tmp_path)
    assert len(probes) == 2


@pytest.mark.parametrize("known", [[3, 0], [64], [64, 7], "64", [-1, 0], [64, 2048]])
def test_rules_that_can_not_be_are_tried_again(monkeypatch, cache, known):
    monkeypatch.setattr(rows, "_RULES", {})
    product = FrozenLinear(torch.nn.Linear(16, 8), torch.float32)
    expected = find_row_rule([product], most=256)
    [path] = cache.iterdir()
    assert RowRule(*json.loads(path.read_text())) == expected
    path.write_text(json.dumps(known))
    monkeypatch.setattr(rows, "_RULES", {})
    assert find_row_rule([product], most=256) == expected


def test_rules_are_tried_once(monkeypatch):
    product = FrozenLinear(torch.nn.Linear(16, 8), torch.float32)
    tried = []
    monkeypatch.setattr(rows, "_try_out", lambda *args: tried.append(1) or RowRule(64))
    for _ in range(3):
        monkeypatch.setattr(rows, "_RULES", {})
        assert find_row_rule([product], most=256) == RowRule(64)
    assert tried == [1]


TYPES = """
import sys, spacy_clinical
nlp = spacy_clinical.load()
nlp("Fever.")
print(sum(n.startswith("transformers.models.") and ".configuration_" in n for n in sys.modules))
"""


def test_loading_does_not_import_all_types_of_models(tmp_path):
    environment = {**os.environ, CACHE_VARIABLE: str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", TYPES], capture_output=True, text=True, env=environment
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 40
    assert numpy.all([p.suffix == ".json" for p in (tmp_path / "processors").iterdir()])
