"""Rules and settings that come from a file: known ones, of their own kinds."""

import errno
import json
import os

import pytest
import spacy
import srsly

from spacy_clinical.export.docs import load_tokenizer

FILES = {
    "clinical_sentencizer": "cfg",
    "clinical_section_splitter": "rules.json",
}
BYTES = [b"", b"[]", b"7", b"null", b"{", b'{"a": 1}', b"\xff\xfe", b"[" * 100_000]


@pytest.fixture(params=FILES)
def component(request):
    return spacy.blank("en").add_pipe(request.param)


def write(component, folder, change):
    component.to_disk(folder)
    path = folder / FILES[component.name]
    values = json.loads(path.read_text())
    change(values.get("settings", values))
    path.write_text(json.dumps(values))


@pytest.mark.parametrize("data", BYTES, ids=lambda data: repr(data[:20]))
def test_a_file_that_holds_no_settings(component, tmp_path, data):
    component.to_disk(tmp_path / "saved")
    (tmp_path / "saved" / FILES[component.name]).write_bytes(data)
    with pytest.raises(ValueError, match=r"\[C026\] "):
        component.from_disk(tmp_path / "saved")


@pytest.mark.parametrize("key", ["predict", "__class__", "scorer", "titles", "x"])
def test_only_settings_are_set(component, tmp_path, key):
    write(component, tmp_path / "saved", lambda values: values.update({key: "x"}))
    before = dict(vars(component))
    with pytest.raises(ValueError, match=r"\[C026\] "):
        component.from_disk(tmp_path / "saved")
    assert vars(component) == before


@pytest.mark.parametrize("value", ["x", 7, [7], {}, 10**15])
def test_settings_of_another_kind(component, tmp_path, value):
    write(component, tmp_path / "saved", lambda values: values.update(overwrite=value))
    with pytest.raises(ValueError, match=r"\[C026\] .*'overwrite'"):
        component.from_disk(tmp_path / "saved")


@pytest.mark.parametrize("rules", [None, [], {}, {"groups": 7}, {"groups": [{}]}])
def test_titles_that_are_damaged(tmp_path, rules):
    component = spacy.blank("en").add_pipe("clinical_section_splitter")
    saved = {"format": 1, "settings": {}, "titles": rules}
    data = srsly.msgpack_dumps({"rules": srsly.msgpack_dumps(saved)})
    before = component.titles
    with pytest.raises(ValueError, match=r"\[C026\] "):
        component.from_bytes(data)
    assert component.titles is before


@pytest.mark.parametrize("saved", ["abc", 7, None, [7], {"a": "b"}, ["x(" * 5000]])
def test_placeholders_that_are_damaged(saved):
    tokenizer = load_tokenizer().tokenizer
    before = tokenizer.placeholders
    data = {**srsly.msgpack_loads(tokenizer.to_bytes()), "placeholders": saved}
    with pytest.raises(ValueError, match=r"\[C(026|201)\] ") as caught:
        tokenizer.from_bytes(srsly.msgpack_dumps(data))
    assert len(str(caught.value)) < 400
    assert tokenizer.placeholders == before


def test_saving_that_fails_leaves_the_file_of_before(component, tmp_path, monkeypatch):
    component.to_disk(tmp_path / "saved")
    file = tmp_path / "saved" / FILES[component.name]
    before = file.read_bytes()

    def fail(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    component.overwrite = not component.overwrite
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        component.to_disk(tmp_path / "saved")
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]
