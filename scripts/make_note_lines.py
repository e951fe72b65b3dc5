"""Write lines as clinicians type them, with entities, to train `clinical_ner` on.

Each is drawn from patterns such as "PMH: {D}, {D} s/p {P}", whose places are filled with
short and long forms from the package's inventory of abbreviations and, for a part, with
names from the lists that make_name_lists.py writes. What a line says makes no sense; how
it is written does. None of it is of a patient.

Run: python scripts/make_note_lines.py corpus/ner/lines --names names [--lines 6000]
"""

import argparse
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from make_assertion_corpora import Entity, Note, write_notes

from spacy_clinical.concepts.abbreviations import NO_TYPE, load_abbreviations


def _words(text: str) -> list[str]:
    return text.split()


# By the letter that stands for it in patterns: type, and the file of names.
TYPES = {
    "D": ("Disease_disorder", "Disease_disorder.txt"),
    "S": ("Sign_symptom", "Sign_symptom.txt"),
    "M": ("Medication", "Medication.txt"),
    "T": ("Diagnostic_procedure", ""),
    "P": ("Therapeutic_procedure", ""),
    "B": ("Biological_structure", ""),
    "F": ("Frequency", ""),
    "A": ("Administration", ""),
}
# Filled by functions: dose, age, age as a bare number, sex, result of a test, duration,
# date, imaging of a part of the body.
OTHERS = {
    "X": "Dosage",
    "Y": "Age",
    "W": "Age",
    "Z": "Sex",
    "V": "Lab_value",
    "U": "Duration",
    "K": "Date",
    "J": "Diagnostic_procedure",
}
# {G} is a sign at a part of the body, which are two entities in MACCROBAT: [chest] [pain].
# {O} is a short form of no entity: of a place or a person.
PLACES = _words("""
    SNF PCP ED ICU MICU OSH rehab MD RN PT/OT clinic GI cards ID renal
""")
BODIES = _words("""
    chest neck back abd abdominal flank leg knee hip joint arm shoulder ankle foot
    hand facial pelvic ear eye calf groin wrist elbow rib jaw scalp epigastric RUQ
    LLQ RLQ
""")
SIGNS = _words("""
    pain pain pain tenderness swelling edema numbness stiffness discomfort tightness
    erythema cramping cramps redness tingling
""")
_AT_BODY = re.compile(rf"({'|'.join(BODIES)}) ({'|'.join(sorted(set(SIGNS)))})")
IMAGING = _words("""
    CT CTA MRI MRA US CXR XR x-ray echo dopplers ultrasound
""")
IMAGED = _words("""
    head chest abd abd/pelvis brain spine C-spine neck LE RUQ knee hip
""")
# MACCROBAT leaves these out of the entity that follows.
QUALIFIERS = _words("""
    acute chronic severe mild moderate worsening new recurrent stable large small
    known old mod intermittent
""")
_QUALIFIED = re.compile(rf"(?:{'|'.join(QUALIFIERS)}) ", re.IGNORECASE)
PLACE = re.compile(r"\{([A-Z])(\*?)\}|\[([^|]+)\|([A-Z])\]")
# {D} is one disease; {D*} is a list of some; [BP|T] is a test by its name; \n is a line break.
PATTERNS = r"""
PMH: {D*}
PMHx: {D*}.
Past Medical History:\n{D*}
PMH\n{D*}
PMH: {D}, {D} s/p {P}, {D*}
PMH sig for {D*}
PMH of {D*}.
h/o {D*}
Hx of {D}, {D} and {D}.
PMH: {D} on {M}, {D} (s/p {P} {K}), {D}
Problem list:\n1. {D}\n2. {D}\n3. {D}
Problems:\n- {D}\n- {D}\n- {S}\n- {D}
Active issues:\n# {D}\n# {D}\n# {S}
Dx: {D}
Admit dx: {D}, {D}
PSH: {P*}
PSHx: {P}, {P} {K}
Past Surgical History:\n{P*}
Surgeries: {P*}
Diagnoses: 1) {D} 2) {D} 3) {D}
Discharge Diagnosis: {D} c/b {D}
Meds: {M*}
Home meds: {M*}
Medications:\n{M*}
MEDICATIONS\n{M*}
Meds: {M} {X} {F}, {M} {X} {F}, {M} {X} {F}
{M} {X} {A} {F}
{M} {X} {A} {F} prn {S}
- {M} {X} {A} {F}\n- {M} {X} {A} {F}\n- {M} {X} {A} {F}
cont {M} {X} {F}, hold {M}
Current meds:\n1. {M} {X} {F}\n2. {M} {X} {A} {F}\n3. {M}
Rx: {M} {X} {A} {F} x {U}
Started on {M} and {M} in ED.
Given {M} {X} {A} x1, then {M}.
Got {M}, {M}, and {X} {M}.
On {M} for {D}.
s/p {M} x{U}
{M} d/c'd 2/2 {S}.
switched {M} to {M}
completed {U} of {M}
ALLERGIES:\n{M*}
Allergies: {M} ({S}), {M}
NKDA. Intolerances: {M} -> {S}
All: {M*}
Allergies:\n- {M}\n- {M}\n- {M}
ALL: {M} - {S}
Drips: {M}, {M}
Abx: {M}/{M}
CC: {S}
CC: {S}, {S}
CC: {G}
CC: {G} x {U}
c/o {G}, {S}
{G} x {U}, no {G} or {S}
denies {G}, {G}, {S}
{G} 2/2 {D}
pt w/ {G} and {S}, worse at night
+ {G}, {G}
{G}/{G}
ROS: no {G}, no {S}
Chief Complaint: {S} x {U}
Presents with {S}, {S} and {S}.
{Y} {Z} w/ {D}, {D}, p/w {S}.
{Y} {Z} h/o {D*} p/w {S} x {U}.
{W}{Z} w/ {D}, {D} p/w {S}
{W}{Z} h/o {D*} here w/ {S}
{W} {Z} s/p MVC w/ {S}, {G}
{W}{Z} from {O} w/ {S} x {U}
{Y}{Z} PMH {D}, {D} who p/w {S}, {S}, found to have {D}.
{Y} {Z} admitted for {D}.
{Y} {Z} with a history of {D} and {D} presenting with {S} for {U}.
{Z} {Y} c/o {S} since {K}
Pt is a {Y} {Z} with {D}, {D}, and {D} s/p {P} ({K}) c/b {D} who presents w/ {S}.
c/o {S}, {S} x {U}. Denies {S}, {S}.
Reports {S} and {S}. No {S} or {S}.
{S} 2/2 {D}
BIBA for {S}
Transferred from OSH for {D}
HPI: {S} x {U}, a/w {S}, {S}
pt with {S} and {B} {S}
Denies {S*}
Endorses {S}, denies {S}
+{S}, +{S}, -{S}
no {S}/{S}/{S}
ROS: + {S}, {S}. - {S}, {S}.
ROS neg for {S*}
Constitutional: no {S}, {S}
{B}: no {S}
{S} in {B}
{B} {S} x {U}
{S} of the {B}
{B} w/ {S}
Labs: {T} {V}, {T} {V}, {T} {V}
{T} {V}, {T} {V}
Labs notable for {T} {V} and {T} {V}.
{T}: {V}
{T} {V} -> {V}
{T} showed {S}.
{T} w/ {S}, no {D}
{T} neg for {D}
{T} c/w {D}
{T} pending.
check {T}, {T}
f/u {T} in AM
trend {T}
{T} and {T} ordered.
will obtain {T}
VS: {T} {V} {T} {V} {T} {V}
VS: [T|T] {V} [HR|T] {V} [BP|T] {V} [RR|T] {V} [O2 sat|T] {V} RA
Vitals: [BP|T] {V}, [P|T] {V}, [T|T] {V}, [SpO2|T] {V}
[Temp|T] {V}, [HR|T] {V}, [BP|T] {V}, [RR|T] {V}, [sats|T] {V}
[WBC|T] {V}, [Hgb|T] {V}, [plts|T] {V}, [Na|T] {V}, [K|T] {V}, [Cr|T] {V}
Vitals: {T} {V}, {T} {V}, {T} {V}
{T} {V} {T} {V} {T} {V} {T} {V} on RA
Imaging: {T} with {D}.
{T} {K}: {S}, {D}
IMPRESSION: {D}. No {D} or {D}.
{T} r/o {D}
{J}: no {D}.
{J} w/ {D}
{J} {K}: {S}, no {S}
{J} pending, {T} sent
get {J}, {T}, serial {T}
{T} x3, {T} neg
{T} of the {B} w/ {S}
Exam: {B} {S}, {B} w/o {S}
{T} of {V} on {K}
A/P: {Y} {Z} w/ {D} c/b {D}. Start {M}, check {T}.
A/P: {D}: cont {M}
A&P: {D}, {D}, {D}
# {D}: {T} {V}, cont {M} {X} {F}
# {D} - s/p {P}, on {M}
#{D}\n- {M} {X} {F}\n- {T} in AM
# {S}: likely {D} vs {D}. {T}, {M} prn.
1. {D} - {M}\n2. {D} - f/u {T}\n3. {S} - resolved
Impression: {D} vs {D}
DDx: {D}, {D}, {D}
r/o {D}
ruled out for {D}
concern for {D}, {D}
{D} s/p {P}
s/p {P} for {D}
{P} {K}
underwent {P} on {K}
plan for {P}
{P} c/b {D}
{D} on {M}
{D}, on {M} and {M}
{D} w/ {S}
{D} c/b {D} and {D}
{D} 2/2 {D}
likely {D}
will start {M} {X} {F} for {D}
inc {M} to {X}
hold {M} given {S}
wean {M}
{M} [gtt|A]
{M} [drip|A] at {X}
on {M} [gtt|A], wean {M}
{M} [inh|A] {F}
FH: mother w/ {D}, father {D}, {D}
FHx: {D} in mother
Family hx: {D}, {D}
f/u with PCP re {D}
Post-op course c/b {D} and {S}.
Hospital course: {D} treated with {M} and {P}.
D/c home on {M}.
Nursing: {S} noted, {M} given w/ relief
{M} given for {S}
pt c/o {S}, MD aware
{T} {V}, {M} held
SH: lives w/ wife, retired
f/u w/ {O} re {D}
{O} aware
per {O}: {T} in AM
from {O}, {D}
{O} consulted for {D}
All: latex, shellfish, {M}
Allergies:\nLatex\n{M}\n{M} ({S})
D/c to {O}
Dispo: home
Full code.
Seen and examined.
F/u in 2 wks w/ PCP.
Plan discussed with family.
Pt resting comfortably in bed.
Will follow.
Interval events: none.
Code status: DNR/DNI
Call with questions.
Dictated but not read.
Pager #1234
Consult note to follow
""".strip().splitlines()
MONTHS = (
    "Jan",
    "Feb",
    "March",
    "Apr",
    "May",
    "June",
    "Jul",
    "Aug",
    "Sept",
    "Oct",
    "Nov",
    "Dec",
)


def main() -> None:
    args = _parse_args()
    lines = Lines(random.Random(args.seed), args.names)
    write_notes(args.output, lines.write(args.lines))


class Lines:
    """Fills patterns."""

    def __init__(self, chance: random.Random, names: Path | None) -> None:
        self.chance = chance
        self._short: dict[str, list[str]] = {}
        self._long: dict[str, list[str]] = {}
        self._names: dict[str, list[str]] = {}
        for row in load_abbreviations():
            self._short.setdefault(row.label, []).append(row.short)
            self._long.setdefault(row.label, []).extend(row.long_forms)
        for label, file in TYPES.values():
            path = names / file if names and file else None
            if path and path.exists():
                self._names[label] = [
                    name
                    for name in path.read_text("utf8").splitlines()
                    if not name.startswith("#")
                ]
        self._fillers: dict[str, Callable[[], str]] = {
            "X": self._make_dose,
            "Y": self._make_age,
            "W": lambda: f"{self.chance.randint(18, 97)}",
            "J": lambda: " ".join(
                (self.chance.choice(IMAGING), self.chance.choice(IMAGED))
            ),
            "Z": lambda: self._choose(
                "M", "F", "male", "female", "man", "woman", "m", "f"
            ),
            "V": self._make_value,
            "U": self._make_duration,
            "K": self._make_date,
        }

    def write(self, n_notes: int) -> Iterator[Note]:
        """Write notes of one to six lines each."""
        for _ in range(n_notes):
            text, entities = "", []
            for _ in range(self.chance.randint(1, 6)):
                line, found = self._fill(
                    self.chance.choice(PATTERNS).replace("\\n", "\n")
                )
                text += "\n" * bool(text)
                entities += [
                    (s + len(text), e + len(text), name) for s, e, name in found
                ]
                text += line
            case = self.chance.random()
            changed = (
                text.lower() if case < 0.12 else text.upper() if case < 0.17 else text
            )
            if len(changed) == len(text):
                text = changed
            yield Note(text, [Entity(*entity, frozenset()) for entity in entities])

    def _fill(self, pattern: str) -> tuple[str, list[tuple[int, int, str]]]:
        text, entities, done = "", [], 0
        for place in PLACE.finditer(pattern):
            text += pattern[done : place.start()]
            done = place.end()
            if place[3]:
                end = len(text) + len(place[3])
                entities.append((len(text), end, TYPES[place[4]][0]))
                text += place[3]
                continue
            n = self.chance.randint(2, 7) if place[2] else 1
            is_below = text.endswith("\n")
            joint = (
                "\n" if is_below and n > 1 else self._choose(", ", ", ", "; ", " / ")
            )
            if not is_below and self.chance.random() < 0.85:
                joint = ", "
            for number in range(n):
                if number:
                    text += joint
                name, label = self._name(place[1])
                if place[1] in "DSP" and self.chance.random() < 0.12:
                    text += self._qualify(place[1])
                entities += [
                    (len(text) + start, len(text) + end, kind)
                    for start, end, kind in self._list_parts(name, label)
                ]
                text += name
        return text + pattern[done:], entities

    def _qualify(self, letter: str) -> str:
        """Choose a word that stands before an entity, but isn't of it."""
        words = ("R", "L", "bilateral") if letter == "P" else QUALIFIERS
        return f"{self.chance.choice(words)} "

    def _list_parts(self, name: str, label: str) -> list[tuple[int, int, str]]:
        """List the entities in a name."""
        parts = _AT_BODY.fullmatch(name.lower())
        if parts and label == "Sign_symptom":
            body, sign = parts.span(1), parts.span(2)
            return [(*body, "Biological_structure"), (*sign, label)]
        return [(0, len(name), label)] if label != NO_TYPE else []

    def _name(self, letter: str) -> tuple[str, str]:
        """Choose what stands at a place, and its type."""
        if letter == "G":
            pair = (self.chance.choice(BODIES), self.chance.choice(SIGNS))
            return " ".join(pair), "Sign_symptom"
        if letter == "O":
            return self.chance.choice(PLACES), NO_TYPE
        if letter in OTHERS:
            return self._fillers[letter](), OTHERS[letter]
        label = TYPES[letter][0]
        which = self.chance.random()
        names = self._names.get(label)
        if names and which < 0.25:
            name = self.chance.choice(names)
        elif which < 0.5:
            name = self.chance.choice(self._long[label])
        else:
            name = self.chance.choice(self._short[label])
            if self.chance.random() < 0.15:
                name = name.lower()
        name = _QUALIFIED.sub("", name)
        if name.istitle() and self.chance.random() < 0.5:
            name = name.lower()
        elif self.chance.random() < 0.15:
            name = name[0].upper() + name[1:]
        return name, label

    def _choose(self, *options: str) -> str:
        return self.chance.choice(options)

    def _make_dose(self) -> str:
        number = self._choose(
            "5", "10", "20", "25", "40", "81", "100", "0.5", "1", "2.5", "500", "1000"
        )
        unit = self._choose(
            "mg",
            "mg",
            " mg",
            " mg",
            "mcg",
            " mcg",
            "g",
            " g",
            " units",
            "u",
            "",
            " mL",
            " mg/kg",
            "mEq",
        )
        return number + unit

    def _make_age(self) -> str:
        age = self.chance.randint(1, 99)
        return f"{age}" + self._choose(
            "yo", "y/o", " y/o", " yo", "-year-old", " year old", "y", "YO"
        )

    def _make_value(self) -> str:
        first = self.chance.randint(1, 300)
        return self._choose(
            f"{first / 10:.1f}",
            f"{first}",
            f"{first}/{self.chance.randint(40, 110)}",
            f"{self.chance.randint(80, 100)}%",
            *(
                "neg",
                "negative",
                "positive",
                "wnl",
                "normal",
                "elevated",
                "stable",
                "+",
                "low",
            ),
        )

    def _make_duration(self) -> str:
        n = self.chance.randint(1, 12)
        return self._choose(
            f"{n}d",
            f"{n} days",
            f"{n} wks",
            f"{n}h",
            f"{n} weeks",
            f"{n} mo",
            f"{n} yrs",
        )

    def _make_date(self) -> str:
        year, month = self.chance.randint(1990, 2025), self.chance.choice(MONTHS)
        day = f"{self.chance.randint(1, 12)}/{self.chance.randint(1, 28)}"
        return self._choose(
            f"{year}", f"{day}/{year % 100:02}", day, f"{month} {year}", f"{year}"
        )


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("output", type=Path, help="folder to write to")
    parser.add_argument("--names", type=Path, help="folder of lists of names")
    parser.add_argument(
        "--lines", type=int, default=1500, help="notes of some lines each"
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
