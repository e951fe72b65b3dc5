"""Long runs: what is cut off goes on, and nothing is lost or done twice."""

import json
import random
import signal
import sys
import time
from multiprocessing import get_context

import pytest
import spacy
from spacy.language import Language
from typer.testing import CliRunner

from spacy_clinical.cli import app
from spacy_clinical.files.lock import FolderLock

N_NOTES, SIZE = 60, 7
SLOW_FOR = 0.0


@Language.component("test_shards_slow")
def work(doc):
    time.sleep(SLOW_FOR)
    return doc


@Language.component("test_shards_fails")
def fail(doc):
    if "bad" in doc.text:
        raise ValueError(doc.text)
    return doc


@pytest.fixture
def folder(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("test_shards_slow")
    nlp.to_disk(tmp_path / "model")
    with (tmp_path / "notes.jsonl").open("w", encoding="utf8") as lines:
        for i in range(N_NOTES):
            note = {"id": f"n{i}", "text": f"HPI:\nNote number {i}."}
            lines.write(json.dumps(note) + "\n")
    return tmp_path


def arguments(folder, *more):
    found = ["annotate", str(folder / "notes.jsonl"), "--output", str(folder / "out")]
    return [*found, "--model", str(folder / "model"), "--shard-size", str(SIZE), *more]


def run(folder, *more):
    result = CliRunner().invoke(app, arguments(folder, *more))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def start_slow_run(folder, monkeypatch):
    """Start a run in a process that has everything loaded, so that it soon works."""
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules[__name__], "SLOW_FOR", 0.01)
        process = get_context("fork").Process(target=run, args=(folder,))
        process.start()
    return process


def read(folder):
    files = sorted((folder / "out/shards").glob("part-*"))
    return b"".join(path.read_bytes() for path in files)


def ids(folder):
    return [json.loads(line)["id"] for line in read(folder).splitlines()]


def test_all_notes_are_there_once_and_in_order(folder):
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert ids(folder) == [f"n{i}" for i in range(N_NOTES)]
    done = json.loads((folder / "out/run.json").read_text("utf8"))["done"]
    assert done == {"n_notes": N_NOTES, "n_shards": 9, "n_failed": 0}
    assert "60, 60 of them new" in result.output
    before = read(folder)
    assert "60, 0 of them new" in run(folder).output
    assert read(folder) == before


def test_a_run_that_is_killed_at_any_time_loses_nothing(folder, monkeypatch):
    """Five times: killed with no chance to clean up, and gone on with."""
    assert run(folder).exit_code == 0
    expected = read(folder)
    (folder / "out").rename(folder / "first")
    choose = random.Random(1)
    n_killed = 0
    for _ in range(5):
        shards = folder / "out/shards"
        n_before = len(list(shards.glob("part-*"))) if shards.is_dir() else 0
        process = start_slow_run(folder, monkeypatch)
        # Wait until it works, then a moment.
        limit = time.monotonic() + 60
        while process.is_alive() and time.monotonic() < limit:
            n_now = len(list(shards.glob("part-*"))) if shards.is_dir() else 0
            if n_now > n_before:
                break
            time.sleep(0.005)
        time.sleep(choose.uniform(0, 0.05))
        process.kill()
        process.join()
        n_killed += process.exitcode == -signal.SIGKILL
        found = ids(folder)
        assert len(set(found)) == len(found)
        if len(found) == N_NOTES:
            # All of it is done: once more, from half of it.
            for path in sorted(shards.glob("part-*"))[::2]:
                path.unlink()
    assert n_killed > 1
    assert run(folder).exit_code == 0
    assert read(folder) == expected
    # What the killed runs had begun is gone.
    assert len(list((folder / "out/shards").iterdir())) == 9
    assert len(list((folder / "out/seals").iterdir())) == 9


def test_another_pipeline_or_other_options_are_refused(folder):
    assert run(folder, "--limit", "10").exit_code == 0
    result = run(folder, "--no-text")
    assert result.exit_code == 2
    assert "[C319]" in result.output
    assert "with_text differ" in result.output
    result = run(folder, "--shard-size", "8")
    assert result.exit_code == 2
    assert "[C337]" in result.output
    assert "shards of 7 notes" in result.output
    spacy.blank("en").to_disk(folder / "model")
    result = run(folder)
    assert result.exit_code == 2
    assert "components, pipeline_sha256 differ" in result.output
    # Nothing was touched.
    assert len(ids(folder)) == 10


def test_another_pipeline_goes_on_if_it_is_told_to(folder):
    assert run(folder, "--limit", "10").exit_code == 0
    first = json.loads((folder / "out/run.json").read_text("utf8"))
    spacy.blank("en").to_disk(folder / "model")
    assert "60, 53 of them new" in run(folder, "--force").output
    assert ids(folder) == [f"n{i}" for i in range(N_NOTES)]
    records = [json.loads(line) for line in read(folder).splitlines()]
    assert [bool(record["sections"]) for record in records] == [True] * 7 + [False] * 53
    second = json.loads((folder / "out/run.json").read_text("utf8"))
    [earlier] = second["earlier"]
    assert earlier["pipeline_sha256"] == first["pipeline_sha256"]
    assert second["pipeline_sha256"] != first["pipeline_sha256"]
    # Or all of it is done again.
    assert "60, 60 of them new" in run(folder, "--restart").output
    assert json.loads((folder / "out/run.json").read_text("utf8"))["earlier"] == []


def test_more_notes_are_added(folder):
    """A limit that is raised, and notes at the end, do the last shard again."""
    assert "10, 10 of them new" in run(folder, "--limit", "10").output
    assert "60, 53 of them new" in run(folder).output
    with (folder / "notes.jsonl").open("a", encoding="utf8") as lines:
        lines.write('{"id": "more", "text": "More."}\n')
    assert "61, 5 of them new" in run(folder).output
    assert ids(folder) == [*[f"n{i}" for i in range(N_NOTES)], "more"]


def test_notes_that_have_changed_are_not_taken_for_the_same(folder):
    assert run(folder).exit_code == 0
    path = folder / "notes.jsonl"
    before = read(folder)
    # As long as before, so that no size tells.
    path.write_bytes(path.read_bytes().replace(b"number 30.", b"number 3O."))
    result = run(folder)
    assert result.exit_code == 2
    assert "[C338]" in result.output
    assert "shard 4" in result.output
    assert read(folder) == before
    assert "60, 7 of them new" in run(folder, "--force").output
    assert read(folder) == before.replace(b"number 30.", b"number 3O.")


def test_notes_that_move_are_not_lost_or_doubled(folder):
    """A file that can't be read at first shifts all notes behind it."""
    source = folder / "source"
    source.mkdir()
    for i in range(20):
        (source / f"note{i:02}.txt").write_text(f"HPI: {i}", encoding="utf8")
    (source / "note03.txt").write_bytes(b"\xff\xfe\x00")
    command = ["annotate", str(source), *arguments(folder)[2:]]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert len(ids(folder)) == 19
    (source / "note03.txt").write_text("HPI: 3", encoding="utf8")
    assert CliRunner().invoke(app, command).exit_code == 2
    assert CliRunner().invoke(app, [*command, "--force"]).exit_code == 0
    assert ids(folder) == [f"note{i:02}" for i in range(20)]


def test_failed_notes_are_listed_without_their_text_and_can_be_done_again(folder):
    nlp = spacy.blank("en")
    nlp.add_pipe("test_shards_fails")
    nlp.to_disk(folder / "model")
    notes = [{"id": f"n{i}", "text": "bad" if i == 9 else "good"} for i in range(20)]
    text = "".join(json.dumps(note) + "\n" for note in notes)
    (folder / "notes.jsonl").write_text(text + '{"no": "text"}\n', encoding="utf8")
    result = run(folder)
    assert result.exit_code == 1
    rows = (folder / "out/failures.jsonl").read_text("utf8").splitlines()
    failures = [json.loads(row) for row in rows]
    assert [row["id"] for row in failures] == ["n9", ""]
    assert failures[0]["error"]["component"] == "test_shards_fails"
    assert all("bad" not in json.dumps(row["error"]) for row in failures)
    assert failures[0]["error"]["code"] == ""
    assert failures[1]["error"]["component"] == "reader"
    assert failures[1]["error"]["code"] == "C306"
    before = read(folder)
    assert "20, 1 of them new" in run(folder, "--only-failed").output
    assert read(folder) == before
    # Mended, and only that note is done again.
    nlp = spacy.blank("en")
    nlp.add_pipe("test_shards_slow")
    nlp.to_disk(folder / "model")
    result = run(folder, "--only-failed", "--force")
    assert "20, 1 of them new" in result.output
    assert ids(folder) == [f"n{i}" for i in range(20)]
    assert not any(json.loads(line)["error"] for line in read(folder).splitlines())
    [row] = (folder / "out/failures.jsonl").read_text("utf8").splitlines()
    assert json.loads(row)["source"].endswith(":21")


def test_text_can_be_left_out(folder):
    assert run(folder, "--no-text").exit_code == 0
    assert b"Note number" not in read(folder)


def test_processes_write_the_same(folder):
    assert run(folder).exit_code == 0
    expected = read(folder)
    (folder / "out").rename(folder / "first")
    assert run(folder, "--n-process", "2", "--batch-size", "4").exit_code == 0
    assert read(folder) == expected


def test_wrong_use(folder):
    assert run(folder, "--html").exit_code == 2
    command = ["annotate", "x", "--output", str(folder / "o"), "--force"]
    assert CliRunner().invoke(app, command).exit_code == 2


def test_two_runs_keep_out_of_each_others_way(folder, monkeypatch):
    assert run(folder, "--limit", "7").exit_code == 0
    lock = FolderLock(folder / "out")
    monkeypatch.setattr(FolderLock.__init__, "__kwdefaults__", {"patience": 0.1})
    result = run(folder)
    assert result.exit_code == 2
    assert "[C339] Another run is writing to" in result.output
    assert len(ids(folder)) == 7
    lock.release()
    assert run(folder).exit_code == 0
    assert len(ids(folder)) == N_NOTES
