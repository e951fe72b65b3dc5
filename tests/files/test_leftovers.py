"""Temporary files that killed runs leave, and those that somebody works on."""

import fcntl
import os
import time

import pytest

from spacy_clinical.files import leftovers
from spacy_clinical.files.atomic import fill_folder, open_atomic
from spacy_clinical.files.lock import FolderLock

NAME = ".out.jsonl.k3x9ab_2"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_run_left_goes_with_the_next(tmp_path):
    (tmp_path / NAME).write_text("text of a note")
    (tmp_path / NAME.replace("out.jsonl", "other")).write_text("x")
    with open_atomic(tmp_path / "out.jsonl"):
        pass
    assert names(tmp_path) == [".other.k3x9ab_2", "out.jsonl"]


@pytest.mark.parametrize(
    "name",
    [
        ".out.jsonl.bak",
        ".out.jsonl.swp",
        ".out.jsonl.20260101",
        ".out.jsonl.k3x9ab_23",
        ".out.jsonl.K3X9AB_2",
        "out.jsonl.k3x9ab_2",
        ".xout.jsonl.k3x9ab_2",
        ".outxjsonl.k3x9ab_2",
    ],
)
def test_other_files_stay(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with open_atomic(tmp_path / "out.jsonl"):
        pass
    assert (tmp_path / name).read_text() == "mine"


def test_pipes_and_links_stay(tmp_path):
    os.mkfifo(tmp_path / NAME)
    (tmp_path / NAME.replace("k3", "k4")).symlink_to(tmp_path / "mine")
    with open_atomic(tmp_path / "out.jsonl"):
        pass
    assert len(names(tmp_path)) == 3


def test_what_somebody_works_on_stays(tmp_path):
    path = tmp_path / "out.jsonl"
    with open_atomic(path) as first:
        first.write("first")
        with open_atomic(path) as second:
            second.write("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    with fill_folder(tmp_path / "tables") as made:
        (made / "x").touch()
        leftovers.remove_leftovers(tmp_path / "tables")
        assert (made / "x").exists()


def test_folders_of_killed_runs_go_and_those_of_others_stay(tmp_path):
    for name, mode in ((".tables.k3x9ab_2", 0o700), (".tables.original", 0o755)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
        (tmp_path / name / "x").touch()
    with fill_folder(tmp_path / "tables"):
        pass
    assert names(tmp_path) == [".tables.original", "tables"]


def test_where_there_are_no_locks_only_what_is_old_goes(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    new, old = tmp_path / NAME, tmp_path / NAME.replace("k3", "k4")
    new.touch()
    old.touch()
    os.utime(old, (0, time.time() - 2 * leftovers.LONG_AGO))
    with open_atomic(tmp_path / "out.jsonl"):
        pass
    assert names(tmp_path) == [NAME, "out.jsonl"]


def test_a_lock_leaves_no_file_and_lets_the_next_in(tmp_path):
    for _ in range(2):
        with FolderLock(tmp_path, patience=0):
            assert names(tmp_path) == [".lock"]
            assert (tmp_path / ".lock").stat().st_mode & 0o077 == 0
            with pytest.raises(BlockingIOError, match="C339"):
                FolderLock(tmp_path, patience=0.1)
        assert names(tmp_path) == []


def test_who_waited_for_a_lock_that_was_removed_takes_the_new_one(tmp_path):
    first = FolderLock(tmp_path)
    waiting = os.open(tmp_path / ".lock", os.O_RDWR)
    first.release()
    assert leftovers.try_lock(waiting)
    assert not leftovers.is_same(waiting, tmp_path / ".lock")
    with FolderLock(tmp_path, patience=0):
        os.close(waiting)


def test_somebody_elses_file_of_that_name_stays(tmp_path):
    (tmp_path / ".lock").write_text("mine")
    with FolderLock(tmp_path):
        pass
    assert (tmp_path / ".lock").read_text() == "mine"


def test_where_there_are_no_locks_a_folder_is_everyones(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with FolderLock(tmp_path, patience=0), FolderLock(tmp_path, patience=0):
        assert names(tmp_path) == [".lock"]
    assert names(tmp_path) == []
