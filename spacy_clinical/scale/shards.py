"""Records in shards: a run that was cut off goes on where it was, and loses nothing.

A shard holds the records of so many notes that follow each other. It appears whole, when
its last note is done, and its seal after it: what its notes were, which of them failed,
and the digest of its file. A later run passes over shards that are as they were sealed,
if their notes are still the same. When a run is done, there are the shards of its notes
and no others, and what `write_folder` had written to the folder before is gone.

    run.json            what makes the records what they are; when done, counts
    shards/part-*.jsonl records, as `records.make_record` makes them
    seals/part-*.json   as `seals.Seal`
    failures.jsonl      id, source and error of all that failed; nothing of a text
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
from spacy_clinical.export.records import Record
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.digests import find_sha256
from spacy_clinical.files.json_text import write_json
from spacy_clinical.files.leftovers import remove_leftovers
from spacy_clinical.files.lock import FolderLock
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
from spacy_clinical.scale.workers import HandedOn, NotesPassed, make_chunks
from spacy_clinical.types import Note, NoteFailure

# Notes in, the records of each chunk out, in the same order; the others as they are.
Annotate: TypeAlias = Callable[
    [Iterator[Sequence[Note] | HandedOn]], Iterable[list[Record] | HandedOn]
]


class Chunk(NamedTuple):
    """Notes of one shard that are annotated together.

    shard: The shard's number.
    numbers: Theirs in the shard.
    """

    shard: int
    numbers: Sequence[int]
    notes: list[Note]


class ShardTotals(NamedTuple):
    """What a run has done, those before it included.

    n_new: Notes that this run annotated itself.
    """

    n_notes: int
    n_new: int
    n_shards: int
    n_failed: int


class ShardWriter:
    """Write the records of notes in shards, and go on with a run that was cut off.

    folder: Made if need be.
    run: As `describe_run` says.
    chunk_size (notes): Those that are annotated together; never of two shards.
    only_failed: Whether notes that failed before are done again.
    force: Whether to go on though the run has begun with another pipeline, to do shards
        again whose notes have changed, and to remove those of notes that are gone.
    restart: Whether to throw away what was done before.
    RAISES ValueError: C319 or C337, if a run of another kind has begun there; C341, if
        nothing tells what has.
    RAISES BlockingIOError: C339, if another process is writing there.
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
    ) -> None:
        self.folder = folder
        self.size = int(run["shard_size"])
        self.chunk_size = chunk_size
        self.only_failed = only_failed
        self.force = force
        self._n_shards = 0
        self._n_broken = 0
        # Whether there may be other records than when all was done.
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
        """Annotate the notes of shards that are not there, and write these.

        notes: In the same order each time, with what could not be read.
        RAISES ValueError: C338, if a shard's notes have changed, or are gone.
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
        """Clean up after a run that was killed, and say what this one is."""
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
            self._throw_away()
        begun = {**run, "earlier": earlier}
        self._write_json(path, {**begun, "done": None})
        return begun

    def _throw_away(self) -> None:
        """Remove what was done before; what is killed on the way isn't done."""
        known = read_run(self.folder / RUN_FILE)
        if known is not None:
            self._write_json(self.folder / RUN_FILE, {**known, "done": None})
        (self.folder / FAILURES_FILE).unlink(missing_ok=True)
        for part in list_parts(self.folder):
            part.unlink()

    def _annotate(
        self, notes: Iterable[Note | NoteFailure], annotate: Annotate
    ) -> Iterator[tuple[Chunk, list[Record]]]:
        for result in annotate(self._feed(notes)):
            if isinstance(result, NoteFailure):
                self._failures.append(result)
            elif not isinstance(result, NotesPassed):
                yield self._chunks.popleft(), result

    def _feed(
        self, notes: Iterable[Note | NoteFailure]
    ) -> Iterator[Sequence[Note] | HandedOn]:
        """Hand on the notes that have to be annotated, in chunks."""
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
        """Which notes of a shard have to be annotated."""
        seal = self._read_seal(shard)
        if seal is None or not self._is_whole(shard, seal):
            self._n_broken += self._get_seal_path(shard).exists()
            return range(n_notes)
        # Only with force such a shard is here.
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
        """Whether a shard is still the one that was sealed."""
        path = self._get_path(shard)
        return path.is_file() and find_sha256(path) == seal["shard_sha256"]

    def _remove_beyond(self) -> None:
        """Remove shards of notes that are gone."""
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
        names = f"{len(numbers)} shards, of notes that are gone"
        warn(Warnings.W305.format(path=self.folder, names=names))
        self._is_new = True

    def _write_shard(
        self, shard: int, results: Iterable[tuple[Chunk, list[Record]]]
    ) -> int:
        """Write a shard and its seal. RETURNS the number of new records."""
        seal = self._seals.pop(shard)
        path = self._get_path(shard)
        n_new = 0
        with open_atomic(path) as handle:
            # Around notes that are done again, the other records stay.
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
            # No seal is ever beside a shard that it isn't of.
            self._get_seal_path(shard).unlink(missing_ok=True)
        seal["shard_sha256"] = find_sha256(path)
        self._write_json(self._get_seal_path(shard), seal)
        return n_new

    def _finish(self, n_new: int) -> ShardTotals:
        """Count what is there, list what failed, and remove what isn't of this run."""
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
        """The runs that finished shards may be of, besides this one."""
        path = self.folder / RUN_FILE
        known = read_run(path)
        if known is None:
            is_there = path.exists()
            if not is_there and not list_parts(self.folder):
                return []
            fault = "not one that this command writes" if is_there else "missing"
            if not self.force:
                raise CodedValueError(Errors.C341.format(path=self.folder, fault=fault))
            return [{"error": f"{RUN_FILE} was {fault}"}]
        earlier: list[dict[str, Any]] = known.pop("earlier")
        # Earlier versions had none of the latter.
        before = {"attributes": [], "code_sha256": "", **known}
        changed = sorted(key for key in run if before.get(key) != run[key])
        if "shard_size" in changed:
            size = known["shard_size"]
            raise CodedValueError(Errors.C337.format(path=self.folder, size=size))
        if changed and not self.force:
            what = ", ".join(changed)
            raise CodedValueError(Errors.C319.format(path=self.folder, what=what))
        self._is_new = known.pop("done") is None
        return [*earlier, known] if changed else earlier

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
    # One that is done again as a whole may hold anything, or be a pipe.
    if path.is_file():
        with path.open(encoding="utf8", errors="replace", newline="\n") as lines:
            yield from lines


def _describe_failed(number: int, record: Record) -> Failed:
    error: Any = record["error"]
    return Failed(number=number, id=record["id"], source=record["source"], error=error)


def _describe_failure(failure: NoteFailure) -> dict[str, Any]:
    """A file or a row that could not be read, in the shape of a note that failed."""
    error = {
        "component": "reader",
        "code": get_code(failure.message),
        "type": type(failure).__name__,
        "message": failure.message,
    }
    return {"id": "", "source": failure.source, "error": error}
