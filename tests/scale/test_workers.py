"""Many processes: the same records as one, and none is lost if a process dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinical.scale.workers import annotate_chunk, annotate_chunks, make_chunks
from spacy_clinical.types import Note, NoteFailure
from tests.conftest import NOTES

NAME = "Zebulon Quarterstaff"
ROOT = Path(__file__).parents[2]


@Language.factory("test_workers_deadly")
def make_deadly(nlp, name, folder: str, times: int = 100):
    """A component that brings down its process on some notes, so many times."""

    def work(doc: Doc) -> Doc:
        if "deadly" in doc.text and len(os.listdir(folder)) < times:
            (Path(folder) / f"{os.getpid()}-{time.monotonic_ns()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if "bad" in doc.text:
            raise ValueError(doc.text)
        return doc

    return work


def make_notes(*texts):
    return [Note(f"n{i}", text, {}, f"{i}.txt") for i, text in enumerate(texts)]


def chunk(notes, size):
    return [notes[i : i + size] for i in range(0, len(notes), size)]


def run(nlp, notes, size=3, **options):
    found = annotate_chunks(nlp, iter(chunk(notes, size)), **options)
    return [record for records in found for record in records]


@pytest.fixture
def nlp(tmp_path):
    (tmp_path / "deaths").mkdir()
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    return nlp


@pytest.mark.parametrize("n_process", [2, 3, -1])
def test_processes_give_the_same_records_in_the_same_order(nlp, n_process):
    notes = make_notes(*NOTES, "", "bad", *NOTES)
    expected = run(nlp, notes)
    assert [record["id"] for record in expected] == [note.id for note in notes]
    assert run(nlp, notes, n_process=n_process) == expected
    bare = run(nlp, notes, n_process=n_process, with_text=False)
    assert all("text" not in record for record in bare)


def test_no_chunks():
    assert run(spacy.blank("en"), [], n_process=2) == []


@pytest.mark.parametrize("size", [1, 4])
def test_a_note_that_brings_down_its_process_fails_alone(nlp, tmp_path, size):
    nlp.add_pipe("test_workers_deadly", config={"folder": str(tmp_path / "deaths")})
    texts = ["HPI: one", "two", f"deadly {NAME}", "bad", "five", "deadly", *"abcdefghi"]
    records = run(nlp, make_notes(*texts), size, n_process=2)
    assert [record["text"] for record in records] == texts
    errors = {record["id"]: record["error"] for record in records if record["error"]}
    assert set(errors) == {"n2", "n3", "n5"}
    assert errors["n2"]["code"] == "C335"
    assert errors["n2"]["message"].startswith("[C335] ")
    assert f"({7 + len(NAME)} characters)" in errors["n2"]["message"]
    assert NAME not in str(errors)
    assert errors["n3"]["type"] == "ValueError"


def test_notes_of_a_process_that_was_killed_are_done_again(nlp, tmp_path):
    config = {"folder": str(tmp_path / "deaths"), "times": 1}
    nlp.add_pipe("test_workers_deadly", config=config)
    texts = [*"abcdefg", "deadly", *"hijklmnop"]
    records = run(nlp, make_notes(*texts), 2, n_process=2)
    assert len(list((tmp_path / "deaths").iterdir())) == 1
    assert [record["text"] for record in records] == texts
    assert not any(record["error"] for record in records)


def test_chunks_are_not_read_far_ahead(nlp):
    n_read = 0

    def read():
        nonlocal n_read
        for part in chunk(make_notes(*"abcdefghijklmnopqrst"), 1):
            n_read += 1
            yield part

    found = annotate_chunks(nlp, read(), n_process=2)
    next(found)
    assert n_read <= 5
    found.close()


@pytest.mark.parametrize("n_process", [1, 2])
def test_what_could_not_be_read_is_handed_on_at_once(nlp, n_process):
    first, second, third = make_notes(*NOTES[:3])
    failure = NoteFailure("gone.txt", "[C302] Can't read 'gone.txt'.")
    chunks = make_chunks([first, failure, second, failure, third, failure], 2)
    found = list(annotate_chunks(nlp, chunks, n_process=n_process))
    failures = [item for item in found if item == failure]
    records = [record for item in found if item != failure for record in item]
    assert len(failures) == 3
    assert [record["id"] for record in records] == ["n0", "n1", "n2"]
    assert found[0] == failure


@pytest.mark.parametrize("n_process", [1, 2])
def test_what_the_source_raises_is_passed_on(nlp, n_process):
    def read():
        yield make_notes("one")
        raise OSError("disk gone")

    found = annotate_chunks(nlp, read(), n_process=n_process)
    with pytest.raises(OSError, match="disk gone"):
        list(found)


def test_words_are_forgotten(nlp):
    annotate_chunk(nlp, make_notes("HPI: cough"))
    before = len(nlp.vocab.strings)
    annotate_chunk(nlp, make_notes(*[f"HPI: word{i} other{i}" for i in range(100)]))
    assert len(nlp.vocab.strings) == before


ORPHANS = """
import os, sys, time
import spacy
from spacy_clinical.scale.workers import annotate_chunks
from spacy_clinical.types import Note
nlp = spacy.blank("en")
found = annotate_chunks(nlp, ([Note("", "x", {}, "")] for _ in range(99)), n_process=2)
next(found)
with open(f"/proc/self/task/{os.getpid()}/children") as file:
    print(file.read(), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_workers_end_when_their_parent_is_killed():
    process = subprocess.Popen(
        [sys.executable, "-c", ORPHANS], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    pids = process.stdout.readline().split()
    process.kill()
    process.wait()
    process.stdout.close()
    assert len(pids) == 2
    limit = time.monotonic() + 20
    while any(is_running(pid) for pid in pids) and time.monotonic() < limit:
        time.sleep(0.1)
    assert not any(is_running(pid) for pid in pids)


def is_running(pid):
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return status not in ("Z", "X")
