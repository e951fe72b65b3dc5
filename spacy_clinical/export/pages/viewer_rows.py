"""Make compact rows of records for the viewer, and compare those of several runs."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from spacy_clinical.export.attributes import show_values
from spacy_clinical.export.concepts import find_icd10
from spacy_clinical.export.pages.assertion import MARKS, is_assessed, list_cues
from spacy_clinical.export.pages.concepts import ShownConcept, show_concepts
from spacy_clinical.export.pages.viewer_records import make_record_rows
from spacy_clinical.files.json_text import keep_finite, write_json

Row = dict[str, Any]


class Tables:
    """Names that many notes share, each with its number.

    types: Labels of entities.
    sections: Labels with LOINC codes.
    codes: Code, title, chapter and ICD-10-CM codes.
    makers: Provenance of records, as JSON.
    concepts: Id, name and link.
    relations: Labels of relations.
    links: Where concepts are linked to, as `parse_links` returns it.
    """

    def __init__(self, links: Mapping[str, str] = MappingProxyType({})) -> None:
        self.links = links
        self.types: dict[str, int] = {}
        self.sections: dict[tuple[str, str], int] = {}
        self.codes: dict[tuple[str, str, str, str], int] = {}
        self.makers: dict[str, int] = {}
        self.concepts: dict[tuple[str, str, str], int] = {}
        self.relations: dict[str, int] = {}
        self._section_labels: dict[str, int] = {}

    def get_type(self, label: str) -> int:
        return self.types.setdefault(str(label), len(self.types))

    def get_section(self, label: str, loinc: str | None = None) -> int:
        """Get the number of a section; one without a code is any of that label."""
        label = str(label)
        if loinc is None and label in self._section_labels:
            return self._section_labels[label]
        number = self.sections.setdefault((label, loinc or ""), len(self.sections))
        return self._section_labels.setdefault(label, number)

    def get_code(self, code: dict[str, Any]) -> int:
        names = [str(code.get(key) or "") for key in ("code", "title", "chapter")]
        icd10 = ", ".join(map(str, code.get("icd10") or ()))
        key = (names[0], names[1] or str(code.get("label") or ""), names[2], icd10)
        return self.codes.setdefault(key, len(self.codes))

    def get_concept(self, shown: ShownConcept) -> int:
        key = shown.id, shown.name, shown.url
        return self.concepts.setdefault(key, len(self.concepts))

    def get_relation(self, label: str) -> int:
        return self.relations.setdefault(label, len(self.relations))

    def get_maker(self, provenance: Any) -> int:
        made = write_json(provenance)
        return self.makers.setdefault(made, len(self.makers))


def make_row(record: dict[str, Any], note: Row, place: int, tables: Tables) -> None:
    """Add the findings of a run to a note, as rows of numbers in the order of their keys.

    s sections (section, start, end, body) · u subsections (title, start, end, body) ·
    e entities, o overlapping (type, start, end, score, section, runs) · y of those that
    have some, their numbers in both together, with attributes in words · z of those that
    something has assessed, their numbers, marks (bits in the order of `MARKS`) and cues
    (start, end) · c codes (code,
    score, evidence, runs) · t place of the text, -1 without · n characters · x error · m
    maker · a attributes of the note in words · k tokens (start, end, attributes in
    words) · b abbreviations whose long form is known (start, end, long form) · l of those
    that were linked, their numbers and concepts · i of codes that concepts have one of
    ICD-10-CM for, the code and these (code, name of the concept) · what `make_record_rows`
    makes. `runs` is set by `compare_rows`.

    note: With its texts; those of its runs are most often the same.
    """
    text = record.get("text")
    if text is not None and not isinstance(text, str):
        raise TypeError
    if text is not None and text not in note["texts"]:
        note["texts"].append(text)
    error = record.get("error")
    sections = record["sections"]
    note["runs"][place] = {
        "t": -1 if text is None else note["texts"].index(text),
        "n": int(record["n_chars"]),
        "s": [
            (tables.get_section(s["label"], str(s.get("loinc") or "")), *_place(s))
            for s in sections
        ],
        "u": [(str(s["label"]), *_place(s)) for s in record.get("subsections", ())],
        "e": [_make_entity(ent, tables) for ent in record["entities"]],
        "o": [_make_entity(ent, tables) for ent in record.get("overlapping", ())],
        "c": [_make_code(code, tables) for code in record.get("codes", ())],
        "x": str(error["message"]) if error else "",
        "m": tables.get_maker(record.get("provenance") or {}),
        "y": [
            (number, said)
            for number, ent in enumerate(
                (*record["entities"], *record.get("overlapping", ()))
            )
            if (said := show_values(ent.get("attributes")))
        ],
        "z": _list_assessed((*record["entities"], *record.get("overlapping", ()))),
        "b": [
            (int(row["start"]), int(row["end"]), str(row["long_form"]))
            for row in record.get("abbreviations") or ()
            if row.get("long_form")
        ],
        "l": [
            (number, [tables.get_concept(one) for one in shown])
            for number, ent in enumerate(
                (*record["entities"], *record.get("overlapping", ()))
            )
            if (shown := show_concepts(ent, tables.links))
        ],
        "i": [
            (tables.get_code(code), list(names.items()))
            for code, names in zip(
                record.get("codes", ()), find_icd10(record), strict=True
            )
            if names
        ],
        "a": show_values(record.get("attributes")),
        "k": [
            (int(t["start"]), int(t["end"]), show_values(t["attributes"]))
            for t in record.get("tokens") or ()
        ],
        **make_record_rows(
            record, tables.get_section, tables.get_type, tables.get_relation
        ),
    }
    meta = {"Source": record.get("source") or "", **(record.get("meta") or {})}
    note.setdefault("meta", [(str(key), _show(value)) for key, value in meta.items()])


def _list_assessed(entities: Sequence[dict[str, Any]]) -> list[Any]:
    places, of_entities = list_cues(entities)
    return [
        (
            number,
            sum(1 << i for i, name in enumerate(MARKS) if ent.get(name)),
            [places[cue] for cue in of_entities[number]],
        )
        for number, ent in enumerate(entities)
        if is_assessed(ent)
    ]


def compare_rows(rows: Sequence[Row | None]) -> int:
    """Mark each entity and code with the runs that found it, as bits; 0 if all did.

    Only runs that had the same text, and did not fail with it, are compared. An entity
    is the same if its type and place are.

    RETURNS: The number of entities and codes that not all found.
    """
    able = [i for i, row in enumerate(rows) if row and not row["x"]]
    able = [i for i in able if _is_same_text(rows[i], rows[able[0]])]
    if len(able) < 2:
        return 0
    found_by: dict[tuple[Any, ...], int] = {}
    for i in able:
        for key, _ in _list_findings(rows[i]):
            found_by[key] = found_by.get(key, 0) | 1 << i
    everyone = sum(1 << i for i in able)
    for i in able:
        for key, finding in _list_findings(rows[i]):
            finding[-1] = found_by[key] if found_by[key] != everyone else 0
    return sum(runs != everyone for runs in found_by.values())


def _is_same_text(one: Row | None, other: Row | None) -> bool:
    if one is None or other is None or one["n"] != other["n"]:
        return False
    return one["t"] == other["t"] or min(one["t"], other["t"]) < 0


def _list_findings(row: Row | None) -> list[tuple[tuple[Any, ...], list[Any]]]:
    if row is None:
        return []
    entities = [((*ent[:3],), ent) for ent in (*row["e"], *row["o"])]
    return entities + [((code[0],), code) for code in row["c"]]


def _place(span: dict[str, Any]) -> tuple[int, int, int]:
    return int(span["start"]), int(span["end"]), int(span["body_start"])


def _make_entity(ent: dict[str, Any], tables: Tables) -> list[Any]:
    section = tables.get_section(ent.get("section") or "")
    place = int(ent["start"]), int(ent["end"])
    return [tables.get_type(ent["label"]), *place, _get_score(ent), section, 0]


def _make_code(code: dict[str, Any], tables: Tables) -> list[Any]:
    evidence = [
        (
            tables.get_section(place.get("section") or ""),
            int(place["start"]),
            int(place["end"]),
            _get_score(place),
        )
        for place in code.get("evidence") or ()
    ]
    return [tables.get_code(code), _get_score(code), evidence, 0]


def _show(value: Any) -> str:
    return str(value) if value is None or keep_finite(value) is not None else ""


def _get_score(row: dict[str, Any]) -> float | None:
    score = keep_finite(row.get("score"))
    return None if score is None else float(score)
