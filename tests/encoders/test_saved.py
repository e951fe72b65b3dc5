"""What a saved pipeline's bytes and folders may hold."""

import errno
import gc
import json
import os
import shutil
from pathlib import Path

import pytest
import spacy
import srsly
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_clinical.architectures.encoder import get_shim
from spacy_clinical.checkpoints.files import SAVED, is_plain_name
from tests.tiny import make_token_classifier

NAMES = [
    *("../../x", "/abs/x", "a/b", "..", ".", "", "config.json\0", "config.json/"),
    *("./config.json", "..\\x", "C:x", "C:\\x", "\\\\host\\x", "~", "~/x", "%00"),
    *("CONFIG.JSON", "config.json ", "model.py", "modeling_own.py", "conf\u0131g.json"),
    *("pytorch_model.bin", "model-00001-of-00002.safetensors", "x" * 5000),
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "bert"
    return make_token_classifier(folder, "bert", ["O", "B-Age", "I-Age"])


@pytest.fixture(scope="module")
def nlp(checkpoint):
    nlp = spacy.blank("en")
    encoder = {"checkpoint": str(checkpoint), "precision": "fp32"}
    nlp.add_pipe("clinical_ner", config={"model": {"encoder": encoder}})
    nlp.initialize()
    return nlp


@pytest.fixture
def shim(nlp):
    return get_shim(nlp.get_pipe("clinical_ner").model.get_ref("encoder")).copy()


@pytest.fixture
def no_file_is_written(monkeypatch):
    def refuse(self, *args, **kwargs):
        raise AssertionError(f"{self.name} is written")

    monkeypatch.setattr(Path, "write_bytes", refuse)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:30])
@pytest.mark.usefixtures("no_file_is_written")
def test_only_the_files_of_an_encoder_are_taken_from_bytes(shim, name):
    files = {**srsly.msgpack_loads(shim.to_bytes()), name: b"x"}
    with pytest.raises(ValueError, match=r"\[C022\] ") as caught:
        shim.from_bytes(srsly.msgpack_dumps(files))
    assert len(str(caught.value)) < 500 + len(shim.name)


@pytest.mark.parametrize(
    "files",
    [
        *([], ["config.json"], 7, None, "config.json", b"x"),
        {"config.json": "text"},
        {"config.json": None},
        {"config.json": ["a"]},
        {7: b"x"},
        {None: b"x"},
        {b"config.json": b"x"},
    ],
    ids=repr,
)
@pytest.mark.usefixtures("no_file_is_written")
def test_what_is_no_dictionary_of_files_is_refused(shim, files):
    with pytest.raises(ValueError, match=r"\[C022\] "):
        shim.from_bytes(srsly.msgpack_dumps(files))


@pytest.mark.parametrize(
    "data",
    [
        b"\xdf\xff\xff\xff\xff",
        b"\x81\xabconfig.json\xc6\xff\xff\xff\xff",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 10_000,
        b"\xc1",
        b"not msgpack",
        b"\x80\x80",
    ],
    ids=lambda data: repr(data[:10]),
)
@pytest.mark.usefixtures("no_file_is_written")
def test_bytes_that_are_broken_or_claim_to_be_huge(shim, data):
    with pytest.raises(ValueError, match=r"\[C022\] "):
        shim.from_bytes(data)
    assert gc.isenabled()


@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.recursive(
        st.none() | st.integers(-(2**63), 2**63) | st.binary() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=20), inner, max_size=3)
        ),
    )
)
def test_any_bytes_are_refused_with_a_code(shim, value):
    data = srsly.msgpack_dumps(value)
    with pytest.raises(ValueError, match=r"\[C0\d\d\] "):
        shim.from_bytes(data)


@given(st.text(max_size=30))
@settings(derandomize=True)
def test_a_plain_name_stays_in_its_folder(name):
    if is_plain_name(name):
        root = Path("/a/folder")
        assert Path(os.path.normpath(root / name)).parent == root
        assert not {"/", "\\", ":", "\0"} & set(name)


def test_all_that_is_saved_is_taken(shim, nlp, tmp_path):
    shim.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= SAVED
    data = shim.to_bytes()
    assert shim.copy().from_bytes(data).to_bytes() == data


@pytest.mark.parametrize("kind", ["out", "up", "folder", "pipe"])
@pytest.mark.parametrize("name", ["vocab.txt", "model.safetensors", "origin.json"])
def test_links_out_of_a_saved_pipeline_are_not_followed(nlp, tmp_path, name, kind):
    nlp.to_disk(tmp_path / "saved")
    folder = tmp_path / "saved" / "clinical_ner" / "encoder"
    if not (folder / name).exists():
        (folder / name).write_text("x")
    (folder / name).rename(tmp_path / name)
    if kind == "pipe":
        if name == "origin.json":
            pytest.skip("no file means no encoder")
        os.mkfifo(folder / name)
    elif kind == "folder":
        shutil.move(folder, tmp_path / "elsewhere")
        (tmp_path / "elsewhere" / name).symlink_to(tmp_path / name)
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        up = "../" * 3
        target = {"out": tmp_path / name, "up": up + name}[kind]
        (folder / name).symlink_to(target)
    with pytest.raises(ValueError, match=rf"\[C022\] .*{name}"):
        spacy.load(tmp_path / "saved")


@pytest.mark.parametrize(
    "origin",
    [
        *({}, {"max_pieces": "64"}, {"max_pieces": -1}, {"max_pieces": True}),
        *({"max_pieces": 10**12}, {"max_pieces": 64, "revision": ["x"]}),
        {"max_pieces": 64, "checkpoint": "x" * 10_000},
    ],
    ids=lambda origin: str(origin)[:40],
)
def test_an_origin_with_odd_values(nlp, tmp_path, origin):
    nlp.to_disk(tmp_path / "saved")
    path = tmp_path / "saved" / "clinical_ner" / "encoder" / "origin.json"
    path.write_text(json.dumps(origin))
    with pytest.raises(ValueError, match=r"\[C003\] .*origin.json"):
        spacy.load(tmp_path / "saved")


CFG = [b"", b"[]", b"7", b"{", b'{"columns": 7}', b'{"columns": [7]}', b"[" * 100_000]


@pytest.mark.parametrize("cfg", CFG, ids=lambda cfg: repr(cfg[:20]))
def test_a_component_s_saved_values_are_checked(nlp, cfg, tmp_path):
    component = nlp.get_pipe("clinical_ner")
    before = dict(component.cfg)
    nlp.to_disk(tmp_path / "saved")
    (tmp_path / "saved" / "clinical_ner" / "cfg").write_bytes(cfg)
    with pytest.raises(ValueError, match=r"\[C026\] .*'clinical_ner'"):
        spacy.load(tmp_path / "saved")
    data = {**srsly.msgpack_loads(component.to_bytes()), "cfg": cfg}
    with pytest.raises(ValueError, match=r"\[C026\] .*'clinical_ner'"):
        component.from_bytes(srsly.msgpack_dumps(data))
    assert component.cfg == before


@pytest.mark.parametrize("step", ["config", "weights", "tokenizer"])
def test_saving_that_fails_leaves_the_files_of_before(
    shim, tmp_path, monkeypatch, step
):
    folder = tmp_path / "encoder"
    shim.save(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if step == "config":
        monkeypatch.setattr(type(shim.loaded.model.config), "save_pretrained", fail)
    elif step == "weights":
        monkeypatch.setattr("spacy_clinical.encoders.shim.save_file", fail)
    else:
        monkeypatch.setattr(type(shim.loaded.tokenizer), "save", fail)
    shim.origin = {**shim.origin, "revision": "other"}
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        shim.save(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert list(tmp_path.iterdir()) == [folder]


def test_other_files_in_the_folder_stay(shim, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    shim.save(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert (tmp_path / "model.safetensors").is_file()
