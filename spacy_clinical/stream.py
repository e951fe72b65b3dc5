"""Run a pipeline over notes so that a failing note harms no other."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import raise_error

from spacy_clinical.extensions import record_error
from spacy_clinical.models import MAX_CHARS
from spacy_clinical.types import Note


def annotate_notes(
    nlp: Language,
    notes: Iterable[Note],
    *,
    batch_size: int | None = None,
) -> Iterator[tuple[Note, Doc]]:
    """Run a pipeline over notes, one Doc for each, in their order.

    A note that the stream lost, with others of its batch or alone, is tried again
    by itself, and keeps what the components that don't fail find. The limit
    `nlp.max_length` is raised if need be: what ships here needs no memory beyond a
    window's.

    batch_size (notes): None takes the pipeline's own.
    YIELDS: The note with its Doc. If a component failed, `doc._.clinical_error` says
        which and why, in plain data that holds nothing of the note; if the
        tokenizer did, the Doc is empty.
    """
    nlp.max_length = max(nlp.max_length, MAX_CHARS)
    feed = _Feed(nlp, notes)
    with _handle_errors(nlp, _skip_docs):
        while not feed.is_finished:
            n_read = feed.n_read
            broken: list[Exception] = []
            stream = nlp.pipe(feed, as_tuples=True, batch_size=batch_size)
            for doc, number in _until_error(stream, broken):
                yield from _retry(nlp, feed.take_until(number))
                yield feed.take(), doc
            if broken and feed.n_read == n_read:
                raise broken[0]
            yield from _retry(nlp, feed.take_until(None))
    if feed.error is not None:
        raise feed.error


class _Feed:
    """Hands notes to a stream and remembers which of them have not come out.

    n_read: Number of notes that went in.
    is_finished: Whether the notes have run out.
    error: What the source of the notes raised, if it broke.
    """

    def __init__(self, nlp: Language, notes: Iterable[Note]) -> None:
        self.n_read = 0
        self.is_finished = False
        self.error: Exception | None = None
        self._nlp = nlp
        self._notes = iter(notes)
        self._inside: deque[tuple[int, Note]] = deque()

    def __iter__(self) -> Iterator[tuple[Doc, int]]:
        while not self.is_finished:
            try:
                note = next(self._notes)
            except StopIteration:
                self.is_finished = True
                return
            # Kept for the end, or the stream would take it for a component's.
            except Exception as error:
                self.error = error
                self.is_finished = True
                return
            number = self.n_read
            self._inside.append((number, note))
            self.n_read += 1
            doc = self._tokenize(note.text)
            if doc is not None:
                yield doc, number

    def take(self) -> Note:
        """Remove the note that went in first of those that are inside."""
        return self._inside.popleft()[1]

    def take_until(self, number: int | None) -> Iterator[Note]:
        """Remove those that went in before a note; all of them for None."""
        while self._inside and self._inside[0][0] != number:
            yield self.take()

    def _tokenize(self, text: str) -> Doc | None:
        """Make a Doc here: a failure inside the stream would end it."""
        try:
            return self._nlp.make_doc(text)
        except Exception:
            return None


def _until_error(
    stream: Iterator[tuple[Doc, int]], broken: list[Exception]
) -> Iterator[tuple[Doc, int]]:
    """Pass on what comes out of a stream until it ends or breaks."""
    while True:
        try:
            item = next(stream)
        except StopIteration:
            return
        # Whatever a component raised, the notes inside are tried again.
        except Exception as error:
            broken.append(error)
            return
        yield item


def _retry(nlp: Language, notes: Iterable[Note]) -> Iterator[tuple[Note, Doc]]:
    for note in notes:
        with _handle_errors(nlp, raise_error):
            doc = _annotate_alone(nlp, note)
        yield note, doc


def _annotate_alone(nlp: Language, note: Note) -> Doc:
    """Run all components, those too that follow one that fails."""
    try:
        doc = nlp.make_doc(note.text)
    except Exception as error:
        doc = Doc(nlp.vocab)
        record_error(doc, "tokenizer", error, n_chars=len(note.text))
        return doc
    for name, proc in nlp.pipeline:
        try:
            doc = proc(doc)
        except Exception as error:
            record_error(doc, name, error)
    return doc


def _skip_docs(name: str, proc: Any, docs: list[Doc], error: Exception) -> None:
    """Let the stream go on without the Docs that a component failed on."""


@contextmanager
def _handle_errors(
    nlp: Language, handler: Callable[[str, Any, list[Doc], Exception], Any]
) -> Iterator[None]:
    """Set a pipeline's error handlers for a while."""
    default = nlp.default_error_handler
    procs: list[Any] = [
        proc for _, proc in nlp.pipeline if hasattr(proc, "set_error_handler")
    ]
    before = [proc.get_error_handler() for proc in procs]
    nlp.set_error_handler(handler)
    try:
        yield
    finally:
        nlp.default_error_handler = default
        for proc, own in zip(procs, before, strict=True):
            proc.set_error_handler(own)
