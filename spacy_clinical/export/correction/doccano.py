"""doccano's JSON Lines of sequence labelling with relations.

On each line: text, entities (id, label, start_offset, end_offset), relations (id, from_id,
to_id, type), and what doccano keeps as metadata: note_id, source, and sections, which would
cover all else. Offsets count code points, unless a project counts grapheme clusters.
Labels of identifiers begin with "phi:". Relations lead from child to head.

SOURCE: https://doccano.github.io/doccano/tutorial/
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy_clinical.export.correction.annotated import (
    Annotated,
    Holds,
    Link,
    Mark,
    Read,
    join_label,
    list_annotations,
    split_label,
)
from spacy_clinical.export.correction.lines import read_lines
from spacy_clinical.export.jsonl import write_records
from spacy_clinical.types import Note

KIND = "doccano's JSON Lines"
HOLDS = Holds(attributes=False, concepts=False, sections=True, identifiers=True)


def write_lines(records: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write records, with ids of entities that are unique in the file.

    path: In a folder that exists.
    RETURNS: The number of notes.
    RAISES ValueError: C325 and C761, at a record that tools can't show.
    """
    ids = itertools.count(1)
    rows = (make_row(list_annotations(record), ids) for record in records)
    return write_records(rows, path)


def make_row(annotated: Annotated, ids: Iterator[int]) -> dict[str, Any]:
    """Make the row of a note.

    ids: Of its entities and relations.
    """
    note, marks = annotated.note, annotated.marks
    numbers = {i: next(ids) for i, mark in enumerate(marks) if mark.layer != "sections"}
    entities = [
        {
            **{"id": number, "label": join_label(marks[i])},
            **{"start_offset": marks[i].start, "end_offset": marks[i].end},
        }
        for i, number in numbers.items()
    ]
    relations = [
        {
            **{"id": next(ids), "type": link.label},
            **{"from_id": numbers[link.child], "to_id": numbers[link.head]},
        }
        for link in annotated.links
    ]
    return {
        **{"text": note.text, "entities": entities, "relations": relations},
        **{"note_id": note.id, "source": note.source},
        "sections": [
            {"start": mark.start, "end": mark.end, "label": mark.label}
            for mark in marks
            if mark.layer == "sections"
        ],
    }


def read_rows(path: Path) -> Iterator[Read]:
    """Read rows as doccano exports them, with or without relations.

    Without relations, doccano calls the entities "label": lists of start, end and label.

    YIELDS: The notes, or why one can't be read.
    """
    return read_lines(path, _read_row, KIND)


def _read_row(row: Mapping[str, Any], source: str) -> Annotated:
    if not isinstance(row["text"], str):
        raise TypeError
    marks: list[Mark] = []
    numbers: dict[Any, int] = {}
    for start, end, label in row.get("label") or ():
        layer, name = split_label(label)
        marks.append(Mark(layer, int(start), int(end), name))
    for entity in row.get("entities") or ():
        layer, name = split_label(entity["label"])
        numbers[entity.get("id")] = len(marks)
        place = int(entity["start_offset"]), int(entity["end_offset"])
        marks.append(Mark(layer, *place, name))
    links = [
        Link(str(one["type"]), numbers[one["from_id"]], numbers[one["to_id"]])
        for one in row.get("relations") or ()
    ]
    for section in row.get("sections") or ():
        place = int(section["start"]), int(section["end"])
        marks.append(Mark("sections", *place, str(section["label"])))
    note_id = str(row.get("note_id") or row.get("id") or source)
    note = Note(note_id, row["text"], {}, str(row.get("source") or source))
    return Annotated(note, marks, links)
