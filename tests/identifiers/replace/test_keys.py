"""Keys are secret, and the same key always says the same."""

import pickle
import subprocess
import sys

import pytest

from spacy_clinical.errors import CodedWarning
from spacy_clinical.identifiers.replace.keys import (
    KEY_VARIABLE,
    Key,
    load_key,
    make_key,
)

SECRET = b"0123456789abcdef0123456789abcdef"


def test_keys_come_from_a_file_or_the_environment(tmp_path, monkeypatch):
    path = tmp_path / "key"
    path.write_bytes(SECRET + b"\n")
    expected = Key(SECRET).draw("a")
    assert load_key(path).draw("a") == expected
    monkeypatch.setenv(KEY_VARIABLE, SECRET.decode())
    assert load_key().draw("a") == expected
    assert load_key(path).sign() == load_key().sign() != make_key().sign()


def test_without_a_key_a_random_one_is_used_and_said(monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.warns(CodedWarning, match=rf"\[W890\].*random.*{KEY_VARIABLE}"):
        first = load_key()
    with pytest.warns(CodedWarning, match=r"\[W890\]"):
        assert load_key().draw("a") != first.draw("a")


@pytest.mark.parametrize("value", ["", "short", " " * 40])
def test_wrong_keys_are_refused(value, tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, value)
    with pytest.raises(ValueError, match=rf"\[C891\].*{KEY_VARIABLE}.*bytes"):
        load_key()
    path = tmp_path / "key"
    path.write_text(value)
    with pytest.raises(ValueError, match=r"\[C891\].*key'.*bytes"):
        load_key(path)


def test_keys_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\[C891\].*No such file"):
        load_key(tmp_path / "none")
    with pytest.raises(ValueError, match=r"\[C891\].*directory"):
        load_key(tmp_path)
    (tmp_path / "key").write_bytes(b"x" * 5000)
    with pytest.raises(ValueError, match=r"\[C891\].*more than 4096"):
        load_key(tmp_path / "key")
    with pytest.raises(ValueError, match=r"\[C891\].*7 bytes"):
        Key(b"x" * 7)


def test_keys_do_not_show():
    key = Key(SECRET)
    assert SECRET.decode() not in f"{key!r} {key!s} {key.sign()}"
    assert pickle.loads(pickle.dumps(key)).draw("a") == key.draw("a")


def test_texts_are_told_apart():
    key = Key(SECRET)
    assert key.draw("a", "bc") != key.draw("ab", "c") != key.draw("a\0bc")
    assert key.draw("\ud800") != key.draw("\ud801")


def test_other_processes_draw_the_same():
    code = f"from spacy_clinical.identifiers.replace.keys import Key; print(Key({SECRET!r}).draw('a'))"
    run = [sys.executable, "-c", code]
    printed = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert int(printed) == Key(SECRET).draw("a")
