"""Run a pipeline over notes so that a failing note harms no other.

The components are driven from here, not by `nlp.pipe`: that would need error handlers
set in them, which all other users of the pipeline would get too.
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
    """Run a pipeline over notes, one Doc for each, in their order.

    A note that the stream lost, with others of its batch or alone, is tried again
    by itself, and keeps what the components that don't fail find. Notes may be longer
    than `nlp.max_length`: what ships here needs no memory beyond a window's.

    Nothing of the pipeline is changed, so that several streams, threads and other
    callers can share it. An error handler that was set in a component is called
    as ever, but what it raises stops nothing.

    batch_size (notes): None takes the pipeline's own.
    YIELDS: The note with its Doc. If a component failed, `doc._.clinical_error` says
        which and why, in plain data that holds nothing of the note; if the
        tokenizer did, the Doc is empty.
    """
    feed = _Feed(nlp, notes)
    docs: Iterator[Doc] = iter(feed)
    # As it is now: others may disable components while the stream is suspended.
    pipeline = nlp.pipeline
    for _, proc in pipeline:
        docs = _flow(proc, docs, feed, batch_size or nlp.batch_size)
    for doc in docs:
        number = feed.get_number(doc)
        # A component made a new Doc, which belongs to no known note.
        if number is None:
            continue
        yield from _retry(nlp, pipeline, feed.take_until(number))
        yield feed.take(), doc
    yield from _retry(nlp, pipeline, feed.take_until(None))
    if feed.error is not None:
        raise feed.error


def make_long_doc(nlp: Language, text: str) -> Doc:
    """Make a Doc as `nlp.make_doc` does, of a text of up to 20 million characters.

    Where `nlp.max_length` is larger, that counts. It is not changed.

    RAISES ValueError: spaCy's E088, for a longer text.
    """
    if nlp.max_length < len(text) <= MAX_CHARS:
        return nlp.tokenizer(text)
    return nlp.make_doc(text)


class _Feed:
    """Hands notes to a stream and remembers which of them have not come out.

    error: What ended it all: what the source of the notes raised, or a component that
        takes nothing.
    """

    def __init__(self, nlp: Language, notes: Iterable[Note]) -> None:
        self.error: Exception | None = None
        self._nlp = nlp
        self._notes = iter(notes)
        self._n_read = 0
        # The Docs are kept with their numbers, so that no id is given twice.
        self._inside: deque[tuple[int, Note, Doc | None]] = deque()
        self._numbers: dict[int, int] = {}

    def __iter__(self) -> Iterator[Doc]:
        while True:
            try:
                note = next(self._notes)
            except StopIteration:
                return
            # Kept for the end, or the stream would take it for a component's.
            except Exception as error:
                self.error = error
                return
            doc = self._tokenize(note.text)
            self._inside.append((self._n_read, note, doc))
            if doc is not None:
                self._numbers[id(doc)] = self._n_read
            self._n_read += 1
            if doc is not None:
                yield doc

    def get_number(self, doc: Doc) -> int | None:
        """Find the number of the note that a Doc was made of."""
        return self._numbers.get(id(doc))

    def take(self) -> Note:
        """Remove the note that went in first of those that are inside."""
        _, note, doc = self._inside.popleft()
        self._numbers.pop(id(doc), None)
        return note

    def take_until(self, number: int | None) -> Iterator[Note]:
        """Remove those that went in before a note; all of them for None."""
        while self._inside and self._inside[0][0] != number:
            yield self.take()

    def _tokenize(self, text: str) -> Doc | None:
        """Make a Doc here: a failure inside the stream would end it."""
        try:
            return make_long_doc(self._nlp, text)
        except Exception:
            return None


class _Source:
    """What a component's stream takes Docs from.

    n_taken: How many it has taken.
    is_finished: Whether there are no more.
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
    """Let Docs flow through a component, without those that it fails on.

    Where its own stream breaks, the Docs that are inside it are lost, and it goes on with
    a new one. If that takes nothing either, all ends here, and the feed is told why.
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
        # Whatever a component raised, the notes inside are tried again.
        except Exception as error:
            if source.n_taken == n_taken and not source.is_finished:
                feed.error = feed.error or error
                return


def _open(proc: Any, docs: Iterator[Doc], batch_size: int) -> Iterator[Doc]:
    """Open a component's stream; ours take what they fail on along."""
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
    """Run all components, those too that follow one that fails."""
    try:
        doc = make_long_doc(nlp, note.text)
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

    RAISES RuntimeError: C030, if its error handler kept an error to itself.
    """
    done = proc(doc)
    if done is None:
        raise CodedRuntimeError(Errors.C030)
    return done
