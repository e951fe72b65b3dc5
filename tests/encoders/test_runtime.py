import os
import pickle
from pathlib import Path

import numpy
import pytest
import spacy
import torch

from spacy_clinical.architectures.parity import read_probe, settle_precision
from spacy_clinical.encoders import runtime as runtime_module
from spacy_clinical.encoders.forward.packed import PackedEncoder
from spacy_clinical.encoders.forward.precision import prefers_bfloat16
from spacy_clinical.heads.labels import bio_labels
from spacy_clinical.pieces.batches import Input
from tests.conftest import NOTES, add_ner
from tests.tiny import make_token_classifier

ROOT = Path(__file__).parents[2]
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
LENGTHS = [1, 2, 9, 9, 30, 62]


@pytest.fixture(scope="module", params=["bert", "deberta"])
def shim(request, tmp_path_factory):
    """The encoder of one architecture that is packed and of one that is padded."""
    folder = tmp_path_factory.mktemp(request.param)
    make_token_classifier(folder, request.param, bio_labels(["Age"]))
    nlp = add_ner(spacy.blank("en"), folder)
    nlp.initialize()
    return nlp.get_pipe("clinical_ner").shims[0]


@pytest.fixture(params=DEVICES)
def runtime(request, shim):
    model = shim.loaded.model.to(request.param)
    yield runtime_module.Runtime(model, pad_id=shim.loaded.tokenizer.pad_id)
    model.to("cpu")


@pytest.fixture
def inputs():
    rng = numpy.random.default_rng(0)
    none = numpy.zeros(0, dtype="int64")
    return [Input(rng.integers(10, 60, size=n), none) for n in LENGTHS]


def test_predict_gives_each_sequence_its_rows(runtime, inputs):
    together = dict(runtime.predict(inputs))
    assert [together[i].shape for i in range(len(inputs))] == [(n, 32) for n in LENGTHS]
    for i, one in enumerate(inputs):
        [(_, alone)] = runtime.predict([one])
        assert together[i] == pytest.approx(alone, abs=1e-5)
    plain = runtime.model(torch.from_numpy(inputs[4].ids)[None].to(runtime.device))
    expected = plain.last_hidden_state[0].detach().cpu().numpy()
    assert together[4] == pytest.approx(expected, abs=1e-5)


def test_bfloat16_is_near_float32(runtime, inputs):
    exact = dict(runtime.predict(inputs))
    with runtime.computing_in("bf16"):
        assert runtime.dtype == torch.bfloat16
        near = dict(runtime.predict(inputs))
    for i, rows in exact.items():
        assert near[i].dtype == numpy.float32
        difference = numpy.abs(near[i] - rows).max()
        assert 0 < difference < 0.1


def limit_memory(monkeypatch, runtime, n_pieces):
    """Let a pass through the encoder fail that has more pieces."""
    encode = runtime._get_encoder
    sizes = []

    def get_limited(dtype):
        def limited(inputs):
            sizes.append(sum(len(i.ids) for i in inputs))
            if sizes[-1] > n_pieces:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you")
            return encode(dtype)(inputs)

        return limited

    monkeypatch.setattr(runtime, "_get_encoder", get_limited)
    return sizes


def test_batches_are_halved_until_they_fit(runtime, inputs, monkeypatch):
    expected = dict(runtime.predict(inputs))
    sizes = limit_memory(monkeypatch, runtime, 64)
    for _ in range(2):
        found = dict(runtime.predict(inputs))
        for i, rows in expected.items():
            assert found[i] == pytest.approx(rows, abs=1e-5)
    # What was learned the first time is kept.
    assert sizes[0] == sum(LENGTHS)
    assert sizes.count(sum(LENGTHS)) == 1


def test_batches_are_halved_in_training_too(runtime, inputs, monkeypatch):
    sizes = limit_memory(monkeypatch, runtime, 64)
    outputs, backprop = runtime.begin_update(inputs, mixed_precision=False)
    assert len(sizes) > 2
    backprop([numpy.ones_like(rows) for rows in outputs])
    gradients = [p.grad for p in runtime.model.parameters() if p.grad is not None]
    assert any(float(g.abs().sum()) > 0 for g in gradients)
    runtime.model.zero_grad()


def test_one_window_too_large_for_memory(runtime, inputs, monkeypatch):
    limit_memory(monkeypatch, runtime, 40)
    with pytest.raises(MemoryError, match=r"\[C015\] .* window of 62 wordpieces"):
        dict(runtime.predict(inputs))


def test_other_errors_are_not_mistaken_for_a_lack_of_memory(runtime, monkeypatch):
    def fail(dtype):
        raise RuntimeError("something else")

    monkeypatch.setattr(runtime, "_get_encoder", fail)
    none = numpy.zeros(0, dtype="int64")
    with pytest.raises(RuntimeError, match="something else"):
        dict(runtime.predict([Input(numpy.asarray([11, 12]), none)]))


def test_bfloat16_only_where_the_labels_agree(runtime, monkeypatch):
    doc = read_probe()
    labels = {torch.float32: 0, torch.bfloat16: 0}

    def label(doc):
        found = numpy.zeros(len(doc))
        found[: labels[runtime.dtype]] = 1
        return found

    monkeypatch.setattr(runtime_module, "prefers_bfloat16", lambda device: False)
    settle_precision(runtime, label)
    assert runtime.dtype == torch.float32
    monkeypatch.setattr(runtime_module, "prefers_bfloat16", lambda device: True)
    labels[torch.bfloat16] = int(0.004 * len(doc))
    settle_precision(runtime, label)
    assert runtime.dtype == torch.bfloat16
    # Not asked again until the weights change.
    labels[torch.bfloat16] = int(0.02 * len(doc))
    settle_precision(runtime, label)
    assert runtime.dtype == torch.bfloat16
    runtime.forget()
    assert runtime.dtype == torch.float32
    settle_precision(runtime, label)
    assert runtime.dtype == torch.float32
    assert not runtime.is_open


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        ({}, False),
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": True}, True),
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": False}, False),
        ({"cpu_name": "AMD EPYC", "avx512_bf16": True}, True),
        ({"cpu_name": "AMD EPYC", "avx512_bf16": False}, False),
    ],
)
def test_the_processor_is_asked_for_its_units(processor, expected, monkeypatch):
    name = "spacy_clinical.encoders.forward.precision.read_processor"
    monkeypatch.setattr(name, lambda: processor)
    assert prefers_bfloat16(torch.device("cpu")) is expected


def test_predictions_follow_the_weights(shim, inputs):
    before = dict(shim.runtime.predict(inputs))
    parameters = dict(shim.loaded.model.named_parameters())
    name = next(n for n in parameters if n.endswith("intermediate.dense.weight"))
    other = {(shim.id, name): parameters[name].detach().numpy() * -3}
    with shim.use_params(other):
        averaged = dict(shim.runtime.predict(inputs))
    after = dict(shim.runtime.predict(inputs))
    assert numpy.abs(averaged[4] - before[4]).max() > 1e-4
    assert after[4] == pytest.approx(before[4], abs=1e-6)


def test_packed_weights_are_not_pickled(shim, inputs):
    expected = dict(shim.runtime.predict(inputs))
    copied = pickle.loads(pickle.dumps(shim.runtime))
    found = dict(copied.predict(inputs))
    assert found[5] == pytest.approx(expected[5], abs=1e-5)


def test_known_architectures_need_no_padding(shim):
    is_bert = shim.loaded.model.config.model_type == "bert"
    assert shim.runtime.is_packed is is_bert
    kind = type(shim.runtime._get_encoder(torch.float32))
    assert (kind is PackedEncoder) is is_bert


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_workers_find_the_weights_in_order(tmp_path):
    folder = make_token_classifier(tmp_path / "bert", "bert", bio_labels(["Age"]))
    nlp = add_ner(spacy.blank("en"), folder)
    nlp.initialize()
    nlp.to_disk(tmp_path / "saved")
    nlp = spacy.load(tmp_path / "saved")
    runtime = nlp.get_pipe("clinical_ner").shims[0].runtime
    runtime.precision = "fp32"
    assert len(runtime._encoders) == 0
    worker = os.fork()
    if not worker:
        # What the child finds is what its parent has: nothing is ordered in it anew.
        os._exit(len(runtime._encoders))
    _, status = os.waitpid(worker, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    assert len(nlp(NOTES[0])) > 0


def test_weights_are_a_mapped_file(shim, tmp_path):
    shim.save(tmp_path / "saved")
    shim.load(tmp_path / "saved")
    place = shim.loaded.model.embeddings.word_embeddings.weight.data_ptr()
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    for line in maps.read_text().splitlines():
        where, *_, name = line.split(maxsplit=5)
        start, stop = (int(part, 16) for part in where.split("-"))
        if start <= place < stop:
            assert name.endswith("model.safetensors")
            break
    # The folder that a pipeline was read from can be written again.
    shim.save(tmp_path / "saved")
    shim.load(tmp_path / "saved")
