"""Weights on disk: half precision, and embeddings in int8."""

import pickle

import numpy
import pytest
import spacy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import AutoModel
from typer.testing import CliRunner

from spacy_clinical.checkpoints import get_checkpoint
from spacy_clinical.checkpoints.files import MANIFEST, SAFE
from spacy_clinical.cli import app
from spacy_clinical.encoders.loading import load_checkpoint
from spacy_clinical.encoders.settings import EncoderSettings
from spacy_clinical.encoders.shim import EncoderShim
from spacy_clinical.encoders.storage import (
    PACKED,
    pack_table,
    unpack_shapes,
    unpack_table,
)
from spacy_clinical.heads.labels import bio_labels
from spacy_clinical.pieces.batches import Input
from tests.conftest import NOTES
from tests.tiny import BOXED, KINDS, make_token_classifier

INT8 = "int8_embeddings"
TABLE = "embeddings.word_embeddings.weight"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}

    def find(kind):
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            made[kind] = make_token_classifier(folder, kind, bio_labels(["Age"]))
        return made[kind]

    return find


def make_shim(folder, storage=INT8):
    shim = EncoderShim(str(folder), EncoderSettings(storage=storage, precision="fp32"))
    assert shim.loaded
    return shim


@pytest.fixture
def saved(folders, tmp_path):
    """The folder of an encoder with embeddings in int8."""
    make_shim(folders("bert")).save(tmp_path / "saved")
    return tmp_path / "saved"


def load(folder, storage=INT8):
    shim = EncoderShim("loaded", EncoderSettings(storage=storage, precision="fp32"))
    shim.load(folder)
    return shim


def read_sha256(shim):
    return shim.describe()["weights_sha256"]


def read_kind(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata()["format"]


def resave(path, change, kind=PACKED):
    """Write a file of weights again, with other tensors or another format."""
    weights = {key: tensor.clone() for key, tensor in load_file(path).items()}
    change(weights)
    weights = {key: tensor.contiguous() for key, tensor in weights.items()}
    save_file(weights, path, metadata={"format": kind})


NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)
SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=8)


@settings(derandomize=True, deadline=None)
@given(arrays("float32", SHAPES, elements=NUMBERS))
def test_a_table_is_near_what_it_was_and_stays_the_same_when_it_is_packed_again(table):
    # In subnormal numbers, a scale has fewer bits.
    table = torch.from_numpy(numpy.where(numpy.abs(table) < 1e-30, 0, table))
    integers, scales = pack_table(table)
    restored = unpack_table(integers, scales)
    assert ((restored - table).abs() <= 0.5001 * scales.float()).all()
    assert (restored[table == 0] == 0).all()
    for before, after in zip((integers, scales), pack_table(restored), strict=True):
        assert torch.equal(before, after)


def test_narrow_rows_are_packed_one_by_one():
    table = torch.tensor([[127.0, -1.4, 0.6], [0.0, 0.0, 0.0], [-0.5, 0.25, 0.0]])
    integers, scales = pack_table(table)
    assert integers.tolist() == [[127, -1, 1], [0, 0, 0], [-127, 64, 0]]
    assert scales.tolist() == [[1.0], [0.0], [pytest.approx(0.5 / 127, rel=2**-8)]]


def test_wide_rows_are_packed_in_blocks():
    table = torch.ones(3, 192)
    table[1, 64:128] = 0.01
    integers, scales = pack_table(table)
    assert integers.unique().tolist() == [127]
    assert scales.shape == (3, 3)
    assert (scales[1, 1] < 0.0001).item()
    assert unpack_table(integers, scales) == pytest.approx(table, rel=2**-8)
    # No whole number of blocks.
    assert pack_table(torch.ones(3, 100))[1].shape == (3, 1)


@pytest.mark.parametrize("kind", [*KINDS, *BOXED])
def test_half_of_a_small_encoder_is_stored_in_a_byte_a_weight(folders, tmp_path, kind):
    exact = make_shim(folders(kind))
    exact.save(tmp_path / "int8")
    make_shim(folders(kind), "float16").save(tmp_path / "float16")
    sizes = [(tmp_path / k / SAFE).stat().st_size for k in ("int8", "float16")]
    [table] = [
        name for name in load_file(tmp_path / "int8" / SAFE) if name.endswith(".int8")
    ]
    n_rows, width = exact.loaded.model.get_input_embeddings().weight.shape
    # Of two bytes a weight, one is saved, except for two bytes a row.
    saving = n_rows * width - 2 * n_rows
    assert sizes[1] - sizes[0] == pytest.approx(saving, abs=300)
    loaded = load(tmp_path / "int8")
    states = [shim.loaded.model.state_dict() for shim in (exact, loaded)]
    assert list(states[0]) == list(states[1])
    for name, tensor in states[1].items():
        assert tensor.dtype == states[0][name].dtype
        step = tensor.abs().max() / 127
        near = step if name == table.removesuffix(".int8") else 1e-3
        assert (tensor - states[0][name]).abs().max() <= near
    ids = Input(numpy.arange(10, 30), numpy.zeros(0, dtype="int64"), None)
    if kind in BOXED:
        ids = ids._replace(boxes=[[1, 2, 3, 4]] * 20)
    [rows] = [dict(shim.predict([ids]))[0] for shim in (loaded,)]
    [before] = [dict(shim.predict([ids]))[0] for shim in (exact,)]
    assert numpy.abs(rows - before).max() < 0.1


@pytest.mark.parametrize("storage", ["float32", "float16", INT8])
def test_weights_stay_the_same_when_they_are_saved_again(folders, tmp_path, storage):
    shim = make_shim(folders("bert"), storage)
    shim.save(tmp_path)
    loaded = load(tmp_path, storage)
    data = loaded.to_bytes()
    copied = loaded.copy().from_bytes(data)
    assert copied.to_bytes() == data
    pickled = pickle.loads(pickle.dumps(copied))
    digests = {read_sha256(one) for one in (loaded, copied, pickled)}
    assert len(digests) == 1
    assert (digests == {read_sha256(shim)}) == (storage == "float32")
    assert loaded.origin == shim.origin


def test_the_file_says_what_it_is(saved):
    assert read_kind(saved / SAFE) == PACKED
    weights = load_file(saved / SAFE)
    assert weights[f"{TABLE}.int8"].dtype == torch.int8
    assert weights[f"{TABLE}.scales"].dtype == torch.bfloat16
    others = [w.dtype for name, w in weights.items() if TABLE not in name]
    assert set(others) == {torch.float16}


def test_transformers_refuses_what_it_would_misread(saved):
    with pytest.raises((ValueError, OSError), match=r"format|metadata"):
        AutoModel.from_pretrained(saved)


def test_converting_gives_plain_weights_that_transformers_reads(saved):
    before = load(saved)
    result = CliRunner().invoke(app, ["checkpoints", "convert", str(saved)])
    assert result.exit_code == 0, result.output
    assert read_kind(saved / SAFE) == "pt"
    assert (saved / MANIFEST).is_file()
    assert read_sha256(load(saved)) == read_sha256(before)
    plain = AutoModel.from_pretrained(saved, add_pooling_layer=False).state_dict()
    expected = before.loaded.model.state_dict()
    assert all(torch.equal(plain[name], expected[name]) for name in expected)
    result = CliRunner().invoke(app, ["checkpoints", "verify", str(saved)])
    assert result.exit_code == 0, result.output


def test_a_manifest_covers_packed_weights(saved):
    before = (saved / SAFE).read_bytes()
    from spacy_clinical.checkpoints.store import write_manifest

    write_manifest(saved, {"checkpoint": "mine"})
    result = CliRunner().invoke(app, ["checkpoints", "verify", str(saved)])
    assert result.exit_code == 0, result.output
    flipped = bytearray(before)
    flipped[-1] ^= 1
    (saved / SAFE).write_bytes(flipped)
    result = CliRunner().invoke(app, ["checkpoints", "verify", str(saved)])
    assert result.exit_code == 1
    assert "C021" in result.output


def test_a_pipeline_is_stored_in_another_way_by_its_config(folders, tmp_path):
    nlp = spacy.blank("en")
    encoder = {"checkpoint": str(folders("bert")), "storage": INT8}
    nlp.add_pipe("clinical_ner", config={"model": {"encoder": encoder}})
    nlp.initialize()
    nlp.to_disk(tmp_path / "int8")
    small = spacy.load(tmp_path / "int8")
    path = "components.clinical_ner.model.encoder.storage"
    spacy.load(tmp_path / "int8", config={path: "float32"}).to_disk(tmp_path / "plain")
    plain = spacy.load(tmp_path / "plain")
    packed = small.get_pipe("clinical_ner").to_bytes()
    copied = spacy.load(tmp_path / "int8", exclude=["clinical_ner"])
    copied.add_pipe("clinical_ner", config={"model": {"encoder": encoder}})
    copied.get_pipe("clinical_ner").from_bytes(packed)
    for other in (plain, copied):
        shims = [one.get_pipe("clinical_ner").shims[0] for one in (small, other)]
        assert len({read_sha256(shim) for shim in shims}) == 1
        assert str(other(NOTES[0]).ents) == str(small(NOTES[0]).ents)
    # Over the old files, in the same folder.
    plain.to_disk(tmp_path / "int8")
    assert read_kind(tmp_path / "int8/clinical_ner/encoder" / SAFE) == "pt"
    assert spacy.load(tmp_path / "int8").config == plain.config


def test_a_folder_with_packed_weights_is_a_checkpoint(saved):
    loaded = load_checkpoint(get_checkpoint(str(saved)))
    table = loaded.model.get_input_embeddings().weight
    assert table.dtype == torch.float32
    assert torch.equal(table, load(saved).loaded.model.get_input_embeddings().weight)


DAMAGES = {
    "no scales": lambda w: w.pop(f"{TABLE}.scales"),
    "no integers": lambda w: w.pop(f"{TABLE}.int8"),
    "few scales": lambda w: w.update({f"{TABLE}.scales": w[f"{TABLE}.scales"][1:]}),
    "flat scales": lambda w: w.update({f"{TABLE}.scales": w[f"{TABLE}.scales"][:, 0]}),
    "too many scales": lambda w: w.update(
        {f"{TABLE}.scales": w[f"{TABLE}.scales"].repeat(1, 3)}
    ),
    "no scales for rows": lambda w: w.update(
        {f"{TABLE}.scales": w[f"{TABLE}.scales"][:, :0]}
    ),
    "other scales": lambda w: w.update(
        {f"{TABLE}.scales": w[f"{TABLE}.scales"].float()}
    ),
    "other integers": lambda w: w.update(
        {f"{TABLE}.int8": w[f"{TABLE}.int8"].to(torch.uint8)}
    ),
    "both": lambda w: w.update({TABLE: w[f"{TABLE}.int8"].half()}),
    "nan": lambda w: w[f"{TABLE}.scales"].fill_(float("nan")),
    "infinite": lambda w: w[f"{TABLE}.scales"].fill_(float("inf")),
    "negative": lambda w: w[f"{TABLE}.scales"].mul_(-1),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_tables_are_refused(saved, damage):
    resave(saved / SAFE, DAMAGES[damage])
    code = "C004" if damage == "no integers" else r"C003\] .*model.safetensors"
    with pytest.raises(ValueError, match=rf"\[{code}"):
        load(saved)
    result = CliRunner().invoke(app, ["checkpoints", "convert", str(saved)])
    assert result.exit_code == (0 if damage == "no integers" else 1)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.999])
def test_truncated_files_are_refused(saved, share):
    data = (saved / SAFE).read_bytes()
    (saved / SAFE).write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match=r"\[C003\] .*model.safetensors is truncated"):
        load(saved)


@pytest.mark.parametrize(
    "kind", [PACKED.replace("v1", "v2"), "gguf", "PT", "x" * 5000, "\x1b[0m"], ids=repr
)
def test_unknown_storage_is_refused(saved, kind):
    resave(saved / SAFE, lambda weights: None, kind)
    with pytest.raises(ValueError, match=r"\[C868\] .*model.safetensors") as caught:
        load(saved)
    assert len(str(caught.value)) < 400 + len(str(saved))


def test_packed_weights_are_in_one_file(saved):
    (saved / SAFE).rename(saved / "model-00001-of-00001.safetensors")
    index = '{"weight_map": {"x": "model-00001-of-00001.safetensors"}}'
    (saved / f"{SAFE}.index.json").write_text(index)
    with pytest.raises(ValueError, match=r"\[C868\] "):
        load_checkpoint(get_checkpoint(str(saved)))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_not_saved(folders, tmp_path, value):
    shim = make_shim(folders("bert"))
    with torch.no_grad():
        shim.loaded.model.get_input_embeddings().weight[3, 2] = value
    with pytest.raises(ValueError, match=rf"\[C869\] .*{INT8}.*'{TABLE}'"):
        shim.save(tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


TYPES = st.sampled_from(["I8", "BF16", "F16", "U8"])
DIMENSIONS = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple)
NAMES = st.sampled_from(["a", "b"]).flatmap(
    lambda name: st.sampled_from([name, f"{name}.int8", f"{name}.scales", ".int8"])
)


@settings(derandomize=True, deadline=None)
@given(st.dictionaries(NAMES, st.tuples(TYPES, DIMENSIONS), max_size=6))
def test_shapes_are_found_or_refused(shapes):
    try:
        found = unpack_shapes(shapes)
    except ValueError:
        return
    for name, (kind, shape) in shapes.items():
        base = name.removesuffix(".int8")
        if base != name:
            assert kind == "I8"
            assert found[base] == shape
            other, (n_rows, n_blocks) = shapes[f"{base}.scales"]
            assert other == "BF16"
            assert n_rows == shape[0]
            assert shape[1] % n_blocks == 0
