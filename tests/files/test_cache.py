"""Folders in the cache: opened, made once, made again where they are damaged."""

import pytest

from spacy_clinical.errors import Errors
from spacy_clinical.files.atomic import fill_folder
from spacy_clinical.files.cache import CACHE_VARIABLE, open_or_make


def read(folder):
    text = (folder / "file").read_text()
    if text != "whole":
        raise ValueError
    return text


@pytest.fixture
def made():
    """How often the folder was made."""
    return []


@pytest.fixture
def make(made):
    def make_folder(folder):
        made.append(folder.name)
        with fill_folder(folder) as part:
            (part / "file").write_text("whole")

    return make_folder


def open_it(folder, make):
    return open_or_make(folder, "x", read, make, message=Errors.C923)


def test_makes_a_folder_once(tmp_path, make, made):
    folder = tmp_path / "cache" / "one"
    assert [open_it(folder, make) for _ in range(3)] == ["whole"] * 3
    assert made == ["one"]


def test_makes_a_damaged_one_again(tmp_path, make, made):
    folder = tmp_path / "one"
    open_it(folder, make)
    (folder / "file").write_text("half")
    assert open_it(folder, make) == "whole"
    assert made == ["one"] * 2


def test_another_process_may_have_made_it_meanwhile(tmp_path, make, made, monkeypatch):
    folder = tmp_path / "one"

    class Lock:
        def __init__(self, *args, **kwargs):
            pass

        def __enter__(self):
            make(folder)

        def __exit__(self, *args):
            pass

    monkeypatch.setattr("spacy_clinical.files.cache.FolderLock", Lock)
    assert open_it(folder, make) == "whole"
    assert made == ["one"]


def test_says_where_it_can_not_be_made(tmp_path, make):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=rf"C923.*'x'.*Not a directory.*{CACHE_VARIABLE}"):
        open_it(tmp_path / "file" / "caches" / "one", make)


def test_faults_of_what_makes_it_are_not_hidden(tmp_path):
    def fail(folder):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        open_it(tmp_path / "one", fail)
