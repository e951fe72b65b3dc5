import json
import os
import stat

import pytest

from spacy_clinical.export.folder import prepare_folder, write_folder
from spacy_clinical.export.records import make_record
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.types import Note, NoteFailure
from tests.conftest import load_blank


def make_records(*texts):
    nlp = load_blank()
    return [
        make_record(Note(f"n{i}", text, {}, f"{i}.txt"), nlp(text))
        for i, text in enumerate(texts)
    ]


def list_files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_write_folder_writes_records_and_pages(tmp_path):
    prepare_folder(tmp_path / "a" / "b", html=True)
    totals = write_folder(
        make_records("one", "", "two"), tmp_path / "a" / "b", html=True
    )
    assert (totals.n_notes, totals.n_failed, totals.n_repeated_ids) == (3, 0, 0)
    # Pages are in a folder of their run's own.
    [run] = (tmp_path / "a" / "b" / "pages").iterdir()
    assert list_files(tmp_path / "a" / "b") == [
        "index.html",
        "notes.jsonl",
        "pages",
        f"pages/{run.name}",
        *(f"pages/{run.name}/note-0000{i}.html" for i in (1, 2, 3)),
    ]
    lines = (tmp_path / "a" / "b" / "notes.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["one", "", "two"]


def test_write_folder_replaces_an_earlier_run(tmp_path):
    prepare_folder(tmp_path, html=True)
    (tmp_path / "pages" / "own.html").write_text("someone else's")
    write_folder(make_records("one", "two", "three"), tmp_path, html=True)
    write_folder(make_records("four"), tmp_path, html=True)
    pages = sorted((tmp_path / "pages").rglob("*.html"))
    assert [page.name for page in pages] == ["own.html", "note-00001.html"]
    assert "four" in pages[1].read_text("utf-8")


def test_write_folder_keeps_earlier_records_if_it_fails(tmp_path):
    def fail():
        yield from make_records("one")
        raise KeyboardInterrupt

    (tmp_path / "notes.jsonl").write_text("earlier")
    with pytest.raises(KeyboardInterrupt):
        write_folder(fail(), tmp_path)
    assert list_files(tmp_path) == ["notes.jsonl"]
    assert (tmp_path / "notes.jsonl").read_text() == "earlier"


def test_open_atomic_lets_only_the_owner_read(tmp_path):
    with open_atomic(tmp_path / "file") as handle:
        handle.write("x")
        (temporary,) = tmp_path.iterdir()
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
        assert temporary.name != "file"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


def test_open_atomic_writes_names_that_are_no_unicode(tmp_path):
    name = os.fsdecode(b"caf\xe9.txt")
    with open_atomic(tmp_path / "file") as handle:
        handle.write(json.dumps({"source": name}, ensure_ascii=False))
    assert json.loads((tmp_path / "file").read_text("utf-8")) == {"source": name}


@pytest.mark.parametrize("html", [False, True])
def test_prepare_folder_refuses_where_it_cannot_write(tmp_path, html):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match=r"\[C310\] .*file/out': Not a directory"):
        prepare_folder(tmp_path / "file" / "out", html=html)


def test_prepare_folder_leaves_nothing(tmp_path):
    prepare_folder(tmp_path / "out")
    assert list_files(tmp_path) == ["out"]


def test_write_folder_counts_what_could_not_be_read(tmp_path):
    prepare_folder(tmp_path, html=True)
    failure = NoteFailure("gone.txt", "[C302] Can't read 'gone.txt'.")
    records = [*make_records("one"), failure]
    totals = write_folder(records, tmp_path, html=True)
    assert (totals.n_notes, totals.n_failed) == (1, 1)
    assert "[C302]" in (tmp_path / "index.html").read_text()
    assert len((tmp_path / "notes.jsonl").read_text().splitlines()) == 1
