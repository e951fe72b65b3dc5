"""Folders that hold more than files: pipes, sockets, links in circles, odd names."""

import os
import re
import socket
import stat
import subprocess
import sys
import threading

import pytest

from spacy_clinical.files import regular as regular_files
from spacy_clinical.files.regular import open_regular, read_regular
from spacy_clinical.forms.files import list_forms
from spacy_clinical.notes.read import read_notes
from spacy_clinical.notes.sources import Source, list_sources
from spacy_clinical.types import Note, NoteFailure

NAME = "Zebulon Quarterstaff"


def read_all(*paths):
    found = []
    for source in list_sources([str(path) for path in paths]):
        if isinstance(source, Source):
            found.extend(read_notes(source))
        else:
            found.append(source)
    return found


def by_file(found):
    """The code of each file; "" where it was read."""
    return {
        os.path.basename(item.source): (
            "" if isinstance(item, Note) else item.message[1:5]
        )
        for item in found
    }


def test_what_is_no_file_is_refused_and_the_others_are_read(tmp_path):
    (tmp_path / "a.txt").write_text("Pain.")
    os.mkfifo(tmp_path / "pipe.txt")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe.jsonl")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.txt"))
        (tmp_path / "null.txt").symlink_to("/dev/zero")
        (tmp_path / "loop.txt").symlink_to("loop.txt")
        (tmp_path / "one.txt").symlink_to("two.txt")
        (tmp_path / "two.txt").symlink_to("one.txt")
        (tmp_path / "loop").symlink_to("loop")
        (tmp_path / "gone.txt").symlink_to("nowhere")
        (tmp_path / "z.txt").write_text("Fever.")
        found = by_file(read_all(tmp_path))
    refused = ("pipe.txt", "pipe", "pipe.jsonl", "s.txt", "null.txt")
    broken = ("loop.txt", "one.txt", "two.txt", "loop", "gone.txt")
    assert found == {
        "a.txt": "",
        "z.txt": "",
        **dict.fromkeys(refused, "C315"),
        **dict.fromkeys(broken, "C302"),
    }


@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".csv", ".parquet"])
def test_a_pipe_that_is_named_is_refused(tmp_path, suffix):
    os.mkfifo(tmp_path / f"pipe{suffix}")
    assert by_file(read_all(tmp_path / f"pipe{suffix}")) == {f"pipe{suffix}": "C315"}


@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".csv", ".parquet"])
def test_a_file_that_becomes_a_pipe_is_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_text("Pain.")
    [source] = list_sources([str(tmp_path)])
    path.unlink()
    os.mkfifo(path)
    assert by_file(read_notes(source)) == {path.name: "C315"}


def test_a_swap_while_a_file_is_opened_is_seen(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    os.mkfifo(path)
    regular = os.stat(__file__)
    monkeypatch.setattr(regular_files.os, "stat", lambda path: regular)
    with pytest.raises(OSError, match=r"\[C315\]"):
        open_regular(path)


def test_limits_hold_for_files_that_grow(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 100)
    assert read_regular(path, max_bytes=100) == b"x" * 100
    with pytest.raises(
        OSError, match=r"\[C513\] Can't read 'a.txt': it is larger than 99 bytes"
    ):
        read_regular(path, max_bytes=99)
    small = os.stat_result((stat.S_IFREG, 0, 0, 1, 0, 0, 1, 0, 0, 0))
    monkeypatch.setattr(regular_files.os, "fstat", lambda number: small)
    with pytest.raises(OSError, match=r"\[C513\]"):
        read_regular(path, max_bytes=99)


def test_links_to_folders_are_left_out_and_told(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/note.txt").write_text("Pain.")
    (tmp_path / "a/up").symlink_to("..")
    (tmp_path / "b").symlink_to("a")
    with pytest.warns(UserWarning, match=r"\[W309\] Left out 2 links to folders"):
        found = read_all(tmp_path)
    assert by_file(found) == {"note.txt": ""}


def test_folders_may_be_nested_as_deep_as_the_system_lets_them(tmp_path):
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        for _ in range(1200):
            os.mkdir("d")
            os.chdir("d")
        with open("note.txt", "w") as handle:
            handle.write("Pain.")
    finally:
        os.chdir(here)
    (tmp_path / "z.txt").write_text("Fever.")
    assert by_file(read_all(tmp_path)) == {"note.txt": "", "z.txt": ""}
    # pytest's own clearing up is recursive.
    subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)


def test_folders_that_cant_be_read_are_told(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    (tmp_path / "a.txt").write_text("Pain.")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-")
    scandir = os.scandir

    def refuse(path):
        if os.path.basename(path) == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = by_file(read_all(tmp_path))
    assert found == {"a.txt": "", "b.pdf": "C303", "locked": "C302"}
    assert list_forms([str(tmp_path)]) == [tmp_path / "b.pdf", tmp_path / "locked"]


def test_files_that_cant_be_looked_at_are_told(tmp_path, monkeypatch):
    """As in a folder that may be listed, but not entered."""
    (tmp_path / "a.txt").write_text("Pain.")
    (tmp_path / "b.txt").write_text("Pain.")
    look = os.stat

    def refuse(path, *arguments, **options):
        if os.path.basename(str(path)) == "b.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path, *arguments, **options)

    monkeypatch.setattr(os, "stat", refuse)
    assert by_file(read_all(tmp_path)) == {"a.txt": "", "b.txt": "C302"}


@pytest.mark.skipif(sys.platform == "darwin", reason="names must be UTF-8 there")
def test_names_that_arent_utf8_can_be_written(tmp_path):
    for name, text in ((b"caf\xe9.txt", "Pain."), (b"\xff.jsonl", '{"text": "Pain."}')):
        with open(os.path.join(os.fsencode(tmp_path), name), "w") as handle:
            handle.write(text)
    found = read_all(tmp_path)
    assert {note.id for note in found} == {r"caf\udce9", r"\udcff:1"}
    for note in found:
        assert isinstance(note, Note)
        (note.id + note.source).encode("utf8")
    with pytest.raises(FileNotFoundError, match=r"\[C301\].*\\udcff"):
        list_sources([os.fsdecode(b"\xff.nowhere")])


def test_a_file_that_shrinks_or_vanishes_is_told(tmp_path):
    for suffix in (".txt", ".jsonl", ".csv", ".parquet"):
        (tmp_path / f"a{suffix}").write_text("text\nPain.")
    sources = list_sources([str(tmp_path)])
    for path in tmp_path.iterdir():
        path.unlink()
    found = [item for source in sources for item in read_notes(source)]
    assert all(isinstance(item, NoteFailure) for item in found)
    assert [item.message[1:5] for item in found] == ["C302"] * 4


def test_forms_that_are_no_files_are_listed_and_the_walk_ends(tmp_path):
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "up").symlink_to(".")
    with pytest.warns(UserWarning, match=r"\[W309\]"):
        found = list_forms([str(tmp_path)])
    assert [path.name for path in found] == ["loop.png", "pipe.pdf"]


def test_opening_never_waits(tmp_path):
    """Whatever stands there: no thread of these hangs."""
    os.mkfifo(tmp_path / "pipe")
    os.mkdir(tmp_path / "folder")
    (tmp_path / "loop").symlink_to("loop")
    failures = []

    def try_all():
        for name in ("pipe", "folder", "loop", "nowhere"):
            with pytest.raises(OSError, match=r".") as error:
                open_regular(tmp_path / name)
            failures.append(str(error.value))

    thread = threading.Thread(target=try_all, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert [bool(re.match(r"\[C315\]", failure)) for failure in failures] == [
        *(True, True, False, False)
    ]
