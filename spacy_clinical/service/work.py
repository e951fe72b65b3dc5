"""Kinds of work that requests ask for, each on a batch of notes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from spacy_clinical.export.records import make_record
from spacy_clinical.extensions.attributes import describe_failure
from spacy_clinical.files.json_text import write_json
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.replace.modes import Modes
from spacy_clinical.scale.clean import CleanJob
from spacy_clinical.scale.jobs import AnnotateJob
from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.service.components import choose_components
from spacy_clinical.service.loaded import Loaded
from spacy_clinical.types import Note


class Question(NamedTuple):
    """A question about a note.

    sections: Labels of those to look in; None for all.
    top_k: The number of answers.
    """

    text: str
    sections: list[str] | None
    top_k: int


class Order(NamedTuple):
    """A note of a request.

    write: Makes what is sent of the note's record. It is called on the thread that
        computes.
    question: What is asked about the note, for `Questions`.
    """

    note: Note
    write: Callable[[Mapping[str, Any]], bytes]
    question: Question | None = None


class Answer(NamedTuple):
    """An answer about a note.

    code: Of what failed on it; "" if nothing did, "other" for an error without one.
    is_written: Whether it is in the form that was asked for. Otherwise it is JSON that
        says why not.
    """

    body: bytes
    n_words: int
    code: str
    is_written: bool = True


Records = Sequence[Mapping[str, Any]]


class Work(Protocol):
    """A kind of work. Equal ones are computed together."""

    def make_records(self, loaded: Loaded, orders: Sequence[Order]) -> Records:
        """Make a record of each note. Failures have an "error"."""


class Annotation(NamedTuple):
    """Annotate notes.

    components: Those to run.
    """

    components: tuple[str, ...]

    def make_records(self, loaded: Loaded, orders: Sequence[Order]) -> Records:
        """Annotate a batch of notes."""
        with choose_components(loaded.nlp, self.components):
            return AnnotateJob(loaded.nlp).work([order.note for order in orders])


class Cleaning(NamedTuple):
    """Remove the identifiers of notes.

    key: What surrogates and dates follow from.
    modes: What is done with them, as pairs.
    preset, keep: As `identifiers.deidentify` has them.
    offsets: Whether records say where the replaced parts were.
    """

    key: Key
    modes: str | tuple[tuple[str, str], ...] | None
    preset: str | None
    keep: tuple[str, ...]
    offsets: bool

    def make_modes(self, loaded: Loaded) -> Modes:
        """Make the modes of all identifiers.

        RAISES ValueError: C890, for names that there aren't.
        """
        modes = dict(self.modes) if isinstance(self.modes, tuple) else self.modes
        labels = loaded.phi_labels
        return Modes(modes, preset=self.preset, keep=self.keep, labels=labels)

    def make_records(self, loaded: Loaded, orders: Sequence[Order]) -> Records:
        """Remove the identifiers of a batch of notes."""
        modes = self.make_modes(loaded)
        job = CleanJob(loaded.nlp, modes, self.key, offsets=self.offsets)
        with choose_components(loaded.nlp, loaded.finding):
            return job.work([order.note for order in orders])


class Questions(NamedTuple):
    """Answer a question about each note.

    components: Those to run before.
    """

    components: tuple[str, ...]

    def make_records(self, loaded: Loaded, orders: Sequence[Order]) -> Records:
        """Annotate a batch of notes, and answer the question of each."""
        nlp, records = loaded.nlp, []
        notes = [order.note for order in orders]
        with choose_components(nlp, self.components), nlp.memory_zone():
            qa: Any = nlp.get_pipe(loaded.qa)
            docs = annotate_notes(nlp, notes, batch_size=len(notes))
            for (note, doc), order in zip(docs, orders, strict=True):
                asked, error = order.question, doc._.clinical_error
                answers: list[dict[str, Any]] = []
                if asked is not None and error is None:
                    try:
                        answers = qa.ask(
                            doc,
                            asked.text,
                            sections=asked.sections,
                            top_k=asked.top_k,
                        )
                    # Whatever fails, the others are answered.
                    except Exception as failure:
                        error = describe_failure(
                            loaded.qa, failure, n_chars=len(note.text)
                        )
                records.append(
                    {
                        "id": note.id,
                        "answers": answers,
                        "provenance": make_record(note, doc)["provenance"],
                        "error": error,
                    }
                )
        return records


def compute(loaded: Loaded, work: Work, orders: Sequence[Order]) -> list[Answer]:
    """Do a kind of work on notes.

    RETURNS: An answer for each note; one that fails doesn't affect the others.
    """
    try:
        records = work.make_records(loaded, orders)
    except Exception as error:
        if len(orders) > 1:
            return [a for order in orders for a in compute(loaded, work, [order])]
        return [_fail(orders[0], error)]
    return [_write(*pair) for pair in zip(orders, records, strict=True)]


def _write(order: Order, record: Mapping[str, Any]) -> Answer:
    failed = record["error"]
    code = "" if failed is None else failed["code"] or "other"
    try:
        body = order.write(record)
    # Whatever a record has that can't be written, the others are.
    except Exception as error:
        return _fail(order, error)
    return Answer(body, len(order.note.text.split()), code)


def _fail(order: Order, error: Exception) -> Answer:
    failure = describe_failure("service", error, n_chars=len(order.note.text))
    body = write_json({"id": order.note.id, "error": failure}).encode("utf8")
    return Answer(body, 0, failure["code"] or "other", is_written=False)
