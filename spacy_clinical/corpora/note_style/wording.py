"""Other words for the same: short and long forms, doses, ages, names."""

import random
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from spacy_clinical.concepts.abbreviations import (
    NO_TYPE,
    Abbreviations,
    Found,
)
from spacy_clinical.corpora.note_style.edits import Draft, Edit
from spacy_clinical.tokenization.abbreviations import ABBREVIATIONS, NUMBERED, TITLES

# Types whose short forms belong to doses.
DOSE_TYPES = frozenset({"Dosage", "Frequency", "Administration"})
DRUG_TYPE = "Medication"
# Types of words that mean other things, too: he left, right away.
_RISKY_TYPES = frozenset({"Detailed_description", "Sex"})
PROCEDURES = frozenset({"Therapeutic_procedure"})
# Share of the short forms that are typed in small letters: htn, cad.
LOWER_SHARE = 0.3

_WITH_STOP = {word.lower() for word in ABBREVIATIONS | NUMBERED | TITLES}
_UNITS = "mg|mcg|g|gm|kg|ml|mL|L|cc|mEq|IU|units?|mmHg|cm|mm|bpm|mg/dL|g/dL|hours?|hrs?|weeks?|wks?|days?"
_UNIT = re.compile(rf"(?<=\d)[ \u00a0](?=(?:{_UNITS})\b)")
_MG_BEFORE_FREQUENCY = re.compile(
    r"(?<=\d) mg(?= (?:once|twice|thrice|two times|three times|four times|every|daily|nightly|at bedtime"
    r"|b\.?i\.?d|t\.?i\.?d|q\.?i\.?d|q|po|p\.o\.|by mouth|orally|iv)\b)",
    re.IGNORECASE,
)
_EVERY = re.compile(
    r"\bevery (?:(\d+)(?:(?:-| to | - )(\d+))? (hours?|hrs?|h|days?|weeks?|months?)|(other) (day))\b",
    re.IGNORECASE,
)
_PERIODS = {"h": "h", "d": "d", "w": "wk", "m": "mo"}
_AGE = re.compile(r"(?<=\d)(?:-| )(year|month|week|day)s?(?:-| )old\b", re.IGNORECASE)
_AGES = {
    "y": ("yo", " yo", " y/o", "y/o", "y"),
    "m": ("mo", " m/o", "mo old"),
    "w": ("wk old", " wk old"),
    "d": ("do", " d/o"),
}
_FOR_A_TIME = re.compile(
    r"\b(for|times) (?=\d+[ -](?:hours?|days?|weeks?|months?|years?)\b)", re.IGNORECASE
)
_BEFORE = re.compile(r"\w-")
_AFTER_HYPHEN = re.compile(r"-\w|['\u2019][a-z]")
_AFTER = re.compile(r"\bafter (?:an? |the )?(?=\w)", re.IGNORECASE)


class Wording:
    """Rewrites a text with the words of an inventory."""

    def __init__(
        self, abbreviations: Abbreviations, rates: Mapping[str, float]
    ) -> None:
        """Set up the rewriting.

        rates (0 to 1): Probabilities by operation.
        """
        self.abbreviations = abbreviations
        self.rates = rates
        self._labels = {row.label for row in abbreviations}

    def shorten(self, draft: Draft) -> Iterator[Edit]:
        """Find long forms to write as short ones.

        Short forms of one letter, and of words such as "left", are only used inside of
        entities.
        """
        rate = max(self.rates[n] for n in ("abbreviate", "drugs", "doses", "phrases"))
        if not rate:
            return
        inside = _Inside(draft)
        for found in self.abbreviations.find_long_forms(draft.text):
            reading = random.choice(found.readings)
            if random.random() >= self._get_rate(reading.label):
                continue
            is_risky = len(reading.short) == 1 or reading.label in _RISKY_TYPES
            if is_risky and not inside(found):
                continue
            if _is_part_of_word(draft.text, found):
                continue
            short = reading.short
            if draft.text[found.end : found.end + 1] == ".":
                short = short.removesuffix(".")
                if f"{short}.".lower() in _WITH_STOP:
                    # The stop would become a part of the word.
                    continue
            if not reading.is_exact and random.random() < LOWER_SHARE:
                short = short.lower()
            yield Edit(found.start, found.end, short)

    def lengthen(self, draft: Draft) -> Iterator[Edit]:
        """Find short forms to write out.

        Inside of entities, the reading of their type is used. Forms with several
        readings stay, and so do those of doses, as they aren't written out.
        """
        if not self.rates["expand"]:
            return
        inside = _Inside(draft)
        for found in self.abbreviations.find_short_forms(draft.text):
            if random.random() >= self.rates["expand"]:
                continue
            form = draft.text[found.start : found.end]
            # In another case, it may be something else: EGFR isn't eGFR.
            readings = [r for r in found.readings if form in (r.short, r.short.lower())]
            label = inside(found)
            if label in self._labels or len(readings) > 1:
                readings = [row for row in readings if row.label == label]
            if len(readings) != 1 or readings[0].label in DOSE_TYPES:
                continue
            if len(form) == 1 and not label:
                continue
            yield Edit(found.start, found.end, readings[0].long_forms[0])

    def find_phrases(self, draft: Draft) -> Iterator[Edit]:
        """Find ages, times, and procedures that something came after."""
        rate, text = self.rates["phrases"], draft.text
        if not rate:
            return
        for match in _AGE.finditer(text):
            if random.random() < rate:
                yield Edit(*match.span(), random.choice(_AGES[match[1][0].lower()]))
        for match in _FOR_A_TIME.finditer(text):
            if random.random() < rate:
                yield Edit(*match.span(), "x ")
        starts = {p.start for p in draft.entities if p.label in PROCEDURES}
        for match in _AFTER.finditer(text):
            if match.end() in starts and random.random() < rate:
                yield Edit(*match.span(), "s/p ")

    def find_doses(self, draft: Draft) -> Iterator[Edit]:
        """Find doses to write as they are typed: "25 bid", "q24", "10mg"."""
        rate, text = self.rates["doses"], draft.text
        if rate:
            for match in _MG_BEFORE_FREQUENCY.finditer(text):
                if random.random() < rate / 2:
                    yield Edit(*match.span(), "")
            for match in _EVERY.finditer(text):
                if random.random() < rate:
                    yield Edit(*match.span(), _write_frequency(match))
        together = max(self.rates["run_together"], rate / 2)
        if together:
            for match in _UNIT.finditer(text):
                if random.random() < together:
                    yield Edit(*match.span(), "")

    def _get_rate(self, label: str) -> float:
        if label == NO_TYPE:
            return self.rates["phrases"]
        if label == DRUG_TYPE:
            return self.rates["drugs"]
        return self.rates["doses" if label in DOSE_TYPES else "abbreviate"]


class _Inside:
    """Finds the labels of the entities that places are inside of."""

    def __init__(self, draft: Draft) -> None:
        self.places = draft.entities
        self.starts = [place.start for place in self.places]

    def __call__(self, found: Found) -> str:
        """Find the label of the entity that a form is inside of; "" for none."""
        # Entities don't overlap.
        i = bisect_right(self.starts, found.start) - 1
        if i < 0 or self.places[i].end < found.end:
            return ""
        return self.places[i].label


def _is_part_of_word(text: str, found: Found) -> bool:
    """Check whether a form is a part of a longer word, as in "pneumonia-like"."""
    before, after = text[found.start - 2 : found.start], text[found.end : found.end + 2]
    return bool(_BEFORE.fullmatch(before) or _AFTER_HYPHEN.fullmatch(after))


def _write_frequency(match: re.Match[str]) -> str:
    first, last, period, other, _ = match.groups()
    if other:
        return random.choice(("qod", "QOD", "q other day"))
    sign = _PERIODS[period[0].lower()]
    if sign == "h":
        sign = random.choice(("h", "h", "", " hr"))
    number = f"{first}-{last}" if last else first
    return f"{random.choice('qqQ')}{number}{sign}"
