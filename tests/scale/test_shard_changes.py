"""Shards of a run whose input has changed, or whose files somebody touched (issue 14)."""

import json
import os

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_clinical.export.folder import write_folder
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.scale.parts import refuse_shards, remove_shards
from spacy_clinical.scale.shards import ShardWriter
from spacy_clinical.scale.workers import HandedOn
from spacy_clinical.types import Note, NoteFailure

SIZE = 3
NLP = spacy.blank("en")


def make_notes(texts):
    return [Note(f"n{i}", text, {}, f"{i}.txt") for i, text in texts]


def run(folder, texts, *, with_text=True, pipeline="a", size=SIZE, **options):
    """Annotate notes: those of the text "bad" fail."""
    facts = {"pipeline": pipeline, "with_text": with_text, "shard_size": size}
    writer = ShardWriter(folder, facts, chunk_size=2, **options)

    def annotate(chunks):
        for notes in chunks:
            if isinstance(notes, HandedOn):
                yield notes
                continue
            records = [make_record(note, NLP(note.text)) for note in notes]
            for record in records:
                if record["text"] == "bad":
                    record["error"] = {"code": "", "message": "failed"}
            yield records if with_text else [without_text(r) for r in records]

    unread = [NoteFailure("gone.txt", "[C302] Can't read 'gone.txt'.")]
    return writer.write([*make_notes(texts), *unread], annotate)


def read(folder):
    """All that a finished run has written."""
    names = ("shards/part-*", "seals/part-*", "failures.jsonl")
    files = [path for name in names for path in sorted(folder.glob(name))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def read_ids(folder):
    parts = sorted((folder / "shards").glob("part-*.jsonl"))
    lines = [line for part in parts for line in part.read_text("utf8").splitlines()]
    return [json.loads(line)["id"] for line in lines]


def texts(start, stop):
    return [(i, f"text {i}") for i in range(start, stop)]


numbered = st.tuples(st.integers(0, 9), st.sampled_from(["one", "two", "bad"]))
inputs = st.lists(st.lists(numbered, max_size=11), min_size=2, max_size=4)


@given(inputs=inputs, only_failed=st.booleans())
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@pytest.mark.filterwarnings("ignore:.*W305")
def test_with_force_all_is_as_if_it_were_done_for_the_first_time(
    tmp_path_factory, inputs, only_failed
):
    folder = tmp_path_factory.mktemp("again")
    for notes in inputs:
        totals = run(folder, notes, force=True, only_failed=only_failed)
    fresh = tmp_path_factory.mktemp("fresh")
    expected = run(fresh, inputs[-1])
    assert read(folder) == read(fresh)
    assert read_ids(folder) == [f"n{i}" for i, _ in inputs[-1]]
    assert totals._replace(n_new=0) == expected._replace(n_new=0)
    done = json.loads((folder / "run.json").read_text("utf8"))["done"]
    assert done["n_notes"] == len(inputs[-1]) == totals.n_notes
    assert done["n_shards"] == len(list((folder / "shards").iterdir()))
    failures = (folder / "failures.jsonl").read_text("utf8").splitlines()
    assert done["n_failed"] == len(failures) == totals.n_failed


@pytest.mark.parametrize("left", [0, 3, 4, 6])
def test_notes_that_are_gone_are_refused_and_with_force_go(tmp_path, left):
    run(tmp_path, texts(0, 9))
    before = read(tmp_path)
    with pytest.raises(ValueError, match=rf"\[C338\].*shard {left // SIZE} "):
        run(tmp_path, texts(0, left))
    assert read(tmp_path) == before
    with pytest.warns(UserWarning, match=r"\[W305\].* shards whose notes are gone"):
        totals = run(tmp_path, texts(0, left), force=True)
    assert totals.n_notes == left
    assert read_ids(tmp_path) == [f"n{i}" for i in range(left)]


def test_notes_gone_from_the_first_shard_double_none(tmp_path):
    run(tmp_path, texts(0, 11))
    with pytest.warns(UserWarning, match="W305"):
        run(tmp_path, texts(3, 11), force=True)
    assert read_ids(tmp_path) == [f"n{i}" for i in range(3, 11)]


def test_files_of_others_stay_beside_shards(tmp_path):
    run(tmp_path, texts(0, 9))
    names = ("shards/part-mine.jsonl", "shards/.part-mine", "seals/notes.txt")
    for name in names:
        (tmp_path / name).write_text("mine")
    run(tmp_path, texts(0, 3), restart=True)
    with pytest.warns(UserWarning, match="W305"):
        remove_shards(tmp_path)
    assert all((tmp_path / name).read_text() == "mine" for name in names)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seals", "shards"]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: data[:-20],
        lambda data: data.replace(b"text 4", b"text 5"),
        lambda data: b"\xff\xfe\x00" * 9,
    ],
    ids=["emptied", "cut", "edited", "binary"],
)
def test_a_shard_that_was_touched_is_done_again_and_that_is_said(tmp_path, change):
    run(tmp_path, texts(0, 9))
    before = read(tmp_path)
    path = tmp_path / "shards/part-000001.jsonl"
    path.write_bytes(change(path.read_bytes()))
    with pytest.warns(UserWarning, match=r"\[W306\] 1 shards"):
        assert run(tmp_path, texts(0, 9)).n_new == SIZE
    assert read(tmp_path) == before


GOOD = {"n_notes": 3, "sha256": "", "with_text": True, "shard_sha256": "", "failed": []}
ROW = {"number": 0, "id": "", "source": "", "error": {}}
ODD = [
    b"",
    b"\xff\xfe",
    b"null",
    b"7",
    b"[]",
    b'"x"',
    b"{}",
    b"[" * 100_000,
    b'{"n_notes": ' * 100_000,
    b"9" * 5000,
    b'{"shard_size": 1e999, "with_text": true, "earlier": [], "done": null}',
    b'{"shard_size": -3, "with_text": true, "earlier": [], "done": null}',
    b'{"shard_size": true, "with_text": true, "earlier": [], "done": null}',
    b'{"shard_size": 3, "with_text": 1, "earlier": [], "done": null}',
    b'{"shard_size": 3, "with_text": true, "earlier": {}, "done": null}',
    b'{"shard_size": 3, "with_text": true, "earlier": [1], "done": null}',
    b'{"shard_size": 3, "with_text": true, "earlier": [], "done": 3}',
    b'{"shard_size": 3, "with_text": true, "earlier": [{"x": NaN}], "done": null}',
    *(
        json.dumps({**GOOD, **wrong}).encode()
        for wrong in (
            {"n_notes": 10**30},
            {"n_notes": -1},
            {"n_notes": 2.5},
            {"sha256": None},
            {"failed": None},
            {"failed": [1]},
            {"failed": [{**ROW, "number": 3}]},
            {"failed": [{**ROW, "number": "0"}]},
            {"failed": [{**ROW, "error": "x"}]},
            {"failed": [ROW, ROW]},
        )
    ),
]


@pytest.mark.parametrize("data", ODD)
def test_odd_seals_are_done_again(tmp_path, data):
    run(tmp_path, texts(0, 6))
    before = read(tmp_path)
    (tmp_path / "seals/part-000001.json").write_bytes(data)
    with pytest.warns(UserWarning, match=r"\[W306\] 1 shards"):
        assert run(tmp_path, texts(0, 6)).n_new == SIZE
    assert read(tmp_path) == before


@pytest.mark.parametrize("data", [None, *ODD])
def test_an_odd_run_is_refused_and_with_force_gone_on_with(tmp_path, data):
    run(tmp_path, texts(0, 6))
    before = read(tmp_path)
    path = tmp_path / "run.json"
    path.unlink() if data is None else path.write_bytes(data)
    fault = "missing" if data is None else "not a file"
    with pytest.raises(ValueError, match=rf"\[C341\].*run.json is {fault}"):
        run(tmp_path, texts(0, 6), with_text=False)
    assert read(tmp_path) == before
    totals = run(tmp_path, texts(0, 6), with_text=False, force=True)
    assert totals.n_new == 6
    assert b'"text 1"' not in b"".join(read(tmp_path).values())
    [earlier] = json.loads(path.read_text("utf8"))["earlier"]
    assert fault in earlier["error"]
    assert run(tmp_path, texts(0, 6), restart=True).n_new == 6
    assert read(tmp_path) == before


def test_pipes_are_not_waited_for(tmp_path):
    run(tmp_path, texts(0, 3))
    (tmp_path / "run.json").unlink()
    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(ValueError, match="C341"):
        run(tmp_path, texts(0, 3))


def test_shards_with_text_are_done_again_for_a_run_without(tmp_path):
    run(tmp_path, texts(0, 6))
    with pytest.raises(ValueError, match=r"\[C319\].*with_text differ"):
        run(tmp_path, texts(0, 6), with_text=False)
    assert run(tmp_path, texts(0, 6), with_text=False, force=True).n_new == 6
    assert b"text 1" not in b"".join(read(tmp_path).values())


def test_seals_of_an_earlier_version_are_done_again(tmp_path):
    """They hold no digest, so nothing tells whether their shards are whole."""
    run(tmp_path, texts(0, 3))
    path = tmp_path / "seals/part-000000.json"
    seal = json.loads(path.read_text("utf8"))
    del seal["shard_sha256"], seal["with_text"]
    path.write_text(json.dumps(seal))
    with pytest.warns(UserWarning, match="W306"):
        assert run(tmp_path, texts(0, 3)).n_new == 3


def test_what_a_plain_run_wrote_goes_when_all_shards_are_there(tmp_path):
    records = [make_record(note, NLP(note.text)) for note in make_notes(texts(0, 2))]
    write_folder(records, tmp_path, html=True)
    for name in (".notes.jsonl.k3x9ab_2", ".run.json.k3x9ab_2"):
        (tmp_path / name).write_text("text of a note")
    with pytest.warns(UserWarning, match=r"W305.*index.html, pages, notes.jsonl"):
        run(tmp_path, texts(0, 3), with_text=False)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"run.json", "failures.jsonl", "shards", "seals"}
    # What is made of the shards then stays until they change.
    (tmp_path / "view.html").write_text("Made by spacy-clinical 0.1.0")
    run(tmp_path, texts(0, 3), with_text=False)
    assert (tmp_path / "view.html").exists()
    with pytest.warns(UserWarning, match=r"W305.*view.html"):
        run(tmp_path, texts(0, 4), with_text=False)


def test_notes_that_no_run_made_stay(tmp_path):
    (tmp_path / "notes.jsonl").write_text('{"id": 1, "text": "a note"}')
    run(tmp_path, texts(0, 3))
    assert (tmp_path / "notes.jsonl").exists()


def test_a_run_that_fails_lets_the_next_in(tmp_path):
    run(tmp_path, texts(0, 6))
    for _ in range(2):
        with pytest.raises(ValueError, match="C338"):
            run(tmp_path, texts(0, 3))
        with pytest.raises(ValueError, match="C337"):
            run(tmp_path, texts(0, 3), size=4)
    assert not (tmp_path / ".lock").exists()
    with pytest.raises(ValueError, match="C340"):
        refuse_shards(tmp_path)
