"""Write entities of Docs as BRAT standoff, to view and correct them with BRAT.

    NAME.txt           the text, unchanged
    NAME.ann           doc.ents, one a line: T1, label with offsets in characters, text; then
                       what is said of them: A1, Negated, T1; and what they mean: N1,
                       Reference, T1, vocabulary with id, name of the concept; then
                       doc.spans["phi"], if there is such a group; and what belongs to
                       what, from child to head: R1, MODIFY Arg1:T2 Arg2:T1
    names.csv          name, id, source of each note
    annotation.conf    the types of entities, relations and attributes, as BRAT wants to know them

NAME is the id of the note, as `file_names` writes it; a name that is there already gets a
number: note, note-2. In names.csv an apostrophe stands before what a spreadsheet would
take for a formula.

SOURCE: https://brat.nlplab.org/standoff.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from spacy.tokens import Doc, Span

from spacy_clinical.concepts.systems import name_system
from spacy_clinical.corpora.brat_attributes import UNKNOWN_RESOURCE, WRITTEN
from spacy_clinical.export.concepts import (
    ConceptRecord,
    describe_concept,
    list_parts,
)
from spacy_clinical.export.docs import get_note
from spacy_clinical.export.relation_records import describe_relations
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.files.atomic import fill_folder, open_new
from spacy_clinical.files.cells import TableWriter
from spacy_clinical.files.names import FileNames
from spacy_clinical.identifiers.found import PHI_KEY
from spacy_clinical.types import Note

COLUMNS = ("name", "id", "source")
# Text without the characters that end lines or columns in any program.
_FRAGMENT = re.compile("[^\t\n\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029]+")
# A resource with an id in it.
_REFERENCE = re.compile(r"[A-Za-z][\w.-]*:[^:]+")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")


def format_ann(doc: Doc) -> str:
    """List `doc.ents` and identifiers as text-bound annotations, the attributes that are
    true for them, the concepts that they mean, and their relations, one a line; "" for
    none.

    A line break inside an entity ends a fragment, as BRAT asks. Relations of other spans
    are left out.
    """
    lines: list[str] = []
    ids: dict[tuple[int, int], str] = {}
    said: list[str] = []
    meant: list[str] = []
    for ent in _list_spans(doc):
        places, parts = [], []
        for match in _FRAGMENT.finditer(ent.text):
            part = match[0].strip()
            if part:
                start = ent.start_char + match.start() + match[0].index(part)
                places.append(f"{start} {start + len(part)}")
                parts.append(part)
        if places:
            label, number = _make_label(ent.label_), len(lines) + 1
            line = f"T{number}\t{label} {';'.join(places)}\t{' '.join(parts)}\n"
            lines.append(line)
            ids.setdefault((ent.start_char, ent.end_char), f"T{number}")
            true = [label for name, label in WRITTEN.items() if ent._.get(name) is True]
            said += [f"{label} T{number}" for label in true]
            meant += [f"Reference T{number} {one}" for one in list_references(ent)]
    attributes = [f"A{i}\t{one}\n" for i, one in enumerate(said, start=1)]
    concepts = [f"N{i}\t{one}\n" for i, one in enumerate(meant, start=1)]
    related = [f"R{i}\t{one}\n" for i, one in enumerate(_relate(doc, ids), start=1)]
    return "".join([*lines, *attributes, *concepts, *related])


def _relate(doc: Doc, ids: Mapping[tuple[int, int], str]) -> Iterator[str]:
    """List relations as BRAT has them.

    ids: Of entities, by their places (characters).
    """
    for row in describe_relations(doc)["relations"]:
        sides = [ids.get((row[s]["start"], row[s]["end"])) for s in ("child", "head")]
        if all(sides):
            yield f"{_make_label(row['label'])} Arg1:{sides[0]} Arg2:{sides[1]}"


def list_references(ent: Span) -> list[str]:
    """List the concepts of an entity as BRAT's references: "MESH:D003924", a tab, name.

    Ids without a prefix get the name of their vocabulary.
    """
    row = describe_concept(ent)
    unknown = ConceptRecord(id=row["kb_id"])
    references = []
    for concept in list_parts(row) or [unknown]:
        code = _SPACE.sub("_", concept["id"])
        if code:
            vocabulary = name_system(concept.get("vocabulary") or UNKNOWN_RESOURCE)
            prefix = "" if _REFERENCE.fullmatch(code) else f"{_make_label(vocabulary)}:"
            name = " ".join(_FRAGMENT.findall(concept.get("name") or ""))
            references.append(f"{prefix}{code}\t{name or code}")
    return references


def _list_spans(doc: Doc) -> list[Span]:
    return [*doc.ents, *list_spans(doc, PHI_KEY)]


def write_brat(docs: Iterable[Doc], folder: Path) -> int:
    """Write Docs to a new folder, which appears when all are written.

    docs: Their ids are those that `docs.set_note` kept, or their numbers.
    RETURNS: The number of Docs.
    RAISES FileExistsError: C326, if the folder has files.
    """
    labels: set[str] = set()
    relations: set[str] = set()
    n_docs = 0
    with fill_folder(folder) as part, open_new(part / "names.csv") as handle:
        table = TableWriter(handle, COLUMNS)
        names = FileNames()
        for doc in docs:
            note = get_note(doc) or Note(str(n_docs), doc.text, {}, "")
            name = names.make(note.id)
            _write(part / f"{name}.txt", doc.text)
            _write(part / f"{name}.ann", format_ann(doc))
            table.write((name, note.id, note.source))
            labels.update(_make_label(span.label_) for span in _list_spans(doc))
            relations.update(_make_label(row["label"]) for row in doc._.relations)
            n_docs += 1
        _write(part / "annotation.conf", _list_types(labels, relations))
    return n_docs


def _write(path: Path, text: str) -> None:
    with open_new(path) as handle:
        handle.write(text)


def _make_label(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", label) or "Entity"


def _list_types(labels: Iterable[str], relations: Iterable[str]) -> str:
    names = "".join(f"{label}\n" for label in sorted(labels))
    said = "".join(f"{label}\tArg:<ENTITY>\n" for label in WRITTEN.values())
    sides = "Arg1:<ENTITY>, Arg2:<ENTITY>"
    related = "".join(f"{label}\t{sides}\n" for label in sorted(relations))
    return f"[entities]\n{names}[relations]\n{related}[events]\n[attributes]\n{said}"
