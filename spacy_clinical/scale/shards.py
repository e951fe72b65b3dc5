"""Records in shards: a run that was cut off goes on where it was, and loses nothing.

A shard holds the records of so many notes that follow each other. It appears whole, when
its last note is done, and is what a later run takes as done. `run.json` says what makes
the records what they are; another pipeline, other settings or other notes are refused.

    run.json           settings, and when it is done: counts and failures
    shards/*.jsonl     records, as `records.make_record` makes them
    failures.jsonl     id, source and error of notes that failed; nothing of their text
"""

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinical.about import __version__
from spacy_clinical.errors import Errors
from spacy_clinical.export.atomic import open_atomic
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.types import Note, NoteFailure

RUN_FILE, FAILURES_FILE, SHARDS_FOLDER = "run.json", "failures.jsonl", "shards"

Annotate = Callable[[Iterator[Note]], Iterable[tuple[Note, Doc]]]


class ShardTotals(NamedTuple):
    """What a run has done, those before it included.

    n_new: Notes that this run annotated itself.
    """

    n_notes: int
    n_new: int
    n_shards: int
    n_failed: int


def list_shard_outputs(folder: Path) -> list[Path]:
    """Name all that `write_shards` may write, so that it is not read as notes."""
    names = (RUN_FILE, FAILURES_FILE, SHARDS_FOLDER)
    return [(folder / name).resolve() for name in names]


def describe_run(
    nlp: Language, files: Sequence[Path], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Say what makes the records of a run what they are.

    files: What notes are read from; their names and sizes count.
    settings: Options that change records or their order.
    """
    weights = {
        name: shim.describe()["weights_sha256"]
        for name, pipe in nlp.pipeline
        for shim in getattr(pipe, "shims", ())
    }
    config = nlp.config.to_str()
    return {
        "package": __version__,
        "pipeline": "{lang}_{name} {version}".format(**nlp.meta),
        "config_sha256": hashlib.sha256(config.encode("utf8")).hexdigest(),
        "weights_sha256": weights,
        "files": [[str(path), path.stat().st_size] for path in files],
        "settings": dict(settings),
    }


def prepare_run(folder: Path, run: Mapping[str, Any], *, force: bool = False) -> None:
    """Begin a run, or go on with one that was cut off.

    force: Whether to throw away what another run has done.
    RAISES ValueError: C319, if a run of another kind has begun there.
    """
    shards = folder / SHARDS_FOLDER
    shards.mkdir(parents=True, exist_ok=True)
    known = _read_run(folder)
    if known is not None:
        changed = sorted(key for key in run if known.get(key) != run[key])
        if changed and not force:
            raise ValueError(Errors.C319.format(path=folder, what=", ".join(changed)))
        if changed:
            for path in shards.iterdir():
                path.unlink()
    for path in shards.glob(".part-*"):
        # Left behind by a run that was killed.
        path.unlink()
    _write_run(folder, run, None)


def forget_failed(folder: Path) -> int:
    """Drop the shards that have failed notes, so that they are done again.

    RETURNS: How many were dropped.
    """
    n_dropped = 0
    for path in _list_shards(folder):
        if any(record["error"] is not None for record in _read_records(path)):
            path.unlink()
            n_dropped += 1
    return n_dropped


def write_shards(
    notes: Iterable[Note],
    annotate: Annotate,
    folder: Path,
    *,
    size: int,
    with_text: bool = True,
    unread: Sequence[NoteFailure] = (),
) -> ShardTotals:
    """Annotate the notes of shards that are not there, and write these.

    notes: In the same order each time.
    annotate: Hands on each note with its Doc, in their order.
    folder: As `prepare_run` left it.
    size (notes): Of a shard.
    unread: Files and rows that could not be read, complete once `notes` are.
    """
    done = {path.name for path in _list_shards(folder)}
    waiting: deque[int] = deque()

    def feed() -> Iterator[Note]:
        for number, note in enumerate(notes):
            if _name_shard(number // size) not in done:
                waiting.append(number // size)
                yield note

    lines: list[str] = []
    shard = -1
    n_new = 0
    for note, doc in annotate(feed()):
        number = waiting.popleft()
        if lines and number != shard:
            _write_shard(folder, shard, lines)
            lines = []
        shard = number
        record = make_record(note, doc)
        lines.append(format_line(record if with_text else without_text(record)))
        n_new += 1
        if len(lines) == size:
            _write_shard(folder, shard, lines)
            lines = []
    if lines:
        _write_shard(folder, shard, lines)
    return _finish(folder, unread, n_new)


def _finish(folder: Path, unread: Sequence[NoteFailure], n_new: int) -> ShardTotals:
    """Count what is there, and list what failed."""
    n_notes = n_failed = n_shards = 0
    with open_atomic(folder / FAILURES_FILE) as failures:
        for path in _list_shards(folder):
            n_shards += 1
            for record in _read_records(path):
                n_notes += 1
                if record["error"] is not None:
                    n_failed += 1
                    row = {key: record[key] for key in ("id", "source", "error")}
                    failures.write(format_line(row))
        for failure in unread:
            n_failed += 1
            error = {"message": failure.message}
            row = {"id": "", "source": failure.source, "error": error}
            failures.write(format_line(row))
    totals = ShardTotals(n_notes, n_new, n_shards, n_failed)
    known = _read_run(folder)
    run = {k: v for k, v in (known or {}).items() if k != "done"}
    counts = {"n_notes": n_notes, "n_shards": n_shards, "n_failed": n_failed}
    _write_run(folder, run, counts)
    return totals


def _name_shard(number: int) -> str:
    return f"part-{number:06}.jsonl"


def _list_shards(folder: Path) -> list[Path]:
    return sorted((folder / SHARDS_FOLDER).glob("part-*.jsonl"))


def _read_records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf8") as lines:
        for line in lines:
            yield json.loads(line)


def _write_shard(folder: Path, number: int, lines: Sequence[str]) -> None:
    shards = folder / SHARDS_FOLDER
    with open_atomic(shards / _name_shard(number)) as handle:
        handle.writelines(lines)
    # That it is there must survive a power cut, too.
    descriptor = os.open(shards, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_run(folder: Path) -> dict[str, Any] | None:
    try:
        values: dict[str, Any] = json.loads((folder / RUN_FILE).read_text("utf8"))
    except (OSError, ValueError):
        return None
    return values


def _write_run(
    folder: Path, run: Mapping[str, Any], done: Mapping[str, int] | None
) -> None:
    with open_atomic(folder / RUN_FILE) as handle:
        json.dump({**run, "done": done}, handle, indent=1)
