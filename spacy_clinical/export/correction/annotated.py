"""What annotation tools hold of a note, as plain values, and its way from and to
records."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.concepts import list_parts
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.types import Note, NoteFailure

Layer: TypeAlias = Literal["entities", "identifiers", "sections"]
Status: TypeAlias = Literal["corrected", "suggested", "rejected"]

LAYERS: tuple[Layer, ...] = ("entities", "identifiers", "sections")
# Before labels of identifiers where entities and identifiers share one list of labels.
PREFIX = "phi:"


class Mark(NamedTuple):
    """A labelled place of a text.

    start, end (characters): Half open.
    attributes: Those of ConText that are true.
    concepts: Id and name of each.
    """

    layer: Layer
    start: int
    end: int
    label: str
    attributes: tuple[str, ...] = ()
    concepts: tuple[tuple[str, str], ...] = ()
    score: float | None = None

    @property
    def place(self) -> tuple[int, int, str]:
        """Its offsets, and its label."""
        return self.start, self.end, self.label


class Link(NamedTuple):
    """A labelled relation.

    child, head: Indices of marks.
    """

    label: str
    child: int
    head: int


class Annotated(NamedTuple):
    """A note with its annotations.

    status: Whether a person has looked at them; those that were "rejected" are none.
    """

    note: Note
    marks: list[Mark]
    links: list[Link]
    status: Status = "suggested"


class Holds(NamedTuple):
    """Features that a format can hold besides entities and relations."""

    attributes: bool
    concepts: bool
    sections: bool
    identifiers: bool


Read: TypeAlias = Annotated | NoteFailure


def list_annotations(record: Mapping[str, Any]) -> Annotated:
    """List what a record has for tools to show.

    record: As `records.make_record` makes it, with its text.
    RAISES ValueError: C325, if it has no text; C761, if a place is outside it.
    """
    source = str(record.get("source") or record["id"])
    if not isinstance(record.get("text"), str):
        kind = "of annotation tools"
        raise CodedValueError(Errors.C325.format(source=source, kind=kind))
    note = Note(record["id"], record["text"], record.get("meta") or {}, source)
    rows: dict[Layer, Sequence[Mapping[str, Any]]] = {
        "entities": [*record["entities"], *(record.get("overlapping") or ())],
        "identifiers": record.get("identifiers") or (),
        "sections": record.get("sections") or (),
    }
    marks = [_make_mark(layer, row) for layer, some in rows.items() for row in some]
    check_places(marks, note.text, source)
    places = {
        mark.place: i
        for i, mark in reversed(list(enumerate(marks)))
        if mark.layer == "entities"
    }
    links = []
    for row in record.get("relations") or ():
        child, head = (
            places.get((row[side]["start"], row[side]["end"], row[side]["label"]))
            for side in ("child", "head")
        )
        if child is not None and head is not None:
            links.append(Link(row["label"], child, head))
    return Annotated(note, marks, links)


def _make_mark(layer: Layer, row: Mapping[str, Any]) -> Mark:
    true = tuple(name for name in CONTEXT_ATTRIBUTES if row.get(name) is True)
    concepts = [(str(c["id"]), str(c.get("name") or "")) for c in list_parts(row)]
    if not concepts and row.get("kb_id"):
        concepts = [(str(row["kb_id"]), "")]
    score = row.get("score")
    place = row["start"], row["end"], str(row["label"])
    return Mark(layer, *place, true, tuple(concepts), score)


def check_places(marks: Iterable[Mark], text: str, source: str) -> None:
    """Check that marks lie in a text.

    source: What they are of, for the error.
    RAISES ValueError: C761, at the first that doesn't.
    """
    for mark in marks:
        if not 0 <= mark.start < mark.end <= len(text):
            raise CodedValueError(
                Errors.C761.format(source=source, start=mark.start, end=mark.end)
            )


def make_record(annotated: Annotated) -> dict[str, Any]:
    """Make a record, for exports and for Docs.

    Where entities overlap, the longest are in `entities`, the others in `overlapping`.
    """
    note, marks = annotated.note, annotated.marks
    ents = [mark for mark in marks if mark.layer == "entities"]
    chosen = choose_longest(ents)
    return {
        **{"id": note.id, "source": note.source, "meta": note.meta},
        **{"n_chars": len(note.text), "text": note.text},
        "sections": [
            _make_section(mark) for mark in _order(marks) if mark.layer == "sections"
        ],
        "subsections": [],
        "entities": [make_entity(mark, note.text) for mark in _order(chosen)],
        "overlapping": [
            make_entity(mark, note.text) for mark in _order(ents) if mark not in chosen
        ],
        **{"codes": [], "abbreviations": []},
        "relations": [make_relation(link, marks) for link in annotated.links],
        **{"medications": [], "measurements": []},
        "identifiers": [
            make_identifier(mark, note.text)
            for mark in _order(marks)
            if mark.layer == "identifiers"
        ],
        **{"n_sentences": 0, "sentences": [], "pieces": {}, "provenance": {}},
        "error": None,
    }


def _order(marks: Iterable[Mark]) -> list[Mark]:
    return sorted(marks, key=lambda mark: mark.place)


def choose_longest(marks: Iterable[Mark]) -> set[Mark]:
    """Choose marks that don't overlap, the longest first, then those that start first."""
    chosen: set[Mark] = set()
    taken: set[int] = set()
    for mark in sorted(marks, key=lambda m: (m.start - m.end, m.place)):
        if mark.start not in taken and mark.end - 1 not in taken:
            chosen.add(mark)
            taken.update(range(mark.start, mark.end))
    return chosen


def make_entity(mark: Mark, text: str) -> dict[str, Any]:
    """Make the record of an entity.

    text: Of the note.
    """
    ids = [concept_id for concept_id, _ in mark.concepts]
    concept = {"id": ids[0], "name": mark.concepts[0][1]} if ids else None
    return {
        "label": mark.label,
        "text": text[mark.start : mark.end],
        **{"start": mark.start, "end": mark.end, "score": mark.score, "section": ""},
        **{name: name in mark.attributes for name in CONTEXT_ATTRIBUTES},
        "assertion": None,
        "kb_id": ids[0] if ids else "",
        "kb_ents": [{"id": one, "score": 1.0} for one in ids],
        "concept": concept,
        "date": None,
    }


def make_relation(link: Link, marks: Sequence[Mark]) -> dict[str, Any]:
    """Make the record of a relation between marks."""
    sides = {"head": marks[link.head], "child": marks[link.child]}
    rows = {
        name: {"label": mark.label, "start": mark.start, "end": mark.end}
        for name, mark in sides.items()
    }
    return {"label": link.label, **rows, "score": 1.0}


def make_identifier(mark: Mark, text: str) -> dict[str, Any]:
    """Make the record of an identifier.

    text: Of the note.
    """
    return {
        **{"label": mark.label, "kind": "", "text": text[mark.start : mark.end]},
        **{"start": mark.start, "end": mark.end, "score": mark.score, "source": ""},
    }


def _make_section(mark: Mark) -> dict[str, Any]:
    return {
        **{"label": mark.label, "loinc": "", "title": ""},
        **{"start": mark.start, "end": mark.end, "body_start": mark.start},
        "score": mark.score,
    }


def join_label(mark: Mark) -> str:
    """Name a mark where entities and identifiers share one list of labels."""
    return f"{PREFIX}{mark.label}" if mark.layer == "identifiers" else mark.label


def split_label(label: str) -> tuple[Layer, str]:
    """Find the layer and the label of what `join_label` has named."""
    is_identifier = label.startswith(PREFIX)
    return ("identifiers" if is_identifier else "entities", label.removeprefix(PREFIX))


def read_safely(
    read: Callable[[], Annotated], source: str, kind: str
) -> Annotated | NoteFailure:
    """Read a note, or say why it can't be read; others can then be read still.

    read: Reads it; it may raise anything where the format is wrong.
    source: What it is, for messages.
    kind: Name of the format.
    """
    try:
        annotated = read()
        check_places(annotated.marks, annotated.note.text, source)
    except CodedValueError as error:
        return NoteFailure(source, str(error))
    # Messages of other errors may quote the note.
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        reason = type(error).__name__
        message = Errors.C760.format(source=source, kind=kind, reason=reason)
        return NoteFailure(source, message)
    return annotated
