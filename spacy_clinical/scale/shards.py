"""Records in shards: a run that was cut off goes on where it was, and loses nothing.

A shard holds the records of so many notes that follow each other. It appears whole, when
its last note is done, and its seal after it: what its notes were, and which of them
failed. A later run passes over shards that are sealed, if their notes are still the same.

    run.json            what makes the records what they are; when done, counts
    shards/part-*.jsonl records, as `records.make_record` makes them
    seals/part-*.json   n_notes, their SHA-256, and failed: number, id, source, error
    failures.jsonl      id, source and error of all that failed; nothing of a text
"""

import hashlib
import itertools
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypedDict, cast

from spacy.language import Language

from spacy_clinical.about import __version__
from spacy_clinical.checkpoints.store import find_sha256
from spacy_clinical.errors import Errors
from spacy_clinical.export.atomic import open_atomic
from spacy_clinical.export.jsonl import format_line
from spacy_clinical.export.records import Record
from spacy_clinical.extensions import CODE
from spacy_clinical.json_text import write_json
from spacy_clinical.models import get_title
from spacy_clinical.scale.lock import LOCK_FILE, FolderLock
from spacy_clinical.types import Note, NoteFailure

RUN_FILE, FAILURES_FILE = "run.json", "failures.jsonl"
SHARDS_FOLDER, SEALS_FOLDER = "shards", "seals"
# Notes in, the records of each chunk out, in the same order.
Annotate: TypeAlias = Callable[[Iterator[Sequence[Note]]], Iterable[list[Record]]]


class Seal(TypedDict):
    """What a finished shard was made of.

    failed: Number of the note in its shard, with its id, source and error.
    """

    n_notes: int
    sha256: str
    failed: list[dict[str, Any]]


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


def list_shard_outputs(folder: Path) -> list[Path]:
    """Name all that `ShardWriter` may write, so that it is not read as notes."""
    names = (RUN_FILE, FAILURES_FILE, SHARDS_FOLDER, SEALS_FOLDER, LOCK_FILE)
    return [(folder / name).resolve() for name in names]


def describe_run(
    nlp: Language, *, shard_size: int, with_text: bool, components: Mapping[str, Any]
) -> dict[str, Any]:
    """Say what makes the records of a run what they are.

    shard_size (notes): Of a shard.
    with_text: Whether records quote the notes.
    components: What the pipeline's components say of themselves: the provenance of a
        record.
    """
    return {
        "package": __version__,
        "pipeline": get_title(nlp),
        "pipeline_sha256": _digest_pipeline(nlp),
        "components": dict(components),
        "with_text": with_text,
        "shard_size": shard_size,
    }


class ShardWriter:
    """Write the records of notes in shards, and go on with a run that was cut off.

    folder: Made if need be.
    run: As `describe_run` says.
    chunk_size (notes): Those that are annotated together; never of two shards.
    only_failed: Whether notes that failed before are done again.
    force: Whether to go on though the run has begun with another pipeline, and to do
        shards again whose notes have changed.
    restart: Whether to throw away what was done before.
    RAISES ValueError: C319 or C337, if a run of another kind has begun there.
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
        self.n_passed = 0
        self._chunks: deque[Chunk] = deque()
        self._seals: dict[int, Seal] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FolderLock(folder)
        try:
            self.run = self._begin(run, restart=restart)
        except BaseException:
            self._lock.release()
            raise

    def write(
        self,
        notes: Iterable[Note],
        annotate: Annotate,
        unread: Sequence[NoteFailure] = (),
    ) -> ShardTotals:
        """Annotate the notes of shards that are not there, and write these.

        notes: In the same order each time.
        unread: Files and rows that could not be read, complete once `notes` are.
        RAISES ValueError: C338, if a shard's notes have changed.
        """
        n_new = 0
        try:
            results = self._annotate(notes, annotate)
            by_shard = itertools.groupby(results, key=lambda result: result[0].shard)
            for shard, group in by_shard:
                n_new += self._write_shard(shard, group)
            return self._finish(unread, n_new)
        finally:
            self._lock.release()

    def _begin(self, run: Mapping[str, Any], *, restart: bool) -> dict[str, Any]:
        """Clean up after a run that was killed, and say what this one is."""
        for name in (SHARDS_FOLDER, SEALS_FOLDER):
            (self.folder / name).mkdir(exist_ok=True)
            for path in (self.folder / name).glob("*part-*" if restart else ".part-*"):
                path.unlink()
        known = None if restart else _read_json(self.folder / RUN_FILE)
        begun = {**run, "earlier": self._list_earlier(known, run)}
        self._write_json(self.folder / RUN_FILE, {**begun, "done": None})
        return begun

    def _annotate(
        self, notes: Iterable[Note], annotate: Annotate
    ) -> Iterator[tuple[Chunk, list[Record]]]:
        for records in annotate(self._feed(notes)):
            yield self._chunks.popleft(), records

    def _feed(self, notes: Iterable[Note]) -> Iterator[list[Note]]:
        """Hand on the notes that have to be annotated, in chunks."""
        iterator = iter(notes)
        for shard in itertools.count():
            of_shard = list(itertools.islice(iterator, self.size))
            if not of_shard:
                return
            sha256 = _digest_notes(of_shard)
            numbers = self._list_open(shard, len(of_shard), sha256)
            self.n_passed += len(of_shard) - len(numbers)
            if numbers:
                n_notes = len(of_shard)
                seal = Seal(n_notes=n_notes, sha256=sha256, failed=[])
                self._seals[shard] = seal
            for i in range(0, len(numbers), self.chunk_size):
                part = numbers[i : i + self.chunk_size]
                chunk = Chunk(shard, part, [of_shard[number] for number in part])
                self._chunks.append(chunk)
                yield chunk.notes

    def _list_open(self, shard: int, n_notes: int, sha256: str) -> Sequence[int]:
        """Which notes of a shard have to be annotated."""
        seal = self._read_seal(shard)
        if seal is None:
            return range(n_notes)
        if seal["sha256"] == sha256:
            failed = [int(row["number"]) for row in seal["failed"]]
            return failed if self.only_failed else []
        # The last shard of a run may get more notes.
        if seal["n_notes"] < n_notes or self.force:
            return range(n_notes)
        raise ValueError(Errors.C338.format(path=self.folder, shard=shard))

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
                        row = {key: record[key] for key in ("id", "source", "error")}
                        seal["failed"].append({"number": number, **row})
            handle.writelines(itertools.islice(earlier, seal["n_notes"] - next_number))
        self._write_json(self._get_seal_path(shard), seal)
        return n_new

    def _finish(self, unread: Sequence[NoteFailure], n_new: int) -> ShardTotals:
        """Count what is there, and list what failed."""
        n_notes = n_failed = n_shards = 0
        with open_atomic(self.folder / FAILURES_FILE) as failures:
            for shard in self._list_shards():
                seal = self._read_seal(shard)
                if seal is None:
                    continue
                n_shards += 1
                n_notes += seal["n_notes"]
                n_failed += len(seal["failed"])
                for row in seal["failed"]:
                    del row["number"]
                    failures.write(format_line(row))
            for failure in unread:
                n_failed += 1
                failures.write(format_line(_describe_failure(failure)))
        totals = ShardTotals(n_notes, n_new, n_shards, n_failed)
        done = {"n_notes": n_notes, "n_shards": n_shards, "n_failed": n_failed}
        self._write_json(self.folder / RUN_FILE, {**self.run, "done": done})
        return totals

    def _list_earlier(
        self, known: dict[str, Any] | None, run: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """The runs that finished shards may be of, besides this one."""
        if known is None:
            return []
        earlier: list[dict[str, Any]] = known.pop("earlier", [])
        changed = sorted(key for key in run if known.get(key) != run[key])
        if "shard_size" in changed:
            size = known.get("shard_size")
            raise ValueError(Errors.C337.format(path=self.folder, size=size))
        if changed and not self.force:
            what = ", ".join(changed)
            raise ValueError(Errors.C319.format(path=self.folder, what=what))
        known.pop("done", None)
        return [*earlier, known] if changed else earlier

    def _list_shards(self) -> list[int]:
        names = (self.folder / SEALS_FOLDER).glob("part-*.json")
        return sorted(int(path.stem.removeprefix("part-")) for path in names)

    def _get_path(self, shard: int) -> Path:
        return self.folder / SHARDS_FOLDER / f"part-{shard:06}.jsonl"

    def _get_seal_path(self, shard: int) -> Path:
        return self.folder / SEALS_FOLDER / f"part-{shard:06}.json"

    def _read_seal(self, shard: int) -> Seal | None:
        if not self._get_path(shard).exists():
            return None
        return cast(Seal | None, _read_json(self._get_seal_path(shard)))

    def _write_json(self, path: Path, value: Mapping[str, Any]) -> None:
        with open_atomic(path) as handle:
            handle.write(write_json(value, indent=1))


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        values: dict[str, Any] = json.loads(path.read_text("utf8"))
    except (OSError, ValueError):
        return None
    return values


def _read_lines(path: Path) -> Iterator[str]:
    if path.exists():
        with path.open(encoding="utf8", newline="\n") as lines:
            yield from lines


def _digest_notes(notes: Sequence[Note]) -> str:
    digest = hashlib.sha256()
    for note in notes:
        for part in (note.id, note.text):
            data = part.encode("utf8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _digest_pipeline(nlp: Language) -> str:
    """SHA-256 of a pipeline's files, or of what it would be saved as."""
    digest = hashlib.sha256()
    if not isinstance(nlp.path, Path):
        digest.update(nlp.to_bytes())
        return digest.hexdigest()
    for path in sorted(path for path in nlp.path.rglob("*") if path.is_file()):
        digest.update(path.relative_to(nlp.path).as_posix().encode("utf8"))
        digest.update(find_sha256(path).encode("ascii"))
    return digest.hexdigest()


def _describe_failure(failure: NoteFailure) -> dict[str, Any]:
    """A file or a row that could not be read, in the shape of a note that failed."""
    code = CODE.match(failure.message)
    error = {
        "component": "reader",
        "code": code[1] if code else "",
        "type": type(failure).__name__,
        "message": failure.message,
    }
    return {"id": "", "source": failure.source, "error": error}
