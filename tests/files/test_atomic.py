import os

import pytest

from spacy_clinical.files.atomic import (
    fill_folder,
    open_atomic,
    put_files,
    replace_atomic,
)


def list_names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_its_place_when_it_is_written(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    with replace_atomic(path) as part:
        part.write_text("new")
        assert part.parent == tmp_path
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o077 == 0
    assert list_names(tmp_path) == ["x"]


def test_a_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")

    def fail():
        with replace_atomic(path) as part:
            part.write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list_names(tmp_path) == ["x"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_appears_when_it_is_full(tmp_path, exists):
    folder = tmp_path / "out"
    if exists:
        folder.mkdir()
    with fill_folder(folder) as part:
        with open_atomic(part / "a") as handle:
            handle.write("a")
        assert not folder.exists() or list_names(folder) == []
    assert list_names(folder) == ["a"]
    assert list_names(tmp_path) == ["out"]
    assert folder.stat().st_mode & 0o077 == 0


def test_a_failure_leaves_no_folder(tmp_path):
    def fail():
        with fill_folder(tmp_path / "out") as part:
            (part / "a").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list_names(tmp_path) == []


@pytest.mark.parametrize("is_file", [True, False])
def test_what_is_there_is_kept(tmp_path, is_file):
    folder = tmp_path / "out"
    if is_file:
        folder.write_text("a")
    else:
        folder.mkdir()
        (folder / "a").touch()
    with (
        pytest.raises(
            FileExistsError, match=r"\[C326\].*out': it isn't an empty folder"
        ),
        fill_folder(folder),
    ):
        pass
    assert list_names(tmp_path) == ["out"]


@pytest.mark.skipif(os.name != "posix", reason="there are no such permissions")
@pytest.mark.parametrize(("is_private", "mode"), [(True, 0o600), (False, 0o640)])
def test_others_may_read_what_is_not_private(tmp_path, is_private, mode):
    before = os.umask(0o027)
    try:
        with open_atomic(tmp_path / "a", is_private=is_private) as handle:
            handle.write("x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == mode


@pytest.mark.skipif(os.name != "posix", reason="there are no such permissions")
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_others_may_read_what_libraries_write_for_their_user_alone(tmp_path, kind):
    def write(path):
        path.unlink(missing_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))

    before = os.umask(0o022)
    try:
        if kind == "file":
            with replace_atomic(tmp_path / "weights", is_private=False) as part:
                write(part)
        else:
            with put_files(tmp_path) as part:
                write(part / "weights")
    finally:
        os.umask(before)
    assert (tmp_path / "weights").stat().st_mode & 0o777 == 0o644
