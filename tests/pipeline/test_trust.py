"""What a night job relies on, of every factory: it goes on, says nothing of notes, and
does the same each time."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from typer.testing import CliRunner

from spacy_clinical.cli import app
from tests.conftest import NOTES
from tests.pipeline.conftest import FACTORIES
from tests.pipeline.test_contract import annotations

pytestmark = [
    pytest.mark.filterwarnings(r"ignore:\[W00[12]\]"),
    pytest.mark.filterwarnings(r"ignore:\[W109\]"),
]
# A longer run before a release: SPACY_CLINICAL_EXAMPLES=2000.
N_EXAMPLES = int(os.environ.get("SPACY_CLINICAL_EXAMPLES", "25"))
# Seconds after which something hangs.
LIMIT = 300
SECRETS = ["Zebulon", "Quarterstaff", "MRN-0041722", "1931-02-30"]
SECRET_NOTE = (
    "Name: Zebulon Quarterstaff   MRN-0041722\nDOB: 1931-02-30\n\n"
    "HPI: The patient denies chest pain.\x00\x07\n"
)


# Offsets, and no exception, whatever the text


ODD = st.text(
    st.one_of(
        # spaCy keeps no half of a surrogate pair.
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("\n\r\t\x00\x07\x85\u2028\u200b\ufeff:.[]x _-\u0301\U0001f915"),
    ),
    max_size=200,
)
LINES = st.lists(
    st.sampled_from(
        ["HPI:", "PLAN", "1. aspirin", "Name: Jane", "[x] yes [ ] no", "", "  ", "a\tb"]
    ),
    max_size=12,
).map("\n".join)


@pytest.mark.parametrize("factory", FACTORIES)
@settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.one_of(ODD, LINES))
def test_any_text_is_read(pipelines, factory, text):
    nlp = pipelines[factory]
    doc = nlp(text)
    assert doc.text == text
    assert doc._.clinical_error is None
    for group in doc.spans.values():
        for span in group:
            assert 0 <= span.start < span.end <= len(doc)
            assert span.text == text[span.start_char : span.end_char]
    sections = doc.spans.get("sections")
    if sections and len(doc):
        ends = [section.end for section in sections]
        assert [section.start for section in sections] == [0, *ends[:-1]]
        assert ends[-1] == len(doc)


# Silence


class Poison(Exception):
    pass


@pytest.mark.parametrize("factory", FACTORIES)
@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_said_of_notes(
    pipelines, factory, fails, caplog, capfd, tmp_path, monkeypatch
):
    nlp = pipelines[factory]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    component = nlp.get_pipe(factory)
    inner = "predict" if hasattr(component, "predict") else "__call__"
    if fails:

        def fail(self, docs):
            raise Poison(f"can't read {SECRET_NOTE}")

        monkeypatch.setattr(type(component), inner, fail)
    nlp.set_error_handler(lambda *args: None)
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        doc = nlp(SECRET_NOTE)
    said = [caplog.text, *capfd.readouterr(), *(str(w.message) for w in caught)]
    said += [str(doc._.clinical_error), str(doc._.clinical_provenance)]
    said += [path.name for path in tmp_path.rglob("*")]
    assert (doc._.clinical_error is not None) == fails
    assert not [s for s in SECRETS if any(s in text for text in said)]


@pytest.mark.parametrize("factory", FACTORIES)
@settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    text=st.one_of(ODD, LINES), name=st.from_regex(r"[A-Z][a-z]{6,12}", fullmatch=True)
)
def test_errors_never_quote(pipelines, factory, text, name):
    nlp = pipelines[factory]
    note = f"{text}\nPatient {name}Q was seen.\n{text}"
    component = nlp.get_pipe(factory)
    inner = "predict" if hasattr(component, "predict") else "__call__"

    def fail(self, docs):
        raise ValueError(note)

    nlp.set_error_handler(ignore)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(component), inner, fail)
        doc = nlp(note)
    assert f"{name}Q" not in json.dumps(doc._.clinical_error)
    assert doc._.clinical_error["type"] == "ValueError"


# Round trips and repetition


@pytest.mark.parametrize("factory", FACTORIES)
def test_docs_survive_json(pipelines, factory):
    nlp = pipelines[factory]
    for doc in nlp.pipe(NOTES):
        values = json.loads(json.dumps(doc.to_json()))
        again = Doc(nlp.vocab).from_json(values, validate=False)
        assert again.text == doc.text
        groups = {
            k: [(s.start, s.end, s.label_) for s in g] for k, g in doc.spans.items()
        }
        found = {
            k: [(s.start, s.end, s.label_) for s in g] for k, g in again.spans.items()
        }
        assert found == groups
        assert again.cats == doc.cats
        assert [(e.start, e.end, e.label_) for e in again.ents] == [
            (e.start, e.end, e.label_) for e in doc.ents
        ]


@pytest.mark.parametrize("factory", FACTORIES)
def test_the_same_note_gives_the_same_whatever_came_before(pipelines, factory):
    nlp = pipelines[factory]
    first = [annotations(doc) for doc in nlp.pipe(NOTES, batch_size=2)]
    list(nlp.pipe(NOTES[::-1], batch_size=3))
    assert [annotations(doc) for doc in nlp.pipe(NOTES, batch_size=5)] == first


SCRIPT = """
import multiprocessing, signal, sys, time
import spacy, torch

# What a shell starts in the background ignores interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

def notes(endless):
    while True:
        yield from TEXTS
        if not endless:
            return

TEXTS = ["HPI: chest pain.", "", "PLAN: aspirin 81 mg", "no fever"] * 2

if __name__ == "__main__":
    path, *cases = sys.argv[1:]
    # Workers must not wait for threads of the process that they are forked off.
    torch.set_num_threads(2)
    torch.randn(999, 999) @ torch.randn(999, 999)
    nlp = spacy.load(path)
    for case in cases:
        method, n_process, when, length = case.split("-")
        multiprocessing.set_start_method(method, force=True)
        if when == "after":
            # Nor for those that have computed its own notes.
            nlp("HPI: chest pain.")
        texts = notes(length == "endless")
        stream = nlp.pipe(texts, n_process=int(n_process), batch_size=2)
        for i, doc in enumerate(stream):
            if i == 5:
                print("running", flush=True)
        print("done", i + 1, torch.get_num_threads(), flush=True)
"""


@pytest.fixture(scope="module")
def saved(made_pipelines, tmp_path_factory):
    """One pipeline with a component of every kind."""
    nlp = spacy.blank("en")
    for factory in FACTORIES:
        nlp.add_pipe(factory, source=made_pipelines[factory])
    folder = tmp_path_factory.mktemp("all")
    nlp.to_disk(folder / "pipeline")
    (folder / "run.py").write_text(SCRIPT, encoding="utf8")
    return folder


def test_processes_never_hang_and_an_interrupt_ends_all_of_them(saved):
    # Those that are forked before the process itself has computed come first.
    cases = ["fork-2-before-once", "fork-1-after-once", "fork-2-after-once"]
    cases += ["fork-4-after-once", "spawn-2-after-once"]
    command = [sys.executable, "run.py", "pipeline", *cases, "fork-2-after-endless"]
    process = subprocess.Popen(
        command,
        cwd=saved,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    stuck = threading.Timer(LIMIT, os.killpg, (process.pid, signal.SIGKILL))
    stuck.start()
    for case in cases:
        lines = [process.stdout.readline() for _ in range(2)]
        assert lines == ["running\n", "done 8 2\n"], case
    assert process.stdout.readline() == "running\n"
    stuck.cancel()
    # As a terminal does: to all of them.
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=LIMIT)
    assert process.returncode != 0
    process.stdout.close()
    for _ in range(50):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    pytest.fail("a worker goes on")


def test_two_runs_write_the_same_bytes(saved, tmp_path, monkeypatch):
    """One in this process, and one where sets have another order.

    Of two inputs, one isn't there.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "a.txt").symlink_to("nowhere")
    note = (SECRET_NOTE + NOTES[0]).encode()
    out = tmp_path / "out"
    arguments = ["annotate", "-", "gone", "--output", str(out), "--html"]
    arguments += ["--model", str(saved / "pipeline")]
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    written = []
    for other in (False, True):
        if other:
            done = subprocess.run(
                [sys.executable, "-m", "spacy_clinical", *arguments],
                input=note,
                check=False,
                capture_output=True,
                env={**os.environ, "PYTHONHASHSEED": seed},
                timeout=LIMIT,
            )
            status, said, error = done.returncode, done.stdout, done.stderr
        else:
            result = CliRunner().invoke(app, arguments, input=note)
            status, said = result.exit_code, result.stdout_bytes
            error = result.stderr_bytes
        assert status == 1, error
        *others, last = error.splitlines()
        assert last.startswith(b"[C302]")
        assert all(line.startswith(b"[W002]") for line in others)
        assert b"Notes     1\n" in said
        files = sorted(path for path in out.rglob("*") if path.is_file())
        # Each run has a folder of its own for its pages.
        runs = re.compile(rb"run-[a-z0-9_]{8}")
        written.append([(p.name, runs.sub(b"run", p.read_bytes())) for p in files])
    assert written[0] == written[1]
    assert len(written[0]) == 3
    [record] = [json.loads(content) for name, content in written[0] if "json" in name]
    assert record["text"].encode() == note


@pytest.mark.parametrize("factory", FACTORIES)
def test_in_other_processes_a_bad_note_leaves_its_neighbours_alone(
    pipelines, factory, monkeypatch
):
    nlp = pipelines[factory]
    component = nlp.get_pipe(factory)
    inner = "predict" if hasattr(component, "predict") else "__call__"
    original = getattr(type(component), inner)
    bad = NOTES[4]

    def poisoned(self, docs):
        if any(doc.text == bad for doc in ([docs] if isinstance(docs, Doc) else docs)):
            raise Poison("x")
        return original(self, docs)

    monkeypatch.setattr(type(component), inner, poisoned)
    nlp.set_error_handler(ignore)
    stream = nlp.pipe(
        [(note, i) for i, note in enumerate(NOTES)],
        as_tuples=True,
        n_process=2,
        batch_size=3,
    )
    found = [(i, doc.text, doc._.clinical_error is not None) for doc, i in stream]
    assert found == [(i, note, note == bad) for i, note in enumerate(NOTES)]


def ignore(*args):
    """As a user's error handler may do."""
