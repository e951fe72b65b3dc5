"""Choose what the short forms in a note stand for."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from spacy.tokens import Doc, Span

from spacy_clinical.concepts.abbreviations import Abbreviation, Abbreviations, Found

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
# Words before a short form in brackets that may be its long form.
_MAX_WORDS = 12


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
    ents = _Entities(doc.ents)
    chooser = _Chooser(text, abbreviations, titles)
    readings = []
    for found in _find(text, abbreviations):
        # One letter is too often something else.
        if found.end - found.start < 2:
            continue
        chosen = chooser.choose(found, ents.find(found.start, found.end))
        if chosen is not None and chosen.label in labels:
            readings.append(Reading(found.start, found.end, chosen))
    return readings


def _find(text: str, abbreviations: Abbreviations) -> Iterator[Found]:
    """Find short forms, also those that are joined by slashes: "HTN/HLD"."""
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
            yield one
            end = one.end


class _Entities:
    """Looks up the entities of a Doc by place."""

    def __init__(self, ents: Iterable[Span]) -> None:
        self.rows = [(ent.start_char, ent.end_char, ent.label_) for ent in ents]
        self.starts = [row[0] for row in self.rows]

    def find(self, start: int, end: int) -> str:
        """Find the label of the entity around a place; "" if there is none."""
        i = bisect_right(self.starts, start) - 1
        return self.rows[i][2] if i >= 0 and end <= self.rows[i][1] else ""


class _Chooser:
    """Chooses one of the readings of the short forms in a note."""

    def __init__(
        self,
        text: str,
        abbreviations: Abbreviations,
        titles: Sequence[tuple[int, int]],
    ) -> None:
        self.text = text
        self.abbreviations = abbreviations
        self.titles = titles
        self.title_starts = [start for start, _ in titles]
        # By short form: its long form in this note, as in "long form (LF)".
        self.explained: dict[str, str] = {}
        for match in re.finditer(r"\(([^\s()]{2,10})\)", text):
            if abbreviations.find_short(match[1]):
                self._explain(match[1], match.start())
        self._shouted: dict[int, bool] = {}

    def choose(self, found: Found, label: str) -> Abbreviation | None:
        """Choose a reading; None if none is clear.

        label: Of the entity around it; "" if there is none.
        """
        form = self.text[found.start : found.end]
        # Several spellings of one row, "afib" and "AFib", are one reading.
        rows = {(row.label, row.long_forms): row for row in reversed(found.readings)}
        readings = list(rows.values())
        if form in self.explained:
            is_repeated = self.text[found.start - 1 : found.start] == "("
            long_rows = self.abbreviations.find_long(self.explained[form])
            same = rows.keys() & {(row.label, row.long_forms) for row in long_rows}
            return rows[same.pop()] if len(same) == 1 and not is_repeated else None
        fits = [row for row in readings if row.label == label]
        if not fits and label:
            covered = _COVERED.get(label.lower(), frozenset())
            fits = [row for row in readings if row.label in covered]
        if not fits:
            is_short = found.end - found.start == 2 and all(
                r.is_exact for r in readings
            )
            if is_short and _NUMBER.match(self.text, found.end):
                return None
            if any(row.is_exact for row in readings) and self._is_shouted(found):
                return None
            fits = readings
        chosen = _choose_one(fits)
        if chosen is not None and chosen.label not in _NAMES:
            return None if self._is_title(found) else chosen
        return chosen

    def _explain(self, form: str, place: int) -> None:
        words = list(re.finditer(r"[^\s()]+", self.text[max(0, place - 120) : place]))
        before = [word[0] for word in words[-_MAX_WORDS:]]
        n = _match_words(form, before)
        if n:
            self.explained.setdefault(form, " ".join(before[-n:]))

    def _is_title(self, found: Found) -> bool:
        i = bisect_right(self.title_starts, found.start) - 1
        return i >= 0 and found.end <= self.titles[i][1]

    def _is_shouted(self, found: Found) -> bool:
        """Check whether a line is all in capitals, so that these say nothing."""
        start = self.text.rfind("\n", 0, found.start) + 1
        if start not in self._shouted:
            stop = self.text.find("\n", start)
            line = self.text[start : stop if stop >= 0 else len(self.text)]
            self._shouted[start] = line.upper() == line and any(
                not self.abbreviations.find_short(word[0])
                for word in _WORD.finditer(line)
                if line[word.end() : word.end() + 1] != ":"
            )
        return self._shouted[start]


def _choose_one(readings: Sequence[Abbreviation]) -> Abbreviation | None:
    if len(readings) == 1:
        return readings[0]
    usual = [row for row in readings if row.is_usual]
    return usual[0] if len(usual) == 1 else None


def _match_words(form: str, words: Sequence[str]) -> int:
    """Find how many words before a short form in brackets it stands for; 0 if none.

    SOURCE: Schwartz and Hearst 2003, A simple algorithm for identifying abbreviation
    definitions in biomedical text: its letters are in the words, in order, and its first
    letter starts the first word.
    """
    letters = [letter.lower() for letter in form if letter.isalnum()]
    if not letters or len(letters) > len("".join(words)):
        return 0
    at = len(letters) - 1
    for n, word in enumerate(reversed(words), start=1):
        characters = word.lower()
        for i in range(len(characters) - 1, -1, -1):
            is_first = at == 0
            if characters[i] == letters[at] and (not is_first or i == 0):
                at -= 1
                if at < 0:
                    return n
        if n >= min(len(letters) + 5, len(letters) * 2):
            return 0
    return 0
