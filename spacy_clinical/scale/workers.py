"""Annotate many notes in as many processes as there are cores.

Workers get notes and give records: Docs stay where they were made, as handing them over
would cost more than some components do. On Linux workers are forked, so that they share
the pipeline's weights; see `encoders.forks`.
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
    """Notes that need not be annotated, as an earlier run has done them."""

    n_notes: int


# What is handed on as it is, beside chunks of notes and their records.
HandedOn: TypeAlias = NoteFailure | NotesPassed
Waiting: TypeAlias = tuple[Sequence[Note], Future[list[Record]] | None]

# Elsewhere libraries of the system may not be forked.
START = "fork" if sys.platform == "linux" else "spawn"
# Chunks that a worker has before it: one to work on, one to go on with.
N_AHEAD = 2
# Some words, so that a pipeline makes ready what it needs before it is forked.
WARM_UP = Note("", "HPI: cough for two days.\nMEDICATIONS: aspirin 81 mg daily", {}, "")


def annotate_chunk(
    nlp: Language,
    notes: Sequence[Note],
    *,
    with_text: bool = True,
    attributes: Named = (),
) -> list[Record]:
    """Annotate notes together and describe what was found.

    What spaCy remembers of their words is forgotten again, so that memory does not grow
    with the number of notes.

    with_text: Whether records quote the note.
    attributes: See `records.make_record`.
    RETURNS: A record for each note, in their order; failures say so in "error".
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
    """Put notes together that follow each other.

    size (notes): Of a chunk; the last one may be smaller.
    YIELDS: Failures at once, before the notes that wait for others.
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
    """Annotate chunks of notes, in several processes if need be.

    A worker that dies, whatever it died of, is replaced and its notes are done again. If
    a note brings down its worker once more when it is alone, it fails and its neighbors
    don't.

    chunks: Notes that are annotated together: some dozens.
    n_process: Number of processes; -1 takes one for each processor.
    with_text, attributes: See `annotate_chunk`.
    YIELDS: The records of each chunk, in their order; what else is among the chunks as
        soon as it is read.
    RAISES: What `chunks` raises.
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
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Workers:
    """Processes that annotate, and what to do when one of them dies."""

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
        """The processes, started on first use."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.n_process,
                mp_context=multiprocessing.get_context(START),
                initializer=_start_worker,
                initargs=(_pack(self.nlp), self.with_text, self.attributes),
            )
        return self._pool

    def stop(self) -> None:
        """Let all processes end; notes that they have not begun are left."""
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
                # It is unknown which chunk it was: each of those inside is tried alone.
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
        """Annotate a chunk while no other is; if its worker dies, note by note."""
        records = self._try(chunk)
        if records is not None:
            return records
        found = []
        for note in chunk:
            of_note = self._try([note])
            found += [self._fail(note)] if of_note is None else of_note
        return found

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


# What a worker works with.
_nlp: Language
_with_text: bool
_attributes: Named


class _Packed(NamedTuple):
    """A pipeline for a process that has nothing of this one.

    code: The user's own file, which has to be imported before.
    data: Pickled: the attributes that are known, and the pipeline.
    """

    code: Path | None
    data: bytes


def _pack(nlp: Language) -> Language | _Packed:
    """A forked process has all that this one has."""
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
    """Set up a worker process: it ends with its parent, which alone is interrupted."""
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
