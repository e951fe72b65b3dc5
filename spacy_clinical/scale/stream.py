"""Run a pipeline over notes so that a failing note doesn't affect the others.

The components are called directly, not by `nlp.pipe`, which would need error handlers.
These would be set for all other users of the pipeline, too.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import raise_error

from spacy_clinical.errors import CodedRuntimeError, Errors
from spacy_clinical.extensions.attributes import record_error
from spacy_clinical.models import MAX_CHARS
from spacy_clinical.types import Note

Pipeline: TypeAlias = list[tuple[str, Any]]


def annotate_notes(
    nlp: Language,
    notes: Iterable[Note],
    *,
    batch_size: int | None = None,
) -> Iterator[tuple[Note, Doc]]:
    """Run a pipeline over notes, and yield one Doc for each, in order.

    If a batch fails, its notes are tried again one by one. A note that fails keeps the
    annotations of the components that don't. Notes may be longer than `nlp.max_length`,
    because shipped components read long notes in windows.

    The pipeline isn't changed, so several streams, threads and other callers can share
    it. Error handlers of components are called as usual, but errors that they raise
    don't stop the stream.

    nlp: The pipeline.
    notes: The notes.
    batch_size (notes): Size of a batch; None for the pipeline's own.
    YIELDS: The note with its Doc. If a component failed, `doc._.clinical_error` says
        which one and why, without any text of the note. If the tokenizer failed, the
        Doc is empty.
    """
    feed = _Feed(nlp, notes)
    docs: Iterator[Doc] = iter(feed)
    # A copy: others may disable components while the stream is suspended.
    pipeline = nlp.pipeline
    for _, proc in pipeline:
        docs = _flow(proc, docs, feed, batch_size or nlp.batch_size)
    for doc in docs:
        number = feed.get_number(doc)
        # A component made a new Doc; its note is unknown.
        if number is None:
            continue
        yield from _retry(nlp, pipeline, feed.take_until(number))
        yield feed.take(), doc
    yield from _retry(nlp, pipeline, feed.take_until(None))
    if feed.error is not None:
        raise feed.error


def make_long_doc(nlp: Language, text: str) -> Doc:
    """Make a Doc like `nlp.make_doc`, from a text of up to 20 million characters.

    A larger `nlp.max_length` is respected. It isn't changed.

    RAISES ValueError: spaCy's E088, for a longer text.
    """
    if nlp.max_length < len(text) <= MAX_CHARS:
        return nlp.tokenizer(text)
    return nlp.make_doc(text)


def make_note_doc(nlp: Language, note: Note) -> Doc:
    """Make a Doc of a note, and let components know its metadata that look for them.

    RAISES ValueError: As `make_long_doc`.
    """
    doc = make_long_doc(nlp, note.text)
    for _, proc in nlp.pipeline if note.meta else ():
        take_meta = getattr(proc, "take_meta", None)
        if take_meta is not None:
            take_meta(doc, note.meta)
    return doc


class _Feed:
    """Source of a stream's Docs, which keeps track of the notes in the stream.

    error: Error that ended the stream: from the source of the notes, or from a
        component that accepts no Docs.
    """

    def __init__(self, nlp: Language, notes: Iterable[Note]) -> None:
        self.error: Exception | None = None
        self._nlp = nlp
        self._notes = iter(notes)
        self._n_read = 0
        # The Docs are kept, so that no id() is used twice.
        self._inside: deque[tuple[int, Note, Doc | None]] = deque()
        self._numbers: dict[int, int] = {}

    def __iter__(self) -> Iterator[Doc]:
        while True:
            try:
                note = next(self._notes)
            except StopIteration:
                return
            # Raised at the end, or it would look like a component's error.
            except Exception as error:
                self.error = error
                return
            doc = self._tokenize(note)
            self._inside.append((self._n_read, note, doc))
            if doc is not None:
                self._numbers[id(doc)] = self._n_read
            self._n_read += 1
            if doc is not None:
                yield doc

    def get_number(self, doc: Doc) -> int | None:
        """Get the number of a Doc's note."""
        return self._numbers.get(id(doc))

    def take(self) -> Note:
        """Remove and return the oldest note in the stream."""
        _, note, doc = self._inside.popleft()
        self._numbers.pop(id(doc), None)
        return note

    def take_until(self, number: int | None) -> Iterator[Note]:
        """Remove and yield the notes before a number; all notes for None."""
        while self._inside and self._inside[0][0] != number:
            yield self.take()

    def _tokenize(self, note: Note) -> Doc | None:
        """Make a Doc; None if it fails, since an error would end the stream."""
        try:
            return make_note_doc(self._nlp, note)
        except Exception:
            return None


class _Source:
    """Source of a component's Docs.

    n_taken: Number of Docs that the component has taken.
    is_finished: Whether there are no more Docs.
    """

    def __init__(self, docs: Iterator[Doc]) -> None:
        self.n_taken = 0
        self.is_finished = False
        self._docs = docs

    def __iter__(self) -> Iterator[Doc]:
        return self

    def __next__(self) -> Doc:
        try:
            doc = next(self._docs)
        except StopIteration:
            self.is_finished = True
            raise
        self.n_taken += 1
        return doc


def _flow(
    proc: Any, docs: Iterator[Doc], feed: _Feed, batch_size: int
) -> Iterator[Doc]:
    """Run a component over a stream, and drop the Docs that it fails on.

    If the component's own stream raises an error, the Docs inside are lost, and a new
    stream is opened. If that one takes no Docs either, the stream ends, and the error
    is set on the feed.
    """
    if not hasattr(proc, "pipe"):
        yield from _call_each(proc, docs)
        return
    source = _Source(docs)
    while not source.is_finished:
        n_taken = source.n_taken
        try:
            yield from _open(proc, source, batch_size)
            return
        # A component may raise anything; the notes inside are tried again.
        except Exception as error:
            if source.n_taken == n_taken and not source.is_finished:
                feed.error = feed.error or error
                return


def _open(proc: Any, docs: Iterator[Doc], batch_size: int) -> Iterator[Doc]:
    """Open a component's stream. Own components keep Docs that they fail on."""
    pipe_on: Callable[..., Iterator[Doc]] | None = getattr(proc, "pipe_on", None)
    if pipe_on is None or proc.get_error_handler() is not raise_error:
        stream: Iterator[Doc] = proc.pipe(docs, batch_size=batch_size)
        return stream
    return pipe_on(docs, batch_size=batch_size)


def _call_each(proc: Callable[[Doc], Doc | None], docs: Iterator[Doc]) -> Iterator[Doc]:
    for doc in docs:
        try:
            done = proc(doc)
        except Exception:
            continue
        if done is not None:
            yield done


def _retry(
    nlp: Language, pipeline: Pipeline, notes: Iterable[Note]
) -> Iterator[tuple[Note, Doc]]:
    for note in notes:
        yield note, _annotate_alone(nlp, pipeline, note)


def _annotate_alone(nlp: Language, pipeline: Pipeline, note: Note) -> Doc:
    """Run all components on a note, even after one has failed."""
    try:
        doc = make_note_doc(nlp, note)
    except Exception as error:
        doc = Doc(nlp.vocab)
        record_error(doc, "tokenizer", error, n_chars=len(note.text))
        return doc
    for name, proc in pipeline:
        try:
            doc = _call(proc, doc)
        except Exception as error:
            record_error(doc, name, error)
    return doc


def _call(proc: Callable[[Doc], Doc | None], doc: Doc) -> Doc:
    """Run a component.

    RAISES RuntimeError: C030, if it returns no Doc, because its error handler ignored
        an error.
    """
    done = proc(doc)
    if done is None:
        raise CodedRuntimeError(Errors.C030)
    return done
