"""Assemble the measurements of a Doc: from its text, and from entities."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from spacy.tokens import Doc

from spacy_clinical.extensions.doc_data import read_text
from spacy_clinical.relations.dates.calendar_dates import Context
from spacy_clinical.relations.dates.find import find_day_first
from spacy_clinical.relations.dates.resolve import find_borders, find_note_anchors
from spacy_clinical.relations.holders import is_relatives
from spacy_clinical.relations.measurements.analytes import Analyte, find_analyte
from spacy_clinical.relations.measurements.attach import Place, attach_values
from spacy_clinical.relations.measurements.dated import Dates
from spacy_clinical.relations.measurements.measurement import Measurement
from spacy_clinical.relations.measurements.pairs import is_pair, mend_pair
from spacy_clinical.relations.measurements.scan import scan_measurements
from spacy_clinical.relations.measurements.specimens import name_specimen
from spacy_clinical.relations.measurements.tables import TableReading, read_tables
from spacy_clinical.relations.measurements.values import read_entity

_SPACE = re.compile(r"[^\S\t\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
TEST, VALUE = "Diagnostic_procedure", "Lab_value"
_SECTIONS, _FAMILY = "sections", "family_history"
# Where numbers behind the names of substances are doses.
_OF_DRUGS = frozenset(
    {
        "medications",
        "admission_medications",
        "discharge_medications",
        "medications_administered",
        "allergies",
    }
)
_AIM = re.compile(
    r"\b(?:goal|target|hold|call|notify|prn|keep|maintain|parameters|titrate[ds]?|titrating)\b[^.;\n\d]{0,20}"
    r"(?:[<>]=? ?\d{1,3}(?:\.\d)?,? (?:or|and) [^.;\n\d]{0,10})?$",
    re.IGNORECASE,
)
# "Held for SBP < 100"; "held for HR 52" was measured.
_HELD = re.compile(r"\bheld (?:for|if|when) [^.;\n\d]{0,15}$", re.IGNORECASE)
_OR = re.compile(r",? ?(?:or|and|/|,) ?", re.IGNORECASE)
_MAX_AIM = 60
_SAID = {
    "N": r"normal|within normal (?:limits|range)|unremarkable|wnl|normal range",
    "H": r"elevated|increased|high|raised|higher|elevation|increase",
    "L": r"decreased|low|reduced|lower|diminished|decrease",
    "A": r"abnormal",
}
_FLAGS = {
    flag: re.compile(rf"(?:\w+ )?(?:{words})", re.IGNORECASE)
    for flag, words in _SAID.items()
}


def assemble_measurements(
    doc: Doc, *, day_first: bool | None = None
) -> list[dict[str, Any]]:
    """Assemble the measurements of a Doc.

    day_first: Whether "3/4" is the third of April. None: as the note shows.
    RETURNS: In the order of the text, as `Measurement` describes them. Those that the text
        alone shows are among them, whether or not it has entities.
    """
    # Typeset text has other spaces between numbers and units; each stays one character.
    text = _SPACE.sub(" ", read_text(doc))
    order = find_day_first(text) if day_first is None else day_first
    anchors = find_note_anchors(doc, text, day_first=order)
    context = Context(anchors.get("note"), order)
    sections = _Sections(doc)
    tables = read_tables(text, context)
    found = _find_in_text(text, tables, sections)
    found = _merge(text, found, _attach(doc, text, tables.asides))
    dates = Dates(text, context)
    records = []
    for one in _leave_out_aims(text, found):
        first = one.value[0] if one.is_former else one.start
        day = one.date or dates.find(first, one.end, is_former=one.is_former)
        section = sections.find(one.value[0])
        is_family = section == _FAMILY or is_relatives(text, one.start, one.end)
        row = replace(one, date=day, is_family=is_family)
        records.append(row.as_record(text, section))
    return records


def _leave_out_aims(text: str, found: Iterable[Measurement]) -> Iterator[Measurement]:
    """Leave out values that something is to be done at, or to reach: "hold for SBP < 100
    or HR < 60", "goal INR 2-3"."""
    end = -1
    for one in found:
        before = text[max(one.start - _MAX_AIM, 0) : one.start]
        is_next = one.start - end >= 0 and _OR.fullmatch(text[end : one.start])
        is_held = (
            one.amount is not None and one.amount.comparator and _HELD.search(before)
        )
        if _is_wished(one):
            continue
        if _AIM.search(before) or is_held or (end >= 0 and is_next):
            end = one.end
        else:
            yield one


def _is_wished(one: Measurement) -> bool:
    """Check whether it is what is wished for: an INR is one number, "INR 2-3" where it
    should be."""
    is_inr = one.analyte is not None and one.analyte.key == "inr"
    return is_inr and one.amount is not None and one.amount.high is not None


class _Sections:
    """The sections of a Doc, by characters."""

    def __init__(self, doc: Doc) -> None:
        spans = doc.spans.get(_SECTIONS, ())
        self._starts = [span.start_char for span in spans]
        self._labels = [span.label_ for span in spans]

    def find(self, place: int) -> str:
        """Find the label of the section that a character is in, or ""."""
        index = bisect_right(self._starts, place) - 1
        return self._labels[index] if index >= 0 else ""


def _find_in_text(
    text: str, tables: TableReading, sections: _Sections
) -> list[Measurement]:
    ends = [end for _, end in tables.rows]
    found = list(tables.measurements)
    for one in scan_measurements(text):
        is_drug = sections.find(one.start) in _OF_DRUGS
        if is_drug and (one.analyte is None or one.analyte.kind == "lab"):
            continue
        index = bisect_right(ends, one.start)
        if index >= len(ends) or tables.rows[index][0] >= one.end:
            found.append(one)
    return sorted(found, key=lambda one: one.value)


def _attach(
    doc: Doc, text: str, asides: Sequence[Place]
) -> Iterator[tuple[Place, Place]]:
    """List the places of the entities that are tests, with those of their values.

    asides: Cells of tables that are no values.
    """
    tests = [(e.start_char, e.end_char) for e in doc.ents if e.label_ == TEST]
    values = [(e.start_char, e.end_char) for e in doc.ents if e.label_ == VALUE]
    if tests and values:
        borders = find_borders(doc, text)
        for value, test in attach_values(text, tests, values, borders):
            start = values[value][0]
            index = bisect_right(asides, (start, len(text))) - 1
            if index < 0 or start >= asides[index][1]:
                yield tests[test], values[value]


def _merge(
    text: str, found: list[Measurement], pairs: Iterable[tuple[Place, Place]]
) -> list[Measurement]:
    """Put the tests and values of entities beside, or instead of, what the text shows."""
    starts = [one.value[0] for one in found]
    replaced: dict[int, Measurement] = {}
    added = []
    for test, value in sorted(pairs, key=lambda pair: pair[::-1]):
        analyte = _find_analyte(text, test)
        index = max(bisect_left(starts, value[0] - 1) - 1, 0)
        if index < len(found) and found[index].value[1] <= value[0]:
            index += 1
        while index < len(found) and starts[index] < value[1]:
            if found[index].value[1] > value[0]:
                break
            index += 1
        else:
            index = len(found)
        if index < len(found) and starts[index] < value[1]:
            one = found[index]
            # A known name beside the value says more than an entity does.
            is_same = one.analyte is not None or (
                one.name and one.name[0] < test[1] and test[0] < one.name[1]
            )
            if not is_same and index not in replaced:
                start, end = min(test[0], one.value[0]), max(test[1], one.end)
                replaced[index] = replace(
                    one,
                    start=start,
                    end=end,
                    name=test,
                    analyte=analyte or (one.analyte if one.name is None else None),
                )
            continue
        if is_pair(text, test, value, analyte):
            added.append(_make(text, *mend_pair(text, test, value)))
    merged = [replaced.get(i, one) for i, one in enumerate(found)]
    return sorted([*merged, *added], key=lambda one: (one.value, one.start))


def _find_analyte(text: str, test: Place) -> Analyte | None:
    """Find the analyte that a test measures, with what it was measured in."""
    analyte = find_analyte(text[slice(*test)])
    return name_specimen(text, test[0], analyte) if analyte else None


def _make(text: str, test: Place, value: Place) -> Measurement:
    """Make the measurement that a test and its value are."""
    one = read_entity(text, test, value, _find_analyte(text, test))
    if one.amount is None and not one.parts and one.flag is None:
        written = " ".join(text[slice(*value)].split())
        flags = (flag for flag, words in _FLAGS.items() if words.fullmatch(written))
        one = replace(one, flag=next(flags, None))
    return one
