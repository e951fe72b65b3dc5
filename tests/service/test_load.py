"""Many callers at once: each gets its own answers, and all of them."""

import asyncio
import json
import random
from pathlib import Path

import httpx
import pytest

import spacy_clinical
from spacy_clinical.scale.jobs import AnnotateJob
from spacy_clinical.types import Note
from tests.service.running import FAILING, make_nlp, run_process

N_CALLERS, N_NOTES = 64, 2000
CODE = """
from spacy.language import Language

@Language.component("test_service_odd")
def be_odd(doc):
    if "qqfails" in doc.text:
        raise ValueError(doc.text)
    return doc
"""
WORDS = ("pain", "fever", "rest", "cough", "no", "denies", "and", "the")


def make_notes(n_notes, seed=0):
    """Invented notes with a word of their own each, and one percent that fail."""
    rng = random.Random(seed)
    notes = []
    for i in range(n_notes):
        words = " ".join(rng.choices(WORDS, k=rng.randint(1, 40)))
        failing = f" {FAILING}" if i % 100 == 37 else ""
        notes.append((f"n{i}", f"HPI: qqnote{i} {words}.{failing}\nPLAN: rest qq{i}"))
    return notes


def split(notes, rng):
    """Cut notes into requests of one to five."""
    start = 0
    while start < len(notes):
        size = rng.choice((1, 1, 1, 2, 5))
        yield notes[start : start + size]
        start += size


async def call(client, notes, rng):
    """Send notes in one of the ways that there are, and get their records."""
    rows = [{"id": name, "text": text} for name, text in notes]
    if len(rows) == 1 and rng.random() < 0.5:
        answer = await client.post("/v1/annotate", json=rows[0])
        answer.raise_for_status()
        return [answer.json()]
    accept = rng.choice(("application/json", "application/x-ndjson"))
    headers = {"Accept": accept}
    answer = await client.post("/v1/annotate", json={"notes": rows}, headers=headers)
    answer.raise_for_status()
    if accept == "application/json":
        return answer.json()["notes"]
    return [json.loads(line) for line in answer.text.splitlines()]


async def run_callers(url, notes, *, n_callers=N_CALLERS):
    """Send all notes by many callers at once, and broken requests between them."""
    rng = random.Random(1)
    requests = list(split(notes, rng))
    rng.shuffle(requests)
    records, faults = {}, []
    todo = iter(requests)
    limits = httpx.Limits(max_connections=n_callers)
    async with httpx.AsyncClient(
        base_url=url, timeout=300, limits=limits, trust_env=False
    ) as client:

        async def work():
            for sent in todo:
                got = await call(client, sent, rng)
                assert [record["id"] for record in got] == [name for name, _ in sent]
                records.update((record["id"], record) for record in got)
                if rng.random() < 0.02:
                    broken = await client.post("/v1/annotate", content=b'{"text": ')
                    faults.append(broken.json()["code"])

        await asyncio.gather(*(work() for _ in range(n_callers)))
    return records, faults


def check_records(records, notes, nlp):
    """Check each record against what the pipeline finds without the service."""
    assert set(records) == {name for name, _ in notes}
    wanted = AnnotateJob(nlp).work([Note(n, t, {}, "request") for n, t in notes])
    for (name, text), expected in zip(notes, wanted, strict=True):
        record = records[name]
        assert record["text"] == text
        assert (record["error"] is not None) == (FAILING in text)
        assert find(record) == find(expected)


def find(record):
    entities = [(e["label"], e["start"], e["end"]) for e in record["entities"]]
    return entities, [(s["label"], s["start"]) for s in record["sections"]]


def get_memory(process_id):
    """The memory of a process, in MiB."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


@pytest.fixture
def saved(tmp_path):
    """A pipeline without weights on disk, and the code that it needs."""
    nlp = make_nlp("test_service_odd")
    nlp.to_disk(tmp_path / "pipeline")
    code = tmp_path / "odd.py"
    code.write_text(CODE)
    return nlp, tmp_path / "pipeline", code


@pytest.mark.slow
def test_64_callers_get_their_own_answers_and_the_log_has_no_note(saved, tmp_path):
    nlp, path, code = saved
    notes = make_notes(N_NOTES)
    with run_process(tmp_path, str(path), "--no-forms", code=code) as service:
        records, faults = asyncio.run(run_callers(service.url, notes))
        before = get_memory(service.process.pid)
        again = make_notes(N_NOTES, seed=1)
        asyncio.run(run_callers(service.url, again))
        grown = get_memory(service.process.pid) - before
        assert service.stop() == 0
        log = service.read_log()
    check_records(records, notes, nlp)
    assert faults
    assert set(faults) == {"C981"}
    assert grown < 30, f"grew by {grown:.0f} MiB"
    assert log.count("spacy_clinical.service.access") > N_NOTES / 2
    for word in ("qq", "pain", "PLAN", "denies"):
        assert word not in log


@pytest.mark.slow
def test_64_callers_of_the_shipped_pipeline_get_their_own_answers(tmp_path):
    notes = [(name, text.replace(f" {FAILING}", "")) for name, text in make_notes(500)]
    with run_process(tmp_path, "en_clinical_sm", "--no-forms") as service:
        records, _ = asyncio.run(run_callers(service.url, notes))
        assert service.stop() == 0
        log = service.read_log()
    check_records(records, notes, spacy_clinical.load())
    for word in ("qqnote", "pain", "denies"):
        assert word not in log
