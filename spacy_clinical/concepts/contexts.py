"""Choose between the readings of a short form by what is around it.

A reading gets points for each of its cues near by, for cues elsewhere in the note,
for its long form in the note, and if the section holds things of its type: drugs under
medications. It is chosen if it has enough of them, and clearly more than all others.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import takewhile

from spacy_clinical.concepts.abbreviations import Abbreviation, Abbreviations
from spacy_clinical.concepts.readings import choose_one

# Words, and what ends a clause.
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*|[.;!?](?=\s)|\n[ \t\r]*\n")
# Words of the same clause on either side in which a cue is near.
_N_NEAR = 6
# What cues near and in the note, the long form, and the section count, and how many.
_NEAR, _MAX_NEAR = 3, 3
_IN_NOTE, _MAX_IN_NOTE = 1, 3
_SPELLED, _SECTION, _USUAL = 3, 3, 2
# What a reading has to reach, and how far ahead of all others it has to be.
_MIN_POINTS, _MIN_AHEAD = 3, 2

_DRUGS = ("medications", "admission_medications", "discharge_medications")
_DISEASES = (
    *("past_medical_history", "problem_list", "admission_diagnosis", "family_history"),
    *("discharge_diagnosis", "preoperative_diagnosis", "postoperative_diagnosis"),
)
_EXAMINED = ("review_of_systems", "physical_exam")
# Which types of things sections hold, by their labels.
_HELD: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (*_DRUGS, "medications_administered"),
        frozenset(["Medication", "Dosage", "Administration", "Frequency"]),
    ),
    "allergies": frozenset(["Medication"]),
    **dict.fromkeys(_DISEASES, frozenset(["Disease_disorder"])),
    **dict.fromkeys(_EXAMINED, frozenset(["Sign_symptom", "Biological_structure"])),
    **dict.fromkeys(("results", "vital_signs"), frozenset(["Diagnostic_procedure"])),
    **dict.fromkeys(
        ("procedures", "past_surgical_history", "procedure_description"),
        frozenset(["Therapeutic_procedure"]),
    ),
}


class Context:
    """The words of a note besides its short forms."""

    def __init__(
        self,
        text: str,
        abbreviations: Abbreviations,
        sections: Sequence[tuple[int, str]] = (),
    ) -> None:
        """Set up the context; the text is only read where it is needed.

        sections: Where each starts (characters), and its label; ascending.
        """
        self.text = text
        self.abbreviations = abbreviations
        self.sections = sections

    def choose(
        self, start: int, readings: Sequence[Abbreviation]
    ) -> Abbreviation | None:
        """Choose one of the readings of a short form; None if nothing says which.

        start (characters): Of the short form.
        """
        if len(readings) < 2:
            return choose_one(readings)
        points = [self._count(start, row) for row in readings]
        best = max(range(len(points)), key=points.__getitem__)
        others = max(points[:best] + points[best + 1 :])
        if points[best] >= _MIN_POINTS and points[best] - others >= _MIN_AHEAD:
            return readings[best]
        usual = choose_one(readings)
        is_lower = usual is not None and points[best] > points[readings.index(usual)]
        return None if is_lower else usual

    def _count(self, start: int, row: Abbreviation) -> int:
        cues = {cue for cue in row.cues if cue != row.short.lower()}
        points = _USUAL * row.is_usual
        points += _IN_NOTE * min(len(cues & self._vocabulary), _MAX_IN_NOTE)
        points += _NEAR * min(len(cues & self._list_near(start)), _MAX_NEAR)
        points += _SPELLED * ((row.label, row.long_forms) in self._spelled)
        i = bisect_right(self.sections, start, key=lambda section: section[0]) - 1
        held = list_held(self.sections[i][1]) if i >= 0 else frozenset()
        return points + _SECTION * (row.label in held)

    def _list_near(self, start: int) -> set[str]:
        """List the words around a place in its clause, without the one there."""
        words = self._words
        i = bisect_left(words, start, key=lambda word: word[0])
        near: set[str] = set()
        for run in (
            words[max(i - _N_NEAR, 0) : i][::-1],
            words[i + 1 : i + 1 + _N_NEAR],
        ):
            near.update(word for _, word in takewhile(_is_word, run))
        return near

    @cached_property
    def _words(self) -> list[tuple[int, str]]:
        return [(word.start(), word[0].lower()) for word in _WORD.finditer(self.text)]

    @cached_property
    def _vocabulary(self) -> set[str]:
        return {word for _, word in self._words}

    @cached_property
    def _spelled(self) -> set[tuple[str, tuple[str, ...]]]:
        return {
            (row.label, row.long_forms)
            for found in self.abbreviations.find_long_forms(self.text)
            for row in found.readings
        }


def list_held(section: str) -> frozenset[str]:
    """List the labels of what a section holds; none if it may be anything.

    section: Its label.
    """
    return _HELD.get(section, frozenset())


def _is_word(word: tuple[int, str]) -> bool:
    return word[1][0].isalnum()
