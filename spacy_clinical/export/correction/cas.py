"""UIMA CAS as XMI, for INCEpTION and other tools of UIMA. Needs dkpro-cassis (extra
"inception").

    NAME.xmi          a note
    TypeSystem.xml    the types; INCEpTION takes it as the project's layers
    names.csv         name, id, source of each note

Layers of places: webanno.custom.ClinicalEntity (value, concept, concept_name, and one
feature for each attribute), .ClinicalIdentifier (value) and .ClinicalSection (value); of
relations: .ClinicalRelation (value), from the child (Dependent) to the head (Governor).
XMI counts UTF-16 units; dkpro-cassis converts them. It has no control characters: spaces
stand for them, so that places stay.

SOURCE: https://inception-project.github.io, https://github.com/dkpro/dkpro-cassis
"""

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cassis

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.brat import COLUMNS
from spacy_clinical.export.correction.annotated import (
    Annotated,
    Holds,
    Layer,
    Link,
    Mark,
    Read,
    list_annotations,
    read_safely,
)
from spacy_clinical.export.correction.names import NAMES, read_names
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.files.atomic import fill_folder, open_new
from spacy_clinical.files.cells import TableWriter
from spacy_clinical.files.names import FileNames
from spacy_clinical.files.regular import read_regular
from spacy_clinical.types import Note

KIND = "UIMA CAS (XMI)"
HOLDS = Holds(attributes=True, concepts=True, sections=True, identifiers=True)
TYPES_FILE = "TypeSystem.xml"
_SPACE = "webanno.custom."
TYPES: Mapping[Layer, str] = {
    "entities": f"{_SPACE}ClinicalEntity",
    "identifiers": f"{_SPACE}ClinicalIdentifier",
    "sections": f"{_SPACE}ClinicalSection",
}
RELATION = f"{_SPACE}ClinicalRelation"
METADATA = "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.DocumentMetaData"
# INCEpTION's own layer of entities, where people have used that one.
NAMED_ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
# XML 1.0 has none of these.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean_text(text: str) -> str:
    """Replace what XML can't hold by spaces; places stay."""
    return _NO_XML.sub(" ", text)


def make_types() -> cassis.TypeSystem:
    """Make the types of all layers."""
    system = cassis.TypeSystem()
    for name in (*TYPES.values(), RELATION):
        made = system.create_type(name, "uima.tcas.Annotation")
        system.create_feature(made, "value", "uima.cas.String")
        if name == TYPES["entities"]:
            for feature in ("concept", "concept_name"):
                system.create_feature(made, feature, "uima.cas.String")
            for feature in CONTEXT_ATTRIBUTES:
                system.create_feature(made, feature, "uima.cas.Boolean")
        if name == RELATION:
            for feature in ("Governor", "Dependent"):
                system.create_feature(made, feature, TYPES["entities"])
    return system


def write_folder(records: Iterable[Mapping[str, Any]], folder: Path) -> int:
    """Write records to a new folder, which appears when all are written.

    RETURNS: The number of notes.
    RAISES FileExistsError: C326, if the folder has files.
    RAISES ValueError: C325 and C761, at a record that tools can't show.
    """
    system = make_types()
    n_notes = 0
    with fill_folder(folder) as part, open_new(part / NAMES) as handle:
        table = TableWriter(handle, COLUMNS)
        names = FileNames()
        for record in records:
            annotated = list_annotations(record)
            note, name = annotated.note, names.make(str(record["id"]))
            _write(part / f"{name}.xmi", _to_text(make_cas(annotated, system).to_xmi()))
            table.write((name, note.id, note.source))
            n_notes += 1
        _write(part / TYPES_FILE, _to_text(system.to_xml()))
    return n_notes


def _to_text(xml: str | None) -> str:
    # None where it is written to a file.
    return xml or ""


def _write(path: Path, text: str) -> None:
    with open_new(path) as handle:
        handle.write(text)


def make_cas(annotated: Annotated, system: cassis.TypeSystem) -> cassis.Cas:
    """Make the CAS of a note.

    system: See `make_types`.
    """
    text = clean_text(annotated.note.text)
    cas = cassis.Cas(typesystem=system, sofa_string=text, sofa_mime="text/plain")
    made: list[Any] = []
    for mark in annotated.marks:
        features: dict[str, Any] = {"value": mark.label}
        if mark.layer == "entities":
            features |= {name: name in mark.attributes for name in CONTEXT_ATTRIBUTES}
            if mark.concepts:
                features["concept"], features["concept_name"] = mark.concepts[0]
        make = system.get_type(TYPES[mark.layer])
        made.append(make(begin=mark.start, end=mark.end, **features))
    make = system.get_type(RELATION)
    for link in annotated.links:
        child, head = made[link.child], made[link.head]
        place = {"begin": child.begin, "end": child.end}
        made.append(make(**place, value=link.label, Governor=head, Dependent=child))
    cas.add_all(made)
    return cas


def read_folder(path: Path) -> Iterator[Read]:
    """Read the notes of a folder with its subfolders, or of one .xmi file.

    Types are read from the nearest TypeSystem.xml, in the folder of a note or above it.

    YIELDS: The notes, or why one can't be read.
    """
    files = [path] if path.is_file() else sorted(path.rglob("*.xmi"))
    systems: dict[Path, cassis.TypeSystem] = {}
    for file in files:
        source = str(file.relative_to(path)) if path.is_dir() else file.name
        yield read_safely(_bind(file, path, source, systems), source, KIND)


def _bind(
    file: Path, root: Path, source: str, systems: dict[Path, cassis.TypeSystem]
) -> Any:
    def read() -> Annotated:
        system = _find_types(file, root, systems)
        try:
            return _read_cas(file, system, source)
        # lxml and cassis have errors of their own, which may quote the file.
        except Exception as error:
            if isinstance(error, CodedValueError):
                raise
            raise TypeError from None

    return read


def _find_types(
    file: Path, root: Path, systems: dict[Path, cassis.TypeSystem]
) -> cassis.TypeSystem:
    top = root if root.is_dir() else root.parent
    for folder in (file.parent, *file.parent.parents):
        found = folder / TYPES_FILE
        if found.is_file():
            if found not in systems:
                data = read_regular(found)
                systems[found] = cassis.load_typesystem(io.BytesIO(data))
            return systems[found]
        if folder == top:
            break
    reason = f"there is no {TYPES_FILE} beside it"
    message = Errors.C760.format(source=file.name, kind=KIND, reason=reason)
    raise CodedValueError(message)


def _read_cas(file: Path, system: cassis.TypeSystem, source: str) -> Annotated:
    with warnings.catch_warnings():
        # They name types that the type system lacks.
        warnings.simplefilter("ignore")
        cas = cassis.load_cas_from_xmi(
            io.BytesIO(read_regular(file)), typesystem=system, lenient=True
        )
    text = cas.sofa_string
    if not isinstance(text, str):
        raise TypeError
    marks: list[Mark] = []
    numbers: dict[int, int] = {}
    for name, layer in _list_types(system):
        for one in cas.select(name):
            numbers[one.xmiID] = len(marks)
            marks.append(_make_mark(one, layer))
    links = []
    if system.contains_type(RELATION):
        relations: Iterable[Any] = cas.select(RELATION)
        for one in relations:
            child, head = numbers[one.Dependent.xmiID], numbers[one.Governor.xmiID]
            links.append(Link(one.value or "related", child, head))
    name = _find_title(cas) or file.stem
    note_id, known = read_names(file.parent).get(name, (name, source))
    return Annotated(Note(note_id, text, {}, known), marks, links)


def _find_title(cas: cassis.Cas) -> str:
    """Find the name of the document as it was imported; "" without one.

    Projects of INCEpTION name files by the annotators.
    """
    if not cas.typesystem.contains_type(METADATA):
        return ""
    titles = (_get(one, "documentTitle") or "" for one in cas.select(METADATA))
    return next((title for title in titles if title), "").removesuffix(".xmi")


def _list_types(system: cassis.TypeSystem) -> Iterator[tuple[str, Layer]]:
    for layer, name in TYPES.items():
        if system.contains_type(name):
            yield name, layer
    if system.contains_type(NAMED_ENTITY):
        yield NAMED_ENTITY, "entities"


def _make_mark(one: Any, layer: Layer) -> Mark:
    get = one.get
    true = tuple(name for name in CONTEXT_ATTRIBUTES if _get(one, name) is True)
    concept = _get(one, "concept") or _get(one, "identifier")
    concepts = ((concept, _get(one, "concept_name") or ""),) if concept else ()
    return Mark(layer, one.begin, one.end, get("value") or "", true, concepts)


def _get(one: Any, name: str) -> Any:
    return getattr(one, name, None)
