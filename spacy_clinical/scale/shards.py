"""Records in shards, so that an interrupted run can be resumed without loss.

A shard holds the records of a fixed number of consecutive notes. Its file appears when
its last note is done, and then its seal: the digest of its notes, the notes that
failed, and the digest of its file. A later run skips shards that match their seal, if
their notes are unchanged. When a run is done, the folder has only the shards of its
notes, and earlier output of `write_folder` is removed.

    run.json            settings that determine the records; counts when done
    shards/part-*.jsonl records of `records.make_record`
    seals/part-*.json   see `seals.Seal`
    failures.jsonl      id, source and error of all failures; no text of notes
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from spacy.util import minibatch

from spacy_clinical.errors import CodedValueError, Errors, Warnings, get_code, warn
from spacy_clinical.export.folder import clean_folder, remove_outputs
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.digests import find_sha256
from spacy_clinical.files.json_text import write_json
from spacy_clinical.files.leftovers import remove_leftovers
from spacy_clinical.files.lock import FolderLock
from spacy_clinical.scale.jobs import AnyRecord, HandedOn, NotesPassed
from spacy_clinical.scale.parts import (
    FAILURES_FILE,
    RUN_FILE,
    SEALS_FOLDER,
    SHARDS_FOLDER,
    TEMPORARY,
    get_number,
    list_parts,
)
from spacy_clinical.scale.seals import Failed, Seal, digest_notes, read_run, read_seal
from spacy_clinical.scale.workers import make_chunks
from spacy_clinical.types import Note, NoteFailure

# From chunks of notes to their records, in the same order; other items are passed on.
Annotate: TypeAlias = Callable[
    [Iterator[Sequence[Note] | HandedOn]], Iterable[Sequence[AnyRecord] | HandedOn]
]


class Chunk(NamedTuple):
    """Notes of one shard that are annotated together.

    shard: Number of the shard.
    numbers: Indices of the notes in the shard.
    notes: The notes.
    """

    shard: int
    numbers: Sequence[int]
    notes: list[Note]


class ShardTotals(NamedTuple):
    """Counts of a run, including the earlier runs that it resumes.

    n_notes: Number of notes in all shards.
    n_new: Number of notes that this run annotated.
    n_shards: Number of shards.
    n_failed: Number of failures.
    """

    n_notes: int
    n_new: int
    n_shards: int
    n_failed: int


class ShardWriter:
    """Writes the records of notes in shards, and resumes an interrupted run.

    folder: Output folder; created if it doesn't exist.
    run: Output of `describe_run`.
    chunk_size (notes): Number of notes that are annotated together, within a shard.
    only_failed: Whether to retry notes that failed before.
    force: Whether to resume a run that was started with other settings, to redo shards
        whose notes have changed, and to remove shards whose notes are gone.
    restart: Whether to delete the results of earlier runs.
    fixed: Settings that no run may be resumed without, not even with `force`.
    RAISES ValueError: C319, C337 or C883, if the folder has a run with other settings;
        C341 or C883, if those settings are unknown.
    RAISES BlockingIOError: C339, if another process is writing to the folder.
    """

    def __init__(
        self,
        folder: Path,
        run: Mapping[str, Any],
        *,
        chunk_size: int,
        only_failed: bool = False,
        force: bool = False,
        restart: bool = False,
        fixed: Iterable[str] = (),
    ) -> None:
        self.folder = folder
        self.fixed = frozenset(fixed)
        self.size = int(run["shard_size"])
        self.chunk_size = chunk_size
        self.only_failed = only_failed
        self.force = force
        self._n_shards = 0
        self._n_broken = 0
        # Whether records may have changed since the last complete run.
        self._is_new = True
        self._chunks: deque[Chunk] = deque()
        self._failures: list[NoteFailure] = []
        self._seals: dict[int, Seal] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FolderLock(folder)
        try:
            self.run = self._begin(run, restart=restart)
        except BaseException:
            self._lock.release()
            raise

    def write(
        self, notes: Iterable[Note | NoteFailure], annotate: Annotate
    ) -> ShardTotals:
        """Annotate the notes of unfinished shards, and write these shards.

        notes: All notes, in the same order in each run, and failures of reading.
        annotate: Function that annotates chunks of notes.
        RAISES ValueError: C338, if the notes of a shard have changed or are gone.
        """
        n_new = 0
        try:
            results = self._annotate(notes, annotate)
            by_shard = itertools.groupby(results, key=lambda result: result[0].shard)
            for shard, group in by_shard:
                n_new += self._write_shard(shard, group)
            self._remove_beyond()
            return self._finish(n_new)
        finally:
            self._lock.release()

    def _begin(self, run: Mapping[str, Any], *, restart: bool) -> dict[str, Any]:
        """Clean up after a killed run, and write the description of this one."""
        path = self.folder / RUN_FILE
        earlier = [] if restart else self._list_earlier(run)
        clean_folder(self.folder)
        for name in (RUN_FILE, FAILURES_FILE):
            remove_leftovers(self.folder / name)
        for name in (SHARDS_FOLDER, SEALS_FOLDER):
            (self.folder / name).mkdir(exist_ok=True)
        for part in list_parts(self.folder, TEMPORARY):
            part.unlink()
        if restart:
            self._discard()
        begun = {**run, "earlier": earlier}
        self._write_json(path, {**begun, "done": None})
        return begun

    def _discard(self) -> None:
        """Remove the results of earlier runs, which first count as unfinished."""
        before = read_run(self.folder / RUN_FILE)
        if before is not None:
            self._write_json(self.folder / RUN_FILE, {**before, "done": None})
        (self.folder / FAILURES_FILE).unlink(missing_ok=True)
        for part in list_parts(self.folder):
            part.unlink()

    def _annotate(
        self, notes: Iterable[Note | NoteFailure], annotate: Annotate
    ) -> Iterator[tuple[Chunk, Sequence[AnyRecord]]]:
        for result in annotate(self._feed(notes)):
            if isinstance(result, NoteFailure):
                self._failures.append(result)
            elif not isinstance(result, NotesPassed):
                yield self._chunks.popleft(), result

    def _feed(
        self, notes: Iterable[Note | NoteFailure]
    ) -> Iterator[Sequence[Note] | HandedOn]:
        """Yield chunks of the notes to annotate, and pass on failures."""
        for of_shard in make_chunks(notes, self.size):
            if isinstance(of_shard, NoteFailure):
                yield of_shard
                continue
            shard, self._n_shards = self._n_shards, self._n_shards + 1
            sha256 = digest_notes(of_shard)
            numbers = self._list_open(shard, len(of_shard), sha256)
            yield NotesPassed(len(of_shard) - len(numbers))
            if numbers:
                self._seals[shard] = Seal(
                    n_notes=len(of_shard),
                    sha256=sha256,
                    with_text=bool(self.run["with_text"]),
                    shard_sha256="",
                    failed=[],
                )
            for part in minibatch(numbers, self.chunk_size):
                chunk = Chunk(shard, part, [of_shard[number] for number in part])
                self._chunks.append(chunk)
                yield chunk.notes

    def _list_open(self, shard: int, n_notes: int, sha256: str) -> Sequence[int]:
        """List the indices of the notes of a shard that must be annotated."""
        seal = self._read_seal(shard)
        if seal is None or not self._is_whole(shard, seal):
            self._n_broken += self._get_seal_path(shard).exists()
            return range(n_notes)
        # Only reached with force.
        if seal["with_text"] != self.run["with_text"]:
            return range(n_notes)
        if seal["sha256"] == sha256 and seal["n_notes"] == n_notes:
            failed = [row["number"] for row in seal["failed"]]
            return failed if self.only_failed else []
        # The last shard of a run may get more notes.
        if seal["n_notes"] < n_notes or self.force:
            return range(n_notes)
        raise CodedValueError(Errors.C338.format(path=self.folder, shard=shard))

    def _is_whole(self, shard: int, seal: Seal) -> bool:
        """Check whether a shard's file still matches its seal."""
        path = self._get_path(shard)
        return path.is_file() and find_sha256(path) == seal["shard_sha256"]

    def _remove_beyond(self) -> None:
        """Remove the shards whose notes are gone."""
        parts = {
            path: number
            for path in list_parts(self.folder)
            if (number := get_number(path)) >= self._n_shards
        }
        if not parts:
            return
        numbers = sorted(set(parts.values()))
        if not self.force:
            raise CodedValueError(
                Errors.C338.format(path=self.folder, shard=numbers[0])
            )
        for path in parts:
            path.unlink()
        names = f"{len(numbers)} shards whose notes are gone"
        warn(Warnings.W305.format(path=self.folder, names=names))
        self._is_new = True

    def _write_shard(
        self, shard: int, results: Iterable[tuple[Chunk, Sequence[AnyRecord]]]
    ) -> int:
        """Write a shard and its seal. RETURNS: The number of new records."""
        seal = self._seals.pop(shard)
        path = self._get_path(shard)
        n_new = 0
        with open_atomic(path) as handle:
            # If only some notes are redone, the other records are copied.
            earlier = _read_lines(path)
            next_number = 0
            for chunk, records in results:
                n_new += len(records)
                for number, record in zip(chunk.numbers, records, strict=True):
                    handle.writelines(itertools.islice(earlier, number - next_number))
                    next(earlier, None)
                    next_number = number + 1
                    handle.write(format_line(record))
                    if record["error"] is not None:
                        seal["failed"].append(_describe_failed(number, record))
            handle.writelines(itertools.islice(earlier, seal["n_notes"] - next_number))
            # A seal never coexists with a shard that doesn't match it.
            self._get_seal_path(shard).unlink(missing_ok=True)
        seal["shard_sha256"] = find_sha256(path)
        self._write_json(self._get_seal_path(shard), seal)
        return n_new

    def _finish(self, n_new: int) -> ShardTotals:
        """Count the results, list the failures, and remove output of other runs."""
        n_notes = n_failed = n_shards = 0
        with open_atomic(self.folder / FAILURES_FILE) as failures:
            for shard in range(self._n_shards):
                seal = self._read_seal(shard)
                if seal is None:
                    continue
                n_shards += 1
                n_notes += seal["n_notes"]
                n_failed += len(seal["failed"])
                for row in seal["failed"]:
                    shown = {key: row[key] for key in ("id", "source", "error")}
                    failures.write(format_line(shown))
            for failure in self._failures:
                n_failed += 1
                failures.write(format_line(_describe_failure(failure)))
        if n_new or self._is_new:
            remove_outputs(self.folder)
        if self._n_broken:
            n = self._n_broken
            warn(Warnings.W306.format(n_shards=n, path=self.folder))
        totals = ShardTotals(n_notes, n_new, n_shards, n_failed)
        done = {"n_notes": n_notes, "n_shards": n_shards, "n_failed": n_failed}
        self._write_json(self.folder / RUN_FILE, {**self.run, "done": done})
        return totals

    def _list_earlier(self, run: Mapping[str, Any]) -> list[dict[str, Any]]:
        """List earlier runs that finished shards may come from."""
        path = self.folder / RUN_FILE
        last = read_run(path)
        if last is None:
            is_there = path.exists()
            if not is_there and not list_parts(self.folder):
                return []
            fault = "not a file that this command writes" if is_there else "missing"
            if self.fixed:
                what = f"{RUN_FILE} is {fault}, so they may"
                raise CodedValueError(Errors.C883.format(path=self.folder, what=what))
            if not self.force:
                raise CodedValueError(Errors.C341.format(path=self.folder, fault=fault))
            return [{"error": f"{RUN_FILE} was {fault}"}]
        earlier: list[dict[str, Any]] = last.pop("earlier")
        # Earlier versions didn't write these keys.
        before = {"attributes": [], "code_sha256": "", "task": "annotate", **last}
        changed = sorted(key for key in run if before.get(key) != run[key])
        if "shard_size" in changed:
            size = last["shard_size"]
            raise CodedValueError(Errors.C337.format(path=self.folder, size=size))
        if what := ", ".join(key for key in changed if key in {"task", *self.fixed}):
            raise CodedValueError(Errors.C883.format(path=self.folder, what=what))
        if changed and not self.force:
            what = ", ".join(changed)
            raise CodedValueError(Errors.C319.format(path=self.folder, what=what))
        self._is_new = last.pop("done") is None
        return [*earlier, last] if changed else earlier

    def _get_path(self, shard: int) -> Path:
        return self.folder / SHARDS_FOLDER / f"part-{shard:06}.jsonl"

    def _get_seal_path(self, shard: int) -> Path:
        return self.folder / SEALS_FOLDER / f"part-{shard:06}.json"

    def _read_seal(self, shard: int) -> Seal | None:
        return read_seal(self._get_seal_path(shard), size=self.size)

    def _write_json(self, path: Path, value: Mapping[str, Any]) -> None:
        with open_atomic(path) as handle:
            handle.write(write_json(value, indent=1))


def _read_lines(path: Path) -> Iterator[str]:
    # A broken shard may have any content, or be a pipe.
    if path.is_file():
        with path.open(encoding="utf8", errors="replace", newline="\n") as lines:
            yield from lines


def _describe_failed(number: int, record: AnyRecord) -> Failed:
    error: Any = record["error"]
    return Failed(number=number, id=record["id"], source=record["source"], error=error)


def _describe_failure(failure: NoteFailure) -> dict[str, Any]:
    """Describe a file or row that could not be read like a note that failed."""
    error = {
        "component": "reader",
        "code": get_code(failure.message),
        "type": type(failure).__name__,
        "message": failure.message,
    }
    return {"id": "", "source": failure.source, "error": error}
