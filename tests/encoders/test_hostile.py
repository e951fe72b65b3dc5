"""Checkpoints that somebody has tampered with: refused with a code, soon, and without
running, reading or writing anything that isn't the checkpoint's."""

import base64
import json
import os
import resource
import shutil
import struct
import time
import zipfile

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Regex, normalizers
from typer.testing import CliRunner

from spacy_clinical.checkpoints import get_checkpoint
from spacy_clinical.checkpoints.files import find_limit
from spacy_clinical.cli import app
from spacy_clinical.encoders.convert import convert_weights
from spacy_clinical.encoders.loading import load_checkpoint
from spacy_clinical.encoders.tokenizer_files import MAX_GROWTH
from tests.tiny import make_bare_bert, make_token_classifier

# Seconds, and bytes beyond what loading takes: far more than is needed.
LIMIT, MEMORY = 20, 2**29
HUGE = 10**12


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    make_bare_bert(root / "bin")
    make_token_classifier(root / "bert", "bert", ["O", "B-Age"])
    make_token_classifier(root / "longformer", "longformer", ["O", "B-Age"])
    return root


@pytest.fixture
def folder(published, tmp_path):
    return shutil.copytree(published / "bert", tmp_path / "copy")


def load(folder):
    return load_checkpoint(get_checkpoint(str(folder)))


def edit(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def refuse(folder, codes, file, *, quoted=()):
    """The folder is refused with one of the codes, naming it and a file, soon."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=rf"\[C({codes})\] ") as caught:
        load(folder)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert time.monotonic() - start < LIMIT
    assert (after - before) * 1024 < MEMORY
    message = str(caught.value)
    assert str(folder) in message
    assert file in message
    assert len(message) < 700 + len(str(folder))
    for text in quoted:
        assert text not in message


CONFIG_VALUES = [
    *({key: value} for key in ("hidden_size", "vocab_size") for value in ("32", 1.5)),
    *({key: 10**9} for key in ("hidden_size", "intermediate_size")),
    *({"vocab_size": value} for value in (HUGE, -1, 0, True, [], {}, 10**300)),
    *({"num_hidden_layers": value} for value in (10**6, 40, 0, -3, "2", HUGE)),
    *({"num_attention_heads": value} for value in (0, 5, -4, HUGE, "4")),
    *({"max_position_embeddings": value} for value in (HUGE, -1, 0, "64", 10**6)),
    {"intermediate_size": 1_000_000},
    {"type_vocab_size": HUGE},
    {"pad_token_id": 10**9},
    {"pad_token_id": -(10**9)},
    {"num_labels": 10**9, "id2label": None},
    {"num_labels": "2", "id2label": None},
    {"id2label": {"x": "O"}},
    {"id2label": ["O", "B-Age"]},
    {"id2label": {"0": "O", "1": ["B"]}},
    {"id2label": {"0": "O", "7": "B-Age"}},
    {"architectures": "BertForTokenClassification"},
    {"architectures": [7]},
    {"hidden_act": "exec"},
    {"hidden_act": 7},
    {"hidden_dropout_prob": 7.0},
    {"hidden_dropout_prob": "0.1"},
    {"layer_norm_eps": "small"},
    {"layer_norm_eps": 10**300},
    {"model_type": 7},
    {"model_type": "../../x"},
    {"model_type": "x" * 10_000},
    {"pruned_heads": {"0": "all"}},
    {"torch_dtype": "exec"},
    {"quantization_config": {"quant_method": "awq"}},
    {"problem_type": "x" * 10_000},
]


@pytest.mark.parametrize("values", CONFIG_VALUES, ids=lambda v: str(v)[:40])
def test_a_config_with_odd_values(folder, values):
    edit(folder / "config.json", **values)
    refuse(folder, "003|004|017", "config.json", quoted=["x" * 1000])


@pytest.mark.parametrize("window", [HUGE, 10**6, [16, 10**6], [16, "x"], "16", 1.5])
def test_a_window_that_would_fill_the_memory(published, tmp_path, window):
    folder = shutil.copytree(published / "longformer", tmp_path / "copy")
    edit(folder / "config.json", attention_window=window)
    refuse(folder, "003", "config.json")


DEEP = 100_000
BYTES = {
    "empty": b"",
    "binary": bytes(range(256)) * 10,
    "no object": b"[]",
    "null": b"null",
    "a number": b"7",
    "deep lists": b'{"a": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep objects": b'{"a": ' * DEEP + b"1" + b"}" * DEEP,
    "never closed": b"[" * DEEP,
    "NaN": b'{"model_type": "bert", "layer_norm_eps": NaN}',
    "infinite": b'{"model_type": "bert", "layer_norm_eps": 1e999}',
    "digits": b'{"model_type": "bert", "vocab_size": ' + b"9" * 10_000 + b"}",
    "twice": b'{"model_type": "bert", "model_type": "bert"}',
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"model_type": "bert"}'.encode("utf-16"),
    "half a pair": b'{"a": "\xed\xa0\x80"}',
}
SETTINGS = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("kind", BYTES)
def test_files_that_are_no_json_objects(folder, name, kind):
    (folder / name).write_bytes(BYTES[kind])
    refuse(folder, "003", name)


@pytest.mark.parametrize("name", [*SETTINGS, "vocab.txt", "model.safetensors"])
def test_files_that_are_too_large_are_not_read(folder, name):
    # A sparse file, which takes no place.
    with (folder / name).open("ab") as file:
        file.truncate(find_limit(name) + 1)
    refuse(folder, "024", name)


@pytest.mark.parametrize("name", [*SETTINGS, "vocab.txt", "model.safetensors"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "loop", "dangling", "device"])
def test_files_that_are_no_files_are_not_waited_for(folder, name, kind):
    path = folder / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        targets = {"loop": name, "dangling": "nothing", "device": "/dev/zero"}
        path.symlink_to(targets[kind])
    refuse(folder, "022", name)


def corrupt_tokenizer(**values):
    def change(tokenizer):
        tokenizer.update(values)

    return change


def replace(content, pattern):
    return {"type": "Replace", "pattern": pattern, "content": content}


EVERY = {"String": "a"}
TWICE = replace("aa", EVERY)
CHARSMAP = struct.pack("<I", 8) + bytes(8) + b"x" * 100_000 + b"\0"
NORMALIZERS = {
    "long": replace("x" * 10**6, EVERY),
    "between": replace("x" * 100, {"Regex": ""}),
    "doubling": {"type": "Sequence", "normalizers": [TWICE] * 40},
    "nested": {
        "type": "Sequence",
        "normalizers": [{"type": "Sequence", "normalizers": [TWICE] * 20}] * 2,
    },
    "prepend": {"type": "Prepend", "prepend": "x" * 10**6},
    "charsmap": {
        "type": "Precompiled",
        "precompiled_charsmap": base64.b64encode(CHARSMAP).decode(),
    },
    "charsmap that is none": {"type": "Precompiled", "precompiled_charsmap": "???"},
    "many": {"type": "Sequence", "normalizers": [{"type": "NFC"}] * 1000},
    "long pattern": replace("x", {"Regex": "(a|b)?" * 10_000}),
}


@pytest.mark.parametrize("kind", NORMALIZERS)
def test_a_normalizer_that_makes_texts_far_longer(folder, kind):
    edit(folder / "tokenizer.json", normalizer=NORMALIZERS[kind])
    refuse(folder, "018|003", "token", quoted=["xxxxxxxxxx"])


def test_normalizers_that_are_published_are_not_refused(folder):
    usual = normalizers.Sequence(
        [
            normalizers.Replace("``", '"'),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.NFKD(),
            normalizers.BertNormalizer(),
        ]
    )
    values = json.loads(usual.__getstate__())
    edit(folder / "tokenizer.json", normalizer=values)
    loaded = load(folder)
    assert loaded.tokenizer.find_growth("\ufdfa") <= MAX_GROWTH


TOKENIZERS = {
    "pattern": {"normalizer": replace("x", {"Regex": "(a"})},
    "kind": {"normalizer": {"type": "Exec"}},
    "model": {"model": {"type": "WordPiece", "vocab": 7}},
    "no model": {"model": None},
    "ids": {"model": {"type": "WordPiece", "vocab": {"a": -1}}},
    "large ids": {"model": {"type": "WordPiece", "vocab": {"a": HUGE}}},
    "version": {"version": {"a": 1}},
    "added": {"added_tokens": [{"id": "x"}]},
    "added id": {
        "added_tokens": [
            {
                **{"id": HUGE, "content": "x", "single_word": False, "lstrip": False},
                **{"rstrip": False, "normalized": False, "special": True},
            }
        ]
    },
    "pre_tokenizer": {"pre_tokenizer": [1, 2]},
    "post_processor": {"post_processor": {"type": "TemplateProcessing"}},
    "normalizer": {"normalizer": 7},
    "truncation": {"truncation": "x"},
}


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_a_tokenizer_with_odd_values(folder, kind):
    edit(folder / "tokenizer.json", **TOKENIZERS[kind])
    refuse(folder, "003|005|018", "tokenizer")


@pytest.mark.parametrize(
    "values",
    [
        {"pad_token": 7},
        {"pad_token": {"a": 1}},
        {"added_tokens_decoder": {"x": {"content": "y"}}},
        {"added_tokens_decoder": [1]},
        {"tokenizer_class": 7},
        {"tokenizer_class": "x" * 10_000},
        {"additional_special_tokens": 7},
    ],
    ids=lambda v: str(v)[:40],
)
def test_a_tokenizer_config_with_odd_values(folder, values):
    edit(folder / "tokenizer_config.json", **values)
    refuse(folder, "003|018|023", "token", quoted=["x" * 1000])


@pytest.mark.parametrize("key", ["vocab_file", "tokenizer_file", "gguf_file"])
def test_a_tokenizer_config_that_names_other_files(published, tmp_path, key):
    """They aren't read: what is beside it is."""
    folder = shutil.copytree(published / "bin", tmp_path / "copy")
    (tmp_path / "secret").write_text("secret\nwords")
    values = {key: str(tmp_path / "secret"), "tokenizer_class": "BertTokenizer"}
    (folder / "tokenizer_config.json").write_text(
        json.dumps({**values, "do_lower_case": False})
    )
    loaded = load(folder)
    assert loaded.tokenizer.encode(["Patient"])[0].tokens == ["Patient"]


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_files_for_versions_of_transformers_are_not_followed(folder, tmp_path, file):
    """Their names stand in other files, and may be paths."""
    stem = file.removesuffix("_config.json").removesuffix(".json")
    other = tmp_path / f"{stem}.4.0.0.json"
    other.write_text('{"model_type": "t5"}')
    keys = {"config": "configuration_files", "tokenizer": "fast_tokenizer_files"}
    edit(folder / file, **{keys[stem]: [f"../{other.name}"]})
    assert load(folder).model.config.model_type == "bert"


@pytest.mark.parametrize(
    "name", ["../out.safetensors", "/out.safetensors", "a/b", "", "..", 7, "x.bin"]
)
def test_an_index_that_names_files_outside(folder, tmp_path, name):
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").rename(tmp_path / "out.safetensors")
    index = {"metadata": {}, "weight_map": dict.fromkeys(weights, name)}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    refuse(folder, "022", "model.safetensors.index.json")


@pytest.mark.parametrize("index", [{}, {"weight_map": []}, {"weight_map": None}])
def test_an_index_that_is_none(folder, index):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    refuse(folder, "003", "model.safetensors.index.json")


def test_weights_with_a_header_that_is_too_long(folder):
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", HUGE) + b"{}")
    refuse(folder, "003", "model.safetensors")


def test_weights_that_would_unpack_to_more(published, tmp_path):
    folder = shutil.copytree(published / "bin", tmp_path / "copy")
    path = folder / "pytorch_model.bin"
    with (
        zipfile.ZipFile(path) as source,
        zipfile.ZipFile(tmp_path / "x", "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name) + bytes(10**6))
    shutil.move(tmp_path / "x", path)
    refuse(folder, "003", "pytorch_model.bin")


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
def test_weights_that_are_one_number_seen_many_times(published, tmp_path):
    """A tensor of a few bytes may say that it has any shape."""
    folder = shutil.copytree(published / "bin", tmp_path / "copy")
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    wide = {
        name: torch.zeros(1).expand([n * 4000 for n in tensor.shape])
        for name, tensor in state.items()
    }
    torch.save(wide, folder / "pytorch_model.bin")
    config = json.loads((folder / "config.json").read_text())
    sizes = (
        "hidden_size",
        "intermediate_size",
        "vocab_size",
        "max_position_embeddings",
    )
    edit(folder / "config.json", **{key: config[key] * 4000 for key in sizes})
    refuse(folder, "003", "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"\[C003\] .*pytorch_model.bin"):
        convert_weights(folder)


def test_an_adapter_to_another_model(folder):
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "x/y"}')
    refuse(folder, "003", "adapter_config.json")


# Code


PROOF = "import pathlib; pathlib.Path(r'{path}').write_text('was run')\n"
OWN = {
    "AutoConfig": "own.OwnConfig",
    "AutoModel": "own.OwnModel",
    "AutoTokenizer": ["own.OwnTokenizer", "own.OwnTokenizer"],
}
CODE = {
    "config": ("config.json", {"model_type": "own", "auto_map": OWN}),
    "config of another": (
        "config.json",
        {"model_type": "own", "auto_map": {"AutoConfig": "a/b--own.OwnConfig"}},
    ),
    "map that is none": ("config.json", {"model_type": "own", "auto_map": "own.Own"}),
    "pipeline": (
        "config.json",
        {"custom_pipelines": {"own": {"impl": "own.Own", "pt": ["AutoModel"]}}},
    ),
    "tokenizer of the config": ("config.json", {"tokenizer_class": "OwnTokenizer"}),
    "tokenizer": (
        "tokenizer_config.json",
        {"tokenizer_class": "OwnTokenizer", "auto_map": OWN},
    ),
    "tokenizer without a class": (
        "tokenizer_config.json",
        {"tokenizer_class": None, "auto_map": {"AutoTokenizer": ["own.T", None]}},
    ),
    "old form": (
        "tokenizer_config.json",
        {"tokenizer_class": None, "auto_map": ["own.OwnTokenizer", None]},
    ),
    "class that is no tokenizer": (
        "tokenizer_config.json",
        {"tokenizer_class": "Trainer"},
    ),
    "path": ("tokenizer_config.json", {"tokenizer_class": "own.OwnTokenizer"}),
}


@pytest.mark.parametrize("kind", CODE)
def test_a_checkpoint_that_needs_its_own_code(folder, tmp_path, kind, monkeypatch):
    file, values = CODE[kind]
    proof = tmp_path / "proof"
    (folder / "own.py").write_text(PROOF.format(path=proof))
    edit(folder / file, **values)

    def ask(*args):
        raise AssertionError("it asks")

    monkeypatch.setattr("builtins.input", ask)
    refuse(folder, "023", file)
    assert not proof.exists()


def test_code_that_is_not_needed_is_passed_over(folder, tmp_path):
    """transformers has code for its type, and a tokenizer of its class."""
    proof = tmp_path / "proof"
    (folder / "own.py").write_text(PROOF.format(path=proof))
    edit(folder / "config.json", auto_map=OWN)
    edit(folder / "tokenizer_config.json", auto_map=OWN)
    assert load(folder).max_pieces == 64
    assert not proof.exists()


def test_nobody_is_asked_whether_to_run_code(folder, tmp_path):
    proof = tmp_path / "proof"
    (folder / "own.py").write_text(PROOF.format(path=proof))
    edit(folder / "config.json", model_type="own", auto_map=OWN)
    for verb in ("convert", "verify"):
        arguments = ["checkpoints", verb, str(folder)]
        done = CliRunner().invoke(app, arguments, input="y\n" * 20)
        assert "y/N" not in done.output
    assert done.exit_code == 1
    assert "C023" in done.stderr
    assert not proof.exists()


# Notes that a tokenizer fails on


def test_a_panic_is_one_note_s_failure(folder):
    """The pattern runs out of the steps that it may take, on some texts."""
    import spacy

    edit(folder / "tokenizer.json", normalizer=replace("b", {"Regex": "(q|qq)+$"}))
    nlp = spacy.blank("en")
    nlp.add_pipe(
        "clinical_ner", config={"model": {"encoder": {"checkpoint": str(folder)}}}
    )
    failed = []
    nlp.set_error_handler(lambda name, proc, docs, error: failed.append(error))
    secret = "q" * 60 + "x"
    docs = list(nlp.pipe(["the patient", secret, "denies pain"]))
    assert [doc._.clinical_error is None for doc in docs] == [True, False, True]
    [error] = failed
    assert str(error).startswith("[C025] ")
    while error is not None:
        assert isinstance(error, ValueError)
        assert "qqq" not in str(error)
        error = error.__cause__ or error.__context__


def test_a_panic_on_plain_words_is_said_at_once(folder):
    pattern = {"Regex": "(?:[!-~]|[!-~]{2})+$(?<=never)"}
    edit(folder / "tokenizer.json", normalizer=replace("b", pattern))
    refuse(folder, "003|018", "token")


@pytest.mark.parametrize("place", ["model.onnx", "onnx/model_quantized.onnx"])
@pytest.mark.parametrize(
    ("source", "original"),
    [("owner/bert", "'owner/bert'"), ("/folder/x", "the model"), (7, "the model")],
)
def test_onnx_exports_name_the_original(folder, place, source, original):
    edit(folder / "config.json", _name_or_path=source)
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).write_bytes(b"\x08\x07")
    load(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=rf"\[C032\] .* Use .*{original}"):
        load(folder)
