"""Choose what the short forms in a note stand for."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from spacy.tokens import Doc, Span

from spacy_clinical.concepts.abbreviations import Abbreviation, Abbreviations, Found
from spacy_clinical.concepts.definitions import find_definitions

# What codes stand for. On held-out case reports, long forms of all other types lost codes.
_CONDITIONS = frozenset(["Disease_disorder", "Sign_symptom"])
# Types of entities as other recognizers name them, in lower case, and what they cover.
_TREATMENTS = frozenset(["Medication", "Therapeutic_procedure"])
_COVERED = {
    "sign_symptom": _CONDITIONS,
    "disease_disorder": _CONDITIONS,
    **dict.fromkeys(["disease", "disorder", "problem", "condition"], _CONDITIONS),
    **dict.fromkeys(["diagnosis", "symptom", "finding"], _CONDITIONS),
    **dict.fromkeys(["chemical", "drug"], frozenset(["Medication"])),
    "treatment": _TREATMENTS,
    "procedure": frozenset(["Therapeutic_procedure", "Diagnostic_procedure"]),
    "test": frozenset(["Diagnostic_procedure"]),
    "anatomy": frozenset(["Biological_structure"]),
}
# Conditions and what leads to codes besides: they are words of their own also in titles.
_NAMES = frozenset(["Disease_disorder", "Sign_symptom", "Therapeutic_procedure"])
_WORD = re.compile(r"[^\W\d_]{2,}")
_PART = re.compile(r"[^/]+")
# Starts where a word does: a long word without slashes is tried once.
_SLASHED = re.compile(
    r"(?<![^\s,;:()\[\]\"/])[^\s,;:()\[\]\"/]+(?:/[^\s,;:()\[\]\"/]+)+"
)
# What follows two letters that name a marker or a score: "CD 20", "CD20+", "MS 4/5".
_NUMBER = re.compile(r"[ -]?\d|[+-](?!\w)")


class Reading(NamedTuple):
    """A short form in a text (characters, half open), and what it stands for."""

    start: int
    end: int
    abbreviation: Abbreviation

    @property
    def long_form(self) -> str:
        return self.abbreviation.long_forms[0]


def read_short_forms(
    doc: Doc,
    text: str,
    abbreviations: Abbreviations,
    *,
    titles: Sequence[tuple[int, int]] = (),
    labels: Collection[str] = _CONDITIONS,
) -> list[Reading]:
    """Find the short forms in a Doc that clearly stand for one thing.

    A form that the note explains, "acute renal failure (ARF)", stands for that. Otherwise,
    it stands for the only reading that fits the entity around it, or if none does, for its
    only reading or the usual one. All other forms are left out.

    text: Of the Doc.
    titles (characters): Section titles, half open, ascending.
    labels: Types of readings that count.
    """
    chooser = Chooser(doc.ents, text, abbreviations, titles)
    explained, forms = _find_once(doc, text, abbreviations)
    readings = []
    for found in forms:
        form = text[found.start : found.end]
        if form in explained:
            chosen = chooser.choose_explained(found, explained[form])
        else:
            chosen = choose_one(chooser.list_fitting(found))
        if chosen is None or (
            form not in explained and chooser.is_title(found, chosen)
        ):
            continue
        if chosen.label in labels:
            readings.append(Reading(found.start, found.end, chosen))
    return readings


class _Forms(NamedTuple):
    """Short forms in a text, whatever entities are around them.

    explained: The forms that it explains, with their long forms.
    found: All that the inventory knows.
    """

    explained: dict[str, str]
    found: list[Found]


# Several components ask this of a Doc. The text and the inventory are those of the call.
_KNOWN: WeakKeyDictionary[Doc, tuple[str, Abbreviations, _Forms]] = WeakKeyDictionary()


def _find_once(doc: Doc, text: str, abbreviations: Abbreviations) -> _Forms:
    known = _KNOWN.get(doc)
    if known is not None and known[1] is abbreviations and known[0] == text:
        return known[2]
    explained: dict[str, str] = {}
    for one in find_definitions(text):
        form = text[one.short_start : one.short_end]
        explained.setdefault(form, text[one.long_start : one.long_end])
    forms = _Forms(explained, list(find_forms(text, abbreviations)))
    _KNOWN[doc] = text, abbreviations, forms
    return forms


def find_forms(text: str, abbreviations: Abbreviations) -> Iterator[Found]:
    """Find the short forms of an inventory, also those joined by slashes: "HTN/HLD".

    Forms of one letter are left out: they are too often something else.
    """
    end = 0
    found = list(abbreviations.find_short_forms(text))
    starts = [one.start for one in found]
    extra = []
    for joined in _SLASHED.finditer(text):
        i = bisect_right(starts, joined.start()) - 1
        if i >= 0 and found[i].end > joined.start():
            continue
        for part in _PART.finditer(joined[0]):
            start = joined.start() + part.start()
            form = part[0].rstrip(".?!")
            readings = abbreviations.find_short(form) if len(form) > 1 else ()
            if readings:
                extra.append(Found(start, start + len(form), readings))
    for one in sorted([*found, *extra]) if extra else found:
        if one.start >= end:
            end = one.end
            if one.end - one.start > 1:
                yield one


class _Entities:
    """Looks up the entities of a Doc by place."""

    def __init__(self, ents: Iterable[Span]) -> None:
        self.rows = [(ent.start_char, ent.end_char, ent.label_) for ent in ents]
        self.starts = [row[0] for row in self.rows]

    def find(self, start: int, end: int) -> str:
        """Find the label of the entity around a place; "" if there is none."""
        i = bisect_right(self.starts, start) - 1
        return self.rows[i][2] if i >= 0 and end <= self.rows[i][1] else ""


class Chooser:
    """Finds out which readings of a short form fit the text around it."""

    def __init__(
        self,
        ents: Iterable[Span],
        text: str,
        abbreviations: Abbreviations,
        titles: Sequence[tuple[int, int]],
    ) -> None:
        self.ents = _Entities(ents)
        self.text = text
        self.abbreviations = abbreviations
        self.titles = titles
        self.title_starts = [start for start, _ in titles]
        self._in_capitals: dict[int, bool] = {}

    def choose_explained(self, found: Found, long_form: str) -> Abbreviation | None:
        """Choose the reading that the note itself gives; None where it explains it, or if
        the inventory doesn't know that one.

        long_form: As the note has it.
        """
        rows = _list_distinct(found)
        is_repeated = self.text[found.start - 1 : found.start] == "("
        long_rows = self.abbreviations.find_long(long_form)
        same = rows.keys() & {(row.label, row.long_forms) for row in long_rows}
        return rows[same.pop()] if len(same) == 1 and not is_repeated else None

    def list_fitting(self, found: Found) -> list[Abbreviation]:
        """List the readings that fit the entity around a short form, or else all; none
        where it isn't one."""
        readings = list(_list_distinct(found).values())[::-1]
        label = self.ents.find(found.start, found.end)
        fits = [row for row in readings if row.label == label]
        if not fits and label:
            covered = _COVERED.get(label.lower(), frozenset())
            fits = [row for row in readings if row.label in covered]
        if fits:
            return fits
        is_short = found.end - found.start == 2 and all(r.is_exact for r in readings)
        if is_short and _NUMBER.match(self.text, found.end):
            return []
        is_exact = any(row.is_exact for row in readings)
        return [] if is_exact and self._is_in_capitals(found) else readings

    def is_title(self, found: Found, chosen: Abbreviation) -> bool:
        """Check whether a short form is only a part of a title, not a word of its own."""
        if chosen.label in _NAMES:
            return False
        i = bisect_right(self.title_starts, found.start) - 1
        return i >= 0 and found.end <= self.titles[i][1]

    def _is_in_capitals(self, found: Found) -> bool:
        """Check whether a line is all in capitals, so that these say nothing."""
        start = self.text.rfind("\n", 0, found.start) + 1
        if start not in self._in_capitals:
            stop = self.text.find("\n", start)
            line = self.text[start : stop if stop >= 0 else len(self.text)]
            self._in_capitals[start] = line.upper() == line and any(
                not self.abbreviations.find_short(word[0])
                for word in _WORD.finditer(line)
                if line[word.end() : word.end() + 1] != ":"
            )
        return self._in_capitals[start]


def choose_one(readings: Sequence[Abbreviation]) -> Abbreviation | None:
    """Choose the only reading, or the only usual one; None if there is neither."""
    if len(readings) == 1:
        return readings[0]
    usual = [row for row in readings if row.is_usual]
    return usual[0] if len(usual) == 1 else None


def _list_distinct(
    found: Found,
) -> dict[tuple[str, tuple[str, ...]], Abbreviation]:
    """List the readings once each: "afib" and "AFib" are spellings of one."""
    return {(row.label, row.long_forms): row for row in reversed(found.readings)}
