"""Label Studio's JSON: tasks with predictions to correct, and what comes back.

    NAME.json    a list of tasks: data (text, id, source), predictions
    NAME.xml     the labelling configuration of the project that reads them

Controls: `entities`, `identifiers` and `sections` label places, `assertion` has what is
true of an entity, `concepts` a line for each of its concepts: the id, a tab, the name.
Relations lead from child to head. Offsets count code points, line ends as they are; versions
before 1.6 counted UTF-16 units after a character outside of the basic plane, which is
recognized by the text that each region quotes.

SOURCE: https://labelstud.io/guide/predictions, https://labelstud.io/guide/task_format
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.correction.annotated import (
    LAYERS,
    Annotated,
    Holds,
    Layer,
    Link,
    Mark,
    Read,
    Status,
    list_annotations,
    read_safely,
)
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES
from spacy_clinical.files.atomic import open_text, replace_together
from spacy_clinical.files.json_text import read_json, write_json
from spacy_clinical.files.regular import read_regular
from spacy_clinical.types import Note

KIND = "Label Studio's JSON"
HOLDS = Holds(attributes=True, concepts=True, sections=True, identifiers=True)
VERSION = "spacy_clinical"
ATTRIBUTES = {name.removeprefix("is_"): name for name in CONTEXT_ATTRIBUTES}
# Quoted texts have other white space than the note, and line ends as two characters.
_SPACE = re.compile(r"(?:\s|\\n|\\r)+")


def write_tasks(records: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write records as tasks, and the configuration beside them.

    path: The .json file, in a folder that exists.
    RETURNS: The number of tasks.
    RAISES ValueError: C325 and C761, at a record that tools can't show.
    """
    labels: dict[str, set[str]] = {name: set() for name in (*LAYERS, "relations")}
    n_tasks = 0
    config = path.with_suffix(".xml")
    with replace_together([config, path]) as [other, part]:
        with open_text(part) as handle:
            handle.write("[")
            for record in records:
                annotated = list_annotations(record)
                for mark in annotated.marks:
                    labels[mark.layer].add(mark.label)
                labels["relations"].update(link.label for link in annotated.links)
                task = write_json(make_task(annotated), ensure_ascii=False)
                handle.write(f"{',' if n_tasks else ''}\n{task}")
                n_tasks += 1
            handle.write("\n]\n")
        with open_text(other) as handle:
            handle.write(make_config(labels))
    return n_tasks


def make_config(labels: Mapping[str, Iterable[str]]) -> str:
    """Make the labelling configuration.

    labels: By layer, and of "relations".
    """
    lines = ["<View>", "  <Style>.htx-text { white-space: pre-wrap; }</Style>"]
    for layer in LAYERS:
        lines += _make_control("Labels", layer, "Label", labels.get(layer, ()))
    choice = 'perRegion="true" choice="multiple" whenTagName="entities"'
    lines += _make_control("Choices", "assertion", "Choice", ATTRIBUTES, choice)
    lines.append(
        '  <TextArea name="concepts" toName="text" perRegion="true" '
        'whenTagName="entities" editable="true" maxSubmissions="9"/>'
    )
    relations = sorted(labels.get("relations", ()))
    if relations:
        lines.append("  <Relations>")
        lines += [f"    <Relation value={quoteattr(name)}/>" for name in relations]
        lines.append("  </Relations>")
    lines.append('  <Text name="text" value="$text"/>')
    return "\n".join([*lines, "</View>", ""])


def _make_control(
    tag: str, name: str, item: str, values: Iterable[str], settings: str = ""
) -> list[str]:
    listed = list(values) if isinstance(values, dict) else sorted(values)
    # A control without labels would be refused.
    if not listed:
        return []
    opening = f'  <{tag} name="{name}" toName="text" {settings}'.rstrip()
    items = [f"    <{item} value={quoteattr(value)}/>" for value in listed]
    return [f"{opening}>", *items, f"  </{tag}>"]


def make_task(annotated: Annotated) -> dict[str, Any]:
    """Make a task with a prediction of what was found."""
    note = annotated.note
    regions: list[dict[str, Any]] = []
    for number, mark in enumerate(annotated.marks):
        place = {"start": mark.start, "end": mark.end}
        quoted = note.text[mark.start : mark.end]
        common = {"id": f"m{number}", "to_name": "text"}
        region: dict[str, Any] = {
            **common,
            **{"from_name": mark.layer, "type": "labels"},
            "value": {**place, "text": quoted, "labels": [mark.label]},
        }
        if mark.score is not None:
            region["score"] = mark.score
        regions.append(region)
        if mark.attributes:
            chosen = [
                name for name, key in ATTRIBUTES.items() if key in mark.attributes
            ]
            value = {**place, "text": quoted, "choices": chosen}
            named = {"from_name": "assertion", "type": "choices"}
            regions.append({**common, **named, "value": value})
        if mark.concepts:
            said = [f"{key}\t{name}".rstrip() for key, name in mark.concepts]
            named = {"from_name": "concepts", "type": "textarea"}
            regions.append({**common, **named, "value": {**place, "text": said}})
    for link in annotated.links:
        ends = {"from_id": f"m{link.child}", "to_id": f"m{link.head}"}
        kind = {"type": "relation", "direction": "right", "labels": [link.label]}
        regions.append({**kind, **ends})
    return {
        "data": {"text": note.text, "id": note.id, "source": note.source},
        "predictions": [{"model_version": VERSION, "result": regions}],
    }


def read_tasks(path: Path) -> Iterator[Read]:
    """Read tasks as Label Studio exports them (JSON), or as `write_tasks` writes them.

    Of several annotations of a task, the last one that wasn't cancelled counts; a task
    without annotations has its last prediction, as a suggestion.

    YIELDS: The notes, or why one can't be read.
    RAISES ValueError: C760, if the file is no list of tasks.
    """
    try:
        tasks = read_json(read_regular(path))
        if not isinstance(tasks, list):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        message = Errors.C760.format(
            source=f"'{path.name}'", kind=KIND, reason="it is no list of tasks"
        )
        raise CodedValueError(message) from None
    for number, task in enumerate(tasks, start=1):
        source = f"{path.name}, task {number}"
        yield read_safely(lambda t=task, s=source: _read_task(t, s), source, KIND)  # type: ignore[misc]


def _read_task(task: Mapping[str, Any], source: str) -> Annotated:
    data = task["data"]
    text = data["text"]
    if not isinstance(text, str):
        raise TypeError
    given = task.get("annotations") or []
    valid = [one for one in given if not one.get("was_cancelled")]
    status: Status = "corrected" if valid else "rejected" if given else "suggested"
    chosen = valid or task.get("predictions") or []
    regions = chosen[-1]["result"] if chosen else []
    note_id = str(data.get("id") or task.get("id") or source)
    note = Note(note_id, text, {}, str(data.get("source") or source))
    return Annotated(note, *_read_regions(regions, text, source), status)


def _read_regions(
    regions: Iterable[Mapping[str, Any]], text: str, source: str
) -> tuple[list[Mark], list[Link]]:
    by_id: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    relations = []
    for region in regions:
        if region["type"] == "relation":
            relations.append(region)
        else:
            by_id[region["id"]][region["type"]] = region
    convert = _Offsets(text)
    marks: list[Mark] = []
    numbers: dict[str, int] = {}
    for key, parts in by_id.items():
        if "labels" not in parts:
            continue
        region = parts["labels"]
        value = region["value"]
        start, end = convert.find(value, source)
        true = [
            ATTRIBUTES[name]
            for name in _get(parts, "choices", "choices")
            if name in ATTRIBUTES
        ]
        concepts = [
            (key, name)
            for key, _, name in (
                str(line).partition("\t") for line in _get(parts, "textarea", "text")
            )
        ]
        name: Any = region.get("from_name")
        layer: Layer = name if name in LAYERS else "entities"
        # Configurations of others may give a region several labels.
        for label in value["labels"]:
            numbers.setdefault(key, len(marks))
            marks.append(
                Mark(layer, start, end, str(label), tuple(true), tuple(concepts))
            )
    links = [
        Link(label, numbers[row["from_id"]], numbers[row["to_id"]])
        for row in relations
        if row["from_id"] in numbers and row["to_id"] in numbers
        for label in row.get("labels") or ["related"]
    ]
    return marks, links


def _get(parts: Mapping[str, Mapping[str, Any]], kind: str, name: str) -> Iterable[Any]:
    if kind not in parts:
        return ()
    value = parts[kind]["value"][name]
    return [value] if isinstance(value, str) else value


class _Offsets:
    """Finds the places of regions, also of those that count UTF-16 units."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._units: list[int] | None = None

    def find(self, value: Mapping[str, Any], source: str) -> tuple[int, int]:
        """Find a region by its offsets, and check the words that it quotes.

        RAISES ValueError: C762, if they aren't there.
        """
        start, end = int(value["start"]), int(value["end"])
        quoted = value.get("text")
        if not isinstance(quoted, str) or self._is_at(start, end, quoted):
            return start, end
        units = self._list_units()
        if 0 <= start < end < len(units):
            place = units[start], units[end]
            if self._is_at(*place, quoted):
                return place
        message = Errors.C762.format(source=source, start=start, end=end)
        raise CodedValueError(message)

    def _is_at(self, start: int, end: int, quoted: str) -> bool:
        found = self.text[max(start, 0) : max(end, 0)]
        return found == quoted or _SPACE.sub("", found) == _SPACE.sub("", quoted)

    def _list_units(self) -> list[int]:
        """List the characters by their UTF-16 units, and the end of the text."""
        if self._units is None:
            self._units = [
                i
                for i, char in enumerate(self.text)
                for _ in range(2 if ord(char) > 0xFFFF else 1)
            ]
            self._units.append(len(self.text))
        return self._units
