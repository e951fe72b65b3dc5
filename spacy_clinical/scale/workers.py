"""Make records of many notes in several processes.

Workers receive notes and return records, not Docs, which are slow to send between
processes. On Linux, workers are forked, so that they share the pipeline's weights; see
`encoders.forks`.
"""

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeAlias

from spacy.language import Language
from spacy.tokens.underscore import Underscore

from spacy_clinical.errors import Errors, get_code
from spacy_clinical.export.attributes import Named, parse_attributes
from spacy_clinical.export.records import ErrorRecord, Record
from spacy_clinical.models.code import find_imported, import_code
from spacy_clinical.scale.jobs import AnnotateJob, HandedOn, Job, R
from spacy_clinical.types import Note, NoteFailure

Waiting: TypeAlias = tuple[Sequence[Note], Future[list[R]] | None]

# On other systems, forking isn't safe with some system libraries.
START = "fork" if sys.platform == "linux" else "spawn"
# Chunks submitted per worker: one in progress, one waiting.
N_AHEAD = 2
# A short note, to initialize a pipeline before it is forked.
WARM_UP = Note("", "HPI: cough for two days.\nMEDICATIONS: aspirin 81 mg daily", {}, "")


def annotate_chunk(
    nlp: Language,
    notes: Sequence[Note],
    *,
    with_text: bool = True,
    attributes: Named = (),
) -> list[Record]:
    """Annotate a batch of notes, and make their records.

    Words of the notes are removed from the vocab afterwards, so that memory doesn't
    grow with the number of notes.

    nlp: The pipeline.
    notes: The notes.
    with_text: Whether records quote the note.
    attributes: See `records.make_record`.
    RETURNS: One record for each note, in order. Failures have an "error".
    """
    return _make_job(nlp, with_text, attributes).work(notes)


def make_chunks(
    notes: Iterable[Note | NoteFailure], size: int
) -> Iterator[list[Note] | NoteFailure]:
    """Group consecutive notes into chunks.

    notes: Notes, and failures of reading.
    size (notes): Size of a chunk; the last one may be smaller.
    YIELDS: Chunks of notes, and failures as soon as they are read.
    """
    chunk: list[Note] = []
    for note in notes:
        if isinstance(note, NoteFailure):
            yield note
            continue
        chunk.append(note)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def annotate_chunks(
    nlp: Language,
    chunks: Iterable[Sequence[Note] | HandedOn],
    *,
    n_process: int = 1,
    with_text: bool = True,
    attributes: Named = (),
) -> Iterator[list[Record] | HandedOn]:
    """Annotate chunks of notes, in one or several processes.

    A worker that dies is replaced, and its notes are tried again. A note whose worker
    dies again when it is alone fails; the other notes of its chunk don't.

    nlp: The pipeline.
    chunks: Chunks of some dozens of notes, and other items to pass on.
    n_process: Number of processes; -1 for one per core.
    with_text, attributes: See `annotate_chunk`.
    YIELDS: The records of each chunk, in order; other items as soon as they are read.
    RAISES: The errors of `chunks`.
    """
    job = _make_job(nlp, with_text, attributes)
    return run_chunks(job, chunks, n_process=n_process)


def _make_job(nlp: Language, with_text: bool, attributes: Named) -> AnnotateJob:
    return AnnotateJob(nlp, with_text, parse_attributes(attributes).list_names())


def run_chunks(
    job: Job[R], chunks: Iterable[Sequence[Note] | HandedOn], *, n_process: int = 1
) -> Iterator[list[R] | HandedOn]:
    """Make records of chunks of notes, in one or several processes.

    job: What is done with each chunk.
    chunks, n_process: See `annotate_chunks`, also for what is yielded and raised.
    """
    n_process = n_process if n_process > 0 else count_processors()
    if n_process == 1:
        for chunk in chunks:
            yield chunk if isinstance(chunk, HandedOn) else job.work(chunk)
        return
    workers = _Workers(job, n_process)
    try:
        yield from workers.run(chunks)
    finally:
        workers.stop()


def count_processors() -> int:
    """Count the processors that are available to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Workers(Generic[R]):
    """A pool of processes that work on notes, and are replaced if they die."""

    def __init__(self, job: Job[R], n_process: int) -> None:
        self.job = job
        self.n_process = n_process
        self._pool: ProcessPoolExecutor | None = None
        job.work([WARM_UP])

    @property
    def pool(self) -> ProcessPoolExecutor:
        """Pool of processes, started on first use."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.n_process,
                mp_context=multiprocessing.get_context(START),
                initializer=_start_worker,
                initargs=(_pack(self.job),),
            )
        return self._pool

    def stop(self) -> None:
        """Stop all processes and cancel waiting chunks."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def run(
        self, chunks: Iterable[Sequence[Note] | HandedOn]
    ) -> Iterator[list[R] | HandedOn]:
        """Work on chunks, in order."""
        waiting: deque[Waiting[R]] = deque()
        iterator = iter(chunks)
        is_finished = False
        while True:
            while not is_finished and self._has_room(waiting):
                chunk = next(iterator, None)
                if chunk is None:
                    is_finished = True
                elif isinstance(chunk, HandedOn):
                    yield chunk
                else:
                    waiting.append((chunk, self._submit(chunk)))
            if not waiting:
                return
            chunk, future = waiting.popleft()
            records = None if future is None else self._wait(future)
            if records is None:
                # Any submitted chunk may be the cause, so each is tried alone.
                waiting = deque((chunk, None) for chunk, _ in waiting)
                records = self._work_alone(chunk)
            yield records

    def _has_room(self, waiting: Sequence[Waiting[R]]) -> bool:
        is_alone = any(future is None for _, future in waiting)
        return not is_alone and len(waiting) < N_AHEAD * self.n_process

    def _submit(self, notes: Sequence[Note]) -> Future[list[R]] | None:
        try:
            return self.pool.submit(_work, notes)
        except BrokenProcessPool:
            self.stop()
            return None

    def _wait(self, future: Future[list[R]]) -> list[R] | None:
        try:
            return future.result()
        except BrokenProcessPool:
            self.stop()
            return None

    def _work_alone(self, chunk: Sequence[Note]) -> list[R]:
        """Work on a chunk while no other is submitted, or else note by note."""
        records = self._try(chunk)
        if records is not None:
            return records
        records = []
        for note in chunk:
            of_note = self._try([note])
            records += [self._fail(note)] if of_note is None else of_note
        return records

    def _try(self, notes: Sequence[Note]) -> list[R] | None:
        future = self._submit(notes)
        return None if future is None else self._wait(future)

    def _fail(self, note: Note) -> R:
        message = Errors.C335.format(n_chars=len(note.text))
        error: ErrorRecord = {
            "component": "worker",
            "code": get_code(message),
            "type": BrokenProcessPool.__name__,
            "message": message,
        }
        return self.job.fail(note, error)


# State of a worker process.
_job: Job[Any]


class _Packed(NamedTuple):
    """A job for a new process that shares no memory with this one.

    code: The user's Python file to import before.
    data: Pickled state of the custom attributes, and pickled job.
    """

    code: Path | None
    data: bytes


def _pack(job: Job[Any]) -> Job[Any] | _Packed:
    """Pack a job for a worker. Forked workers need no packing."""
    if START == "fork":
        return job
    state: Any = Underscore.get_state()
    return _Packed(find_imported(), pickle.dumps((state, job)))


def _unpack(packed: Job[Any] | _Packed) -> Job[Any]:
    if not isinstance(packed, _Packed):
        return packed
    if packed.code is not None:
        import_code(packed.code)
    job: Job[Any]
    state, job = pickle.loads(packed.data)
    # Components may have added attributes when they were made.
    Underscore.load_state(state)
    return job


def _start_worker(packed: Job[Any] | _Packed) -> None:
    """Set up a worker process. It ignores interrupts, and ends when its parent does."""
    global _job
    _job = _unpack(packed)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True)
        watch.start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _work(notes: Sequence[Note]) -> list[Any]:
    return _job.work(notes)
