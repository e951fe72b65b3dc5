"""BRAT files as annotations, exactly where they stand. `export.brat` writes them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from spacy_clinical.corpora.brat import find_texts
from spacy_clinical.corpora.brat_attributes import (
    MEANINGS,
    find_attributes,
    find_references,
    read_meanings,
)
from spacy_clinical.corpora.standoff import BratAnnotations, read_brat
from spacy_clinical.errors import CodedError, CodedOSError, CodedValueError, Errors
from spacy_clinical.export.correction.annotated import (
    Annotated,
    Holds,
    Layer,
    Link,
    Mark,
    Read,
    read_safely,
)
from spacy_clinical.export.correction.names import read_names
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.files.regular import read_regular
from spacy_clinical.identifiers.found import LABELS
from spacy_clinical.types import Note, NoteFailure

KIND = "BRAT (.txt with .ann)"
HOLDS = Holds(attributes=True, concepts=True, sections=False, identifiers=True)


def read_folder(path: Path) -> Iterator[Read]:
    """Read the notes of a folder with its subfolders, or of one .txt file.

    Annotations whose labels are those of identifiers are identifiers. Pieces with nothing
    but white space between them are one mark, others are several; relations are those of
    the first.

    YIELDS: The notes, or why one can't be read.
    RAISES ValueError: C205, if there are none.
    """
    for file in find_texts(path):
        source = str(file.relative_to(path)) if path.is_dir() else file.name
        marked = str(Path(source).with_suffix(".ann"))
        try:
            text = _read_text(file, source)
            content = _read_text(file.with_suffix(".ann"), marked)
            annotations = read_brat(text, content, name=marked)
        except CodedError as error:
            yield NoteFailure(source, str(error))
            continue
        note_id, known = read_names(file.parent).get(file.stem, (file.stem, source))
        note = Note(note_id, text, {}, known)
        made = Annotated(note, *_list_marks(annotations, text))
        yield read_safely(lambda one=made: one, source, KIND)  # type: ignore[misc]
    for file in sorted(path.rglob("*.ann")) if path.is_dir() else ():
        if not file.with_suffix(".txt").exists():
            source = str(file.relative_to(path))
            yield NoteFailure(source, Errors.C938.format(source=source))


def _read_text(path: Path, source: str) -> str:
    try:
        return read_regular(path).decode("utf8")
    except CodedError:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = Errors.C302.format(source=source, reason=reason)
        raise CodedOSError(message) from None
    except UnicodeDecodeError as error:
        message = Errors.C208.format(path=source, offset=error.start)
        raise CodedValueError(message) from None


def _list_marks(
    annotations: BratAnnotations, text: str
) -> tuple[list[Mark], list[Link]]:
    said = find_attributes(annotations, read_meanings(MEANINGS))
    names = {one.reference: one.name for one in annotations.normalizations}
    marks: list[Mark] = []
    numbers: dict[str, int] = {}
    references = find_references(annotations)
    for span in annotations.spans:
        numbers[span.id] = len(marks)
        true = [n for n in CONTEXT_ATTRIBUTES if n in said.get(span.id, ())]
        concepts = tuple(
            (key, _find_name(key, names)) for key in references.get(span.id, ())
        )
        layer: Layer = "identifiers" if span.label in LABELS else "entities"
        for start, end in _join_pieces(span.fragments, text):
            marks.append(Mark(layer, start, end, span.label, tuple(true), concepts))
    return marks, _list_links(annotations, numbers)


def _join_pieces(pieces: Sequence[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Join pieces that BRAT cuts at line ends."""
    joined = [pieces[0]]
    for start, end in pieces[1:]:
        before = joined[-1]
        if text[before[1] : start].strip():
            joined.append((start, end))
        else:
            joined[-1] = before[0], end
    return joined


def _find_name(key: str, names: Mapping[str, str]) -> str:
    name = next((names[k] for k in (key, f"KB:{key}") if k in names), "")
    return "" if name == key else name


def _list_links(annotations: BratAnnotations, numbers: Mapping[str, int]) -> list[Link]:
    triggers = {event.id: event.arguments[0][1] for event in annotations.events}
    links = []
    for relation in annotations.relations:
        sides = [
            numbers.get(triggers.get(target, target))
            for role, target in relation.arguments
            if role
        ]
        if len(sides) == 2 and sides[0] is not None and sides[1] is not None:
            links.append(Link(relation.label, sides[0], sides[1]))
    return links
