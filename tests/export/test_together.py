"""What belongs together appears together, whatever ends a run (issue 14)."""

import json
import os
import re
import sys
from functools import cache
from pathlib import Path

import pytest
import spacy

from spacy_clinical.export.folder import prepare_folder, write_folder
from spacy_clinical.export.form_folder import write_forms
from spacy_clinical.export.records import make_record
from spacy_clinical.files.atomic import replace_together
from spacy_clinical.forms import make_form_doc, make_pages
from spacy_clinical.types import Note

# What Python does to the file system; os.replace is "os.rename".
EVENTS = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link"}
KILLED = 9


@cache
def make_records(patient):
    nlp = spacy.blank("en")
    notes = [Note(f"{patient}{i}", f"{patient} {i}", {}, "x") for i in range(2)]
    return [make_record(note, nlp(note.text)) for note in notes]


@cache
def make_forms(patient):
    nlp = spacy.blank("en")
    rules = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
    nlp.add_pipe("clinical_form_extractor", config=rules)
    boxes = [(10, 10, 50, 20), (60, 10, 150, 20)]
    forms = []
    for i in range(2):
        pages = make_pages(["Name:", f"{patient}{i}"], boxes, width=300, height=100)
        doc = nlp(make_form_doc(nlp.vocab, pages))
        forms.append((Path(f"nowhere/{patient}{i}.json"), doc))
    return forms


def write_notes(folder, patient, *, html=True, with_text=True):
    write_folder(make_records(patient), folder, html=html, with_text=with_text)


def write_some_forms(folder, patient, *, html=True):
    write_forms(make_forms(patient), folder, html=html)


def read(path):
    return path.read_text("utf8") if path.exists() else None


def check(folder, records, index, table=None):
    """All that is there is of one run. RETURNS the name of its patient."""
    lines = [json.loads(line) for line in read(folder / records).splitlines()]
    [patient] = {record["id"][:-1] for record in lines}
    content = read(folder / index)
    if content is not None:
        links = re.findall(r'href="(\w+/[^"]+)">([^<]+)<', content)
        assert len(links) == 2
        for link, name in links:
            # Of notes the id, of forms the file.
            shown = name.rpartition("/")[2].removesuffix(".json")
            assert shown[:-1] == patient
            page = read(folder / link)
            assert page is not None
            assert f"{shown[:-1]} {shown[-1]}" in page or shown in page
    if table is not None and (rows := read(folder / table)) is not None:
        assert re.findall(r"(\w+?)\d\.json", rows)
        assert set(re.findall(r"(\w+?)\d\.json", rows)) == {patient}
    return patient


def run_until(number, work):
    """Do work in a process that ends before its step of a number. RETURNS its status."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    n_steps = 0

    def hook(event, arguments):
        nonlocal n_steps
        if event in EVENTS:
            n_steps += 1
            if n_steps > number:
                os._exit(KILLED)

    try:
        sys.addaudithook(hook)
        work()
        os._exit(0)
    finally:
        os._exit(1)


NOTES = (write_notes, ("notes.jsonl", "index.html"))
FORMS = (write_some_forms, ("forms.jsonl", "forms.html", "fields.csv"))


@pytest.mark.parametrize("html", [True, False])
@pytest.mark.parametrize(("write", "names"), [NOTES, FORMS], ids=["notes", "forms"])
@pytest.mark.filterwarnings("ignore:.*W305")
def test_no_index_leads_to_another_runs_pages_whenever_a_run_is_killed(
    tmp_path, write, names, html
):
    prepare_folder(tmp_path, html=True)
    # What it takes is ready before processes are forked.
    for patient in ("bob", "ann"):
        write(tmp_path, patient)
    patients = []
    for number in range(500):
        status = run_until(number, lambda: write(tmp_path, "bob", html=html))
        patients.append(check(tmp_path, *names))
        if status != KILLED:
            break
        if patients[-1] == "bob":
            write(tmp_path, "ann")
            # All that killed runs had left is gone.
            assert check(tmp_path, *names) == "ann"
            assert len(list(tmp_path.rglob("*.html"))) == 3
            assert not list(tmp_path.rglob(".*"))
    assert status == 0
    assert patients[0] == "ann"
    assert patients[-1] == "bob"
    assert len(list(tmp_path.rglob("*.html"))) == (3 if html else 0)
    assert not list(tmp_path.rglob(".*"))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


@pytest.mark.parametrize("kind", ["replace", "link", "fsync"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_all_is_as_it_was_if_a_step_fails(tmp_path, monkeypatch, kind, error):
    prepare_folder(tmp_path, html=True)
    write_notes(tmp_path, "ann")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    do = getattr(os, kind)
    for number in range(50):
        n_calls = 0

        def fail_once(*arguments, number=number, **options):
            nonlocal n_calls
            n_calls += 1
            if n_calls == number + 1:
                raise error
            return do(*arguments, **options)

        monkeypatch.setattr(os, kind, fail_once)
        try:
            write_notes(tmp_path, "bob")
            break
        except error:
            monkeypatch.setattr(os, kind, do)
        now = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
        if now != before:
            # Only what comes after it is in place may fail then.
            assert check(tmp_path, "notes.jsonl", "index.html") == "bob"
            assert kind == "fsync"
            write_notes(tmp_path, "ann")
            before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
        assert not list(tmp_path.rglob(".*"))
    assert check(tmp_path, "notes.jsonl", "index.html") == "bob"


def test_files_go_in_together_where_there_are_no_links(tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    for name in ("a", "b"):
        (tmp_path / name).write_text("old")
    with replace_together([tmp_path / "a", tmp_path / "b"]) as made:
        for part in made:
            part.write_text("new")
        assert read(tmp_path / "a") == read(tmp_path / "b") == "old"
    assert read(tmp_path / "a") == read(tmp_path / "b") == "new"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_in_the_place_of_a_file_stays(tmp_path):
    (tmp_path / "b/c").mkdir(parents=True)
    with (
        pytest.raises(IsADirectoryError),
        replace_together([tmp_path / "a", tmp_path / "b"]),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b/c").is_dir()


def test_pages_with_text_go_if_a_later_run_has_none(tmp_path):
    prepare_folder(tmp_path, html=True)
    write_notes(tmp_path, "ann")
    # As an earlier version left them, and as `view` writes it.
    (tmp_path / "pages/note-00007.html").write_text("ann")
    (tmp_path / "view.html").write_text("Made by spacy-clinical 0.1.0. ann")
    (tmp_path / "pages/mine.html").write_text("mine")
    with pytest.warns(UserWarning, match=r"\[W305\].*index.html, view.html, pages"):
        write_notes(tmp_path, "ann", html=False, with_text=False)
    files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"notes.jsonl", "mine.html"}
    assert "ann " not in read(tmp_path / "notes.jsonl")


def test_an_index_that_somebody_else_made_stays(tmp_path):
    (tmp_path / "index.html").write_text("<title>mine</title>")
    (tmp_path / "view.html").write_text("<title>mine</title>")
    (tmp_path / "pages").mkdir()
    write_notes(tmp_path, "ann", html=False)
    assert read(tmp_path / "index.html") == read(tmp_path / "view.html")
