"""Annotate many notes in several processes.

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
from typing import Any, NamedTuple, TypeAlias

from spacy.language import Language
from spacy.tokens.underscore import Underscore

from spacy_clinical.errors import Errors, get_code
from spacy_clinical.export.attributes import Named, parse_attributes
from spacy_clinical.export.records import (
    ErrorRecord,
    Record,
    make_failed,
    make_record,
    without_text,
)
from spacy_clinical.models.code import find_imported, import_code
from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.types import Note, NoteFailure


class NotesPassed(NamedTuple):
    """Number of notes that are skipped, because an earlier run has annotated them."""

    n_notes: int


# Items that are passed on between chunks of notes and their records.
HandedOn: TypeAlias = NoteFailure | NotesPassed
Waiting: TypeAlias = tuple[Sequence[Note], Future[list[Record]] | None]

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
    attributes = parse_attributes(attributes).list_names()
    with nlp.memory_zone():
        records = [
            make_record(note, doc, attributes=attributes)
            for note, doc in annotate_notes(nlp, notes, batch_size=len(notes))
        ]
    return records if with_text else [without_text(record) for record in records]


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
    attributes = parse_attributes(attributes).list_names()
    n_process = n_process if n_process > 0 else count_processors()
    if n_process == 1:
        for chunk in chunks:
            if isinstance(chunk, HandedOn):
                yield chunk
                continue
            yield annotate_chunk(nlp, chunk, with_text=with_text, attributes=attributes)
        return
    workers = _Workers(nlp, n_process, with_text, attributes)
    try:
        yield from workers.annotate(chunks)
    finally:
        workers.stop()


def count_processors() -> int:
    """Count the processors that are available to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Workers:
    """A pool of processes that annotate notes, and are replaced if they die."""

    def __init__(
        self, nlp: Language, n_process: int, with_text: bool, attributes: Named
    ) -> None:
        self.nlp = nlp
        self.n_process = n_process
        self.with_text = with_text
        self.attributes = attributes
        self._pool: ProcessPoolExecutor | None = None
        annotate_chunk(nlp, [WARM_UP])

    @property
    def pool(self) -> ProcessPoolExecutor:
        """Pool of processes, started on first use."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.n_process,
                mp_context=multiprocessing.get_context(START),
                initializer=_start_worker,
                initargs=(_pack(self.nlp), self.with_text, self.attributes),
            )
        return self._pool

    def stop(self) -> None:
        """Stop all processes and cancel waiting chunks."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def annotate(
        self, chunks: Iterable[Sequence[Note] | HandedOn]
    ) -> Iterator[list[Record] | HandedOn]:
        """Annotate chunks, in order."""
        waiting: deque[Waiting] = deque()
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
                records = self._annotate_alone(chunk)
            yield records

    def _has_room(self, waiting: Sequence[Waiting]) -> bool:
        is_alone = any(future is None for _, future in waiting)
        return not is_alone and len(waiting) < N_AHEAD * self.n_process

    def _submit(self, notes: Sequence[Note]) -> Future[list[Record]] | None:
        try:
            return self.pool.submit(_work, notes)
        except BrokenProcessPool:
            self.stop()
            return None

    def _wait(self, future: Future[list[Record]]) -> list[Record] | None:
        try:
            return future.result()
        except BrokenProcessPool:
            self.stop()
            return None

    def _annotate_alone(self, chunk: Sequence[Note]) -> list[Record]:
        """Annotate a chunk while no other is submitted, or else note by note."""
        records = self._try(chunk)
        if records is not None:
            return records
        records = []
        for note in chunk:
            of_note = self._try([note])
            records += [self._fail(note)] if of_note is None else of_note
        return records

    def _try(self, notes: Sequence[Note]) -> list[Record] | None:
        future = self._submit(notes)
        return None if future is None else self._wait(future)

    def _fail(self, note: Note) -> Record:
        message = Errors.C335.format(n_chars=len(note.text))
        error: ErrorRecord = {
            "component": "worker",
            "code": get_code(message),
            "type": BrokenProcessPool.__name__,
            "message": message,
        }
        record = make_failed(note, error)
        return record if self.with_text else without_text(record)


# State of a worker process.
_nlp: Language
_with_text: bool
_attributes: Named


class _Packed(NamedTuple):
    """A pipeline for a new process that shares no memory with this one.

    code: The user's Python file to import before.
    data: Pickled state of the custom attributes, and pickled pipeline.
    """

    code: Path | None
    data: bytes


def _pack(nlp: Language) -> Language | _Packed:
    """Pack a pipeline for a worker. Forked workers need no packing."""
    if START == "fork":
        return nlp
    state: Any = Underscore.get_state()
    return _Packed(find_imported(), pickle.dumps((state, nlp)))


def _unpack(packed: Language | _Packed) -> Language:
    if isinstance(packed, Language):
        return packed
    if packed.code is not None:
        import_code(packed.code)
    nlp: Language
    state, nlp = pickle.loads(packed.data)
    # Components may have added attributes when they were made.
    Underscore.load_state(state)
    return nlp


def _start_worker(
    packed: Language | _Packed, with_text: bool, attributes: Named
) -> None:
    """Set up a worker process. It ignores interrupts, and ends when its parent does."""
    global _nlp, _with_text, _attributes
    _nlp, _with_text, _attributes = _unpack(packed), with_text, attributes
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True)
        watch.start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _work(notes: Sequence[Note]) -> list[Record]:
    return annotate_chunk(_nlp, notes, with_text=_with_text, attributes=_attributes)
