"""Find what takes the place of the identifiers of a note."""

import re
from collections.abc import Callable, Sequence
from functools import partial

from spacy_clinical.identifiers.found import KINDS_BY_LABEL
from spacy_clinical.identifiers.replace.dates import DateShift, find_years
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.replace.modes import Modes
from spacy_clinical.identifiers.replace.names import find_gender, replace_name
from spacy_clinical.identifiers.replace.numbers import (
    replace_ip,
    replace_number,
    replace_phone,
)
from spacy_clinical.identifiers.replace.persons import Persons, list_name_words
from spacy_clinical.identifiers.replace.places import (
    replace_address,
    replace_city,
    replace_state,
    replace_words,
)
from spacy_clinical.identifiers.replace.repeats import PERSONS, Target
from spacy_clinical.identifiers.replace.words import fold, list_words

MASK = "*"
# Days that dates are moved by, at least and at most, back or forth.
MIN_SHIFT, MAX_SHIFT = 31, 365
# Longer ones are tagged.
MAX_DATE = 200
OLDEST = 89
# Parts of ZIP codes with at most 20,000 people, by the census of 2000.
_SPARSE_ZIPS = frozenset(
    {
        *("036", "059", "063", "102", "203", "556", "692", "790", "821"),
        *("823", "830", "831", "878", "879", "884", "890", "893"),
    }
)
_OLD_WORDS = re.compile(
    r"\b(?:ninet\w*|hundred|centenarian|nonagenarian)", re.IGNORECASE
)


class Replacer:
    """Finds what takes the place of each identifier of a note.

    text: Of the note.
    targets: The identifiers, in the order of the text.
    modes: What is done with them.
    key: What surrogates follow from.
    patient: Whose dates are moved together.
    """

    def __init__(
        self,
        text: str,
        targets: Sequence[Target],
        modes: Modes,
        key: Key,
        patient: str,
    ) -> None:
        self.text = text
        self.modes = modes
        self.key = key
        dates = [text[t.start : t.end] for t in targets if t.label == "DATE"]
        self.dates = DateShift(draw_shift(key, patient), dates)
        self.last_year = max((year for d in dates for year in find_years(d)), default=0)
        self.taken = frozenset(
            word.folded
            for target in targets
            for word in list_words(text[target.start : target.end])
        )
        self.numbers = _number(text, targets)
        self.roles = _find_roles(text, targets)
        self.surrogates = self._find_surrogates()

    def replace(self, target: Target) -> tuple[str, str]:
        """Find what takes an identifier's place. RETURNS: It, and the mode that was used.

        What can't be moved or made up, such as "yesterday", is tagged.
        """
        old = self.text[target.start : target.end]
        mode = self.modes.get(target.label, target.kind)
        new: str | None
        if mode == "mask":
            return mask(old), mode
        if mode == "shift":
            new = self._shift(old, target)
        elif mode == "generalize":
            new = self._generalize(old, target)
        elif mode == "surrogate":
            new = self._make_surrogate(old, target)
        elif mode == "numbered":
            return f"[{target.label}-{self._get_number(old, target)}]", mode
        else:
            new = None
        return (f"[{target.label}]", "tag") if new is None else (new, mode)

    def _shift(self, old: str, target: Target) -> str | None:
        if target.kind == "time":
            return old
        if target.label == "AGE":
            return generalize_age(old)
        is_date = target.label == "DATE" and len(old) <= MAX_DATE
        return self.dates.move(old) if is_date else None

    def _generalize(self, old: str, target: Target) -> str | None:
        """Leave only what Safe Harbor lets stay of an identifier."""
        if target.label == "AGE":
            return generalize_age(old)
        if target.kind == "zip":
            found = re.fullmatch(r"(\d{3})\d\d(?:-?\d{4})?", old.strip())
            return found and ("000" if found[1] in _SPARSE_ZIPS else found[1])
        if target.label != "DATE" or len(old) > MAX_DATE:
            return None
        years = find_years(old)
        # The year of birth of the very old would tell their age.
        if not years or min(years) < self.last_year - OLDEST:
            return None
        return "-".join(str(year) for year in dict.fromkeys(years))

    def _get_number(self, old: str, target: Target) -> int:
        by_place = self.numbers.get((target.label, target.start))
        return by_place or self.numbers[target.label, fold_all(old)]

    def _make_surrogate(self, old: str, target: Target) -> str | None:
        label, kind = target.label, target.kind
        if label in ("DATE", "AGE"):
            return self._shift(old, target)
        replace = self.surrogates.get(kind) or self.surrogates.get(label)
        if replace is None or not any(map(str.isalnum, old)):
            return None
        new = replace(old)
        return new if fold_all(new) != fold_all(old) else None

    def _find_surrogates(self) -> dict[str, Callable[[str], str]]:
        """Find what makes surrogates, by kind, or by label for what has none."""
        numbers = (*KINDS_BY_LABEL["ID"], "extension", "zip", "postcode", "coordinates")
        return {
            "PATIENT": self._replace_person,
            "STAFF": self._replace_person,
            "PHONE": self._replace_phone,
            "ID": self._replace_number,
            "EMAIL": self._replace_address,
            "LOC": self._replace_city,
            "HOSP": self._replace_words,
            "PATORG": self._replace_words,
            "name": self._replace_person,
            **dict.fromkeys(("phone", "fax", "pager"), self._replace_phone),
            **{kind: partial(self._replace_number, kind=kind) for kind in numbers},
            **dict.fromkeys(
                ("email", "url", "social", "username"), self._replace_address
            ),
            "ip": lambda old: replace_ip(old, self.key),
            **dict.fromkeys(("city", "county"), self._replace_city),
            "state": lambda old: replace_state(old, self.key),
            "country": lambda old: replace_state(old, self.key),
            **dict.fromkeys(("street", "box", "unit", "room"), self._replace_words),
            **dict.fromkeys(("hospital", "organization"), self._replace_words),
        }

    def _replace_phone(self, old: str) -> str:
        return replace_phone(old, self.key)

    def _replace_number(self, old: str, kind: str = "id") -> str:
        return replace_number(old, kind, self.key)

    def _replace_address(self, old: str) -> str:
        return replace_address(old, self.key, self._replace_word)

    def _replace_city(self, old: str) -> str:
        return replace_city(old, self.key, taken=self.taken)

    def _replace_words(self, old: str) -> str:
        return replace_words(old, self.key, taken=self.taken)

    def _replace_person(self, old: str) -> str:
        """Replace the words of a name; titles stay, and what is between."""
        gender = ""
        rows = list_name_words(old)
        parts, done = [], 0
        for word, is_given in rows:
            written = old[word.start : word.end]
            role = "given" if is_given else "last"
            role = self.roles.get(word.folded, role)
            if role == "given" and not gender:
                gender = find_gender(written)
            new = self._replace_word(written, role, gender)
            parts += [old[done : word.start], new]
            done = word.end
        return "".join([*parts, old[done:]])

    def _replace_word(self, word: str, role: str = "", gender: str = "") -> str:
        role = role or self.roles.get(fold(word), "last")
        return replace_name(
            word,
            "given" if role == "given" else "last",
            self.key,
            taken=self.taken,
            gender=gender,
        )


def draw_shift(key: Key, patient: str) -> int:
    """Draw by how many days a patient's dates are moved."""
    drawn = key.draw("shift", patient)
    days = MIN_SHIFT + drawn % (MAX_SHIFT - MIN_SHIFT + 1)
    return days if drawn >> 255 else -days


def mask(text: str) -> str:
    """Mask a text with as many characters. White space stays."""
    return "".join(char if char.isspace() else MASK for char in text)


def generalize_age(text: str) -> str | None:
    """Keep an age up to 89; others are 90+. RETURNS: None if there is no age."""
    numbers = re.findall(r"\d+", text)
    if not numbers:
        return "90+" if _OLD_WORDS.search(text) else text if text.strip() else None
    if all(int(number) <= OLDEST for number in numbers if len(number) < 4):
        return text if all(len(number) < 4 for number in numbers) else None
    return re.sub(
        r"\d+\+?", lambda m: "90+" if len(m[0]) > 1 and _is_old(m[0]) else m[0], text
    )


def _is_old(number: str) -> bool:
    return int(number.rstrip("+")) > OLDEST


def fold_all(text: str) -> str:
    """Fold a text to its letters and digits, to tell whether two are the same."""
    return "".join(word.folded for word in list_words(text))


def _number(text: str, targets: Sequence[Target]) -> dict[tuple[str, int | str], int]:
    """Number the identifiers of each label: persons by their places, others by text."""
    numbers: dict[tuple[str, int | str], int] = {}
    for label in dict.fromkeys(target.label for target in targets):
        own = [target for target in targets if target.label == label]
        texts = [text[target.start : target.end] for target in own]
        if label in PERSONS:
            for target, number in zip(own, Persons().add_all(texts), strict=True):
                numbers[label, target.start] = number
            continue
        order: dict[str, int] = {}
        for old in texts:
            folded = fold_all(old)
            numbers[label, folded] = order.setdefault(folded, len(order) + 1)
    return numbers


def _find_roles(text: str, targets: Sequence[Target]) -> dict[str, str]:
    """Find which words are first or last names, from names of several words.

    "Quill, Jane" says so more surely than "Jane Quill", and an initial says nothing.
    """
    roles: dict[str, str] = {}
    written = [text[t.start : t.end] for t in targets if t.label in PERSONS]
    for name in sorted(written, key=lambda name: "," not in name):
        rows = list_name_words(name)
        if len(rows) > 1:
            for word, is_given in rows:
                if len(word.folded) > 1:
                    roles.setdefault(word.folded, "given" if is_given else "last")
    return roles
