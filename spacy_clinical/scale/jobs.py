"""Jobs: what is done with batches of notes, in one or several processes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from spacy.language import Language

from spacy_clinical.export.attributes import Named
from spacy_clinical.export.records import (
    ErrorRecord,
    Record,
    make_failed,
    make_record,
    without_text,
)
from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.types import Note, NoteFailure

# A record of any kind: with "id", "source" and "error".
AnyRecord: TypeAlias = Mapping[str, Any]
R = TypeVar("R", bound=AnyRecord)


class NotesPassed(NamedTuple):
    """Number of notes that are skipped, because an earlier run has annotated them."""

    n_notes: int


# Items that are passed on between chunks of notes and their records.
HandedOn: TypeAlias = NoteFailure | NotesPassed


class Job(Protocol[R]):
    """Makes records of notes. It is sent to other processes."""

    @property
    def nlp(self) -> Language:
        """The pipeline."""

    def work(self, notes: Sequence[Note]) -> list[R]:
        """Make the records of a batch of notes, in order. Failures have an "error"."""

    def fail(self, note: Note, error: ErrorRecord) -> R:
        """Make the record of a note whose process died."""


class AnnotateJob(NamedTuple):
    """Makes the records of annotated notes.

    nlp: The pipeline.
    with_text: Whether records quote the note.
    attributes: See `records.make_record`.
    """

    nlp: Language
    with_text: bool = True
    attributes: Named = ()

    def work(self, notes: Sequence[Note]) -> list[Record]:
        """Annotate a batch of notes.

        Words of the notes are removed from the vocab afterwards, so that memory doesn't
        grow with the number of notes.
        """
        with self.nlp.memory_zone():
            records = [
                make_record(note, doc, attributes=self.attributes)
                for note, doc in annotate_notes(self.nlp, notes, batch_size=len(notes))
            ]
        return records if self.with_text else list(map(without_text, records))

    def fail(self, note: Note, error: ErrorRecord) -> Record:
        """Make the record of a note whose process died."""
        record = make_failed(note, error)
        return record if self.with_text else without_text(record)
