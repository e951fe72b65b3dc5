"""Find measurements in a text by rules alone: the name of an analyte, then its value."""

import re
from collections.abc import Iterator, Mapping

from spacy_clinical.relations.measurements.analytes import Spelling, load_spellings
from spacy_clinical.relations.measurements.measurement import Measurement
from spacy_clinical.relations.measurements.numbers import Amount
from spacy_clinical.relations.measurements.sizes import scan_sizes
from spacy_clinical.relations.measurements.specimens import name_specimen
from spacy_clinical.relations.measurements.steps import OXYGEN
from spacy_clinical.relations.measurements.values import read_values

_WORD = re.compile(r"(?<![^\W_])(?<![/\\@#])[A-Za-z][A-Za-z0-9]*")
_DIGITS = re.compile(r"\d+$")
# What is wished for, or the condition of an order.
_IS_ORDER = re.compile(
    r"\b(?:goal|target|keep|maintain|titrate|if|unless|until|call\b[^.\n]{0,20}|"
    r"notify\b[^.\n]{0,20}|hold for|parameters?|risk of|vitamin|vit\.?)"
    r"(?:[ :]+(?:is|of|for|a|an|the|or|and|to|with|your|his|her))*[ :]*$",
    re.IGNORECASE,
)
_MAX_BEFORE = 40
# "Sodium chloride 75 mL/h" is an infusion.
_IS_SALT = re.compile(r"\b(?:sodium|potassium|calcium|magnesium|ammonium)[ -]$", re.I)
_OF_SALTS = frozenset({"chloride", "bicarbonate", "phosphate", "lactate"})
# Without a name: "97% 2L".
_SATURATION = re.compile(
    rf"(?<![\w./-])(?P<n>[6-9]\d|100)[ ]?%(?={OXYGEN.pattern})", re.I
)
# Characters behind a name, in which a value begins if it has one.
_MAX_AFTER = 100
_HAS_DIGIT = re.compile(r"\d")
# Names that are also other words, and need another measurement beside them.
_IN_COMPANY = frozenset(
    {
        "T",
        "P",
        "R",
        "K",
        "HC",
        "AG",
        "BS",
        "PT",
        "TP",
        "LD",
        "BE",
        "TG",
        "TC",
        "Ca",
        "Tm",
    }
)
# Names that numbers are written to without a space, besides those of vital signs.
_RUN_TOGETHER = frozenset({"WBC", "INR", "BUN", "Hgb", "HGB", "Hct", "Plt", "Cr", "K"})
_NEEDS_SCORE = frozenset({"pain_score"})


def scan_measurements(text: str) -> list[Measurement]:
    """Find the measurements of a text, in order; none of two overlap."""
    found = [*_scan_named(text), *_scan_saturations(text), *scan_sizes(text)]
    found.sort(key=lambda one: one.value)
    kept: list[Measurement] = []
    for one in found:
        if not kept or one.value[0] >= kept[-1].end:
            kept.append(one)
    return _leave_out_lone(text, kept)


def _scan_named(text: str) -> Iterator[Measurement]:
    by_word = load_spellings().by_word
    done = 0
    for word in _WORD.finditer(text):
        if word.start() < done:
            continue
        named = _find_name(text, word, by_word)
        if named is None:
            continue
        spelling, end = named
        if not _HAS_DIGIT.search(text, end, end + _MAX_AFTER):
            continue
        before = text[max(word.start() - _MAX_BEFORE, 0) : word.start()]
        if _IS_ORDER.search(before) or before[-1:] == "-":
            continue
        is_tight = spelling.text in _IN_COMPANY or len(spelling.text) == 1
        if _IS_SALT.search(before) and spelling.analyte.key in _OF_SALTS:
            continue
        analyte = name_specimen(text, word.start(), spelling.analyte)
        values = read_values(text, word.start(), end, analyte, is_tight=is_tight)
        for value in values:
            if spelling.analyte.key in _NEEDS_SCORE and value.unit is None:
                continue
            yield value
            done = value.end


def _scan_saturations(text: str) -> Iterator[Measurement]:
    """Find saturations without a name, by what is breathed in."""
    analyte = load_spellings().by_name["spo2"]
    for match in _SATURATION.finditer(text):
        oxygen = OXYGEN.match(text, match.end())
        yield Measurement(
            match.start(),
            oxygen.end() if oxygen else match.end(),
            analyte,
            None,
            match.span("n"),
            amount=Amount(float(match["n"])),
            unit="%",
            unit_text="%",
        )


def _find_name(
    text: str, word: re.Match[str], by_word: Mapping[str, list[Spelling]]
) -> tuple[Spelling, int] | None:
    """Find the longest name that begins with a word, and where it ends."""
    start = word.start()
    for spelling in by_word.get(word[0].lower(), ()):
        end = start + len(spelling.text)
        written = text[start:end]
        is_same = written == spelling.text or (
            not spelling.is_exact and written.lower() == spelling.text
        )
        if is_same and not text[end : end + 1].isalnum():
            return spelling, end
    # "BP120/80", "WBC12.3", "K4.2"; "T3" is none, "R41.0" a code.
    digits = _DIGITS.search(word[0])
    if digits is None:
        return None
    has_decimals = re.match(r"\.\d", text[word.end() : word.end() + 2])
    if digits.start() < 2 and not (has_decimals and word[0][0] in "TK"):
        return None
    name = word[0][: digits.start()]
    for spelling in by_word.get(name.lower(), ()):
        # "CK7" and "AFP4" aren't values.
        is_vital = spelling.analyte.kind == "vital" or name in _RUN_TOGETHER
        if spelling.text == name and is_vital:
            return spelling, start + len(name)
    return None


def _leave_out_lone(text: str, found: list[Measurement]) -> list[Measurement]:
    """Leave out what may be another word, if no other measurement is on its line."""
    lines: dict[int, list[int]] = {}
    line, done = 0, 0
    for i, one in enumerate(found):
        line += text.count("\n", done, one.start)
        done = one.start
        lines.setdefault(line, []).append(i)
    kept = []
    for numbers in lines.values():
        # Two of them are company for each other.
        kept += [
            i for i in numbers if len(numbers) > 1 or not _is_doubtful(text, found[i])
        ]
    return [found[i] for i in kept]


def _is_doubtful(text: str, one: Measurement) -> bool:
    if one.name is None or one.unit is not None:
        return False
    start, end = one.name
    if end == start + 1 and text[end : end + 1].isdigit():
        # "T98.6", and "K21.9", which is a code.
        return True
    if "." in text[one.value[0] : one.value[1]] or text[end : end + 1] in ":=":
        return False
    return text[start:end] in _IN_COMPANY
