"""Invented people: patients, their relatives, and staff."""

import random
from functools import cache
from typing import NamedTuple

from deid_notes.vocabulary import COMMON, Part, get_part, list_names, read_list, take

CREDENTIALS = ("MD", "M.D.", "DO", "RN", "NP", "PA-C", "PhD", "MBBS", "LCSW", "PharmD")
_WORD_NAME = 0.08
# How often a name to train on is made of two others, so that no list is learned by heart.
_COINED = 0.25
# How often a name to train on is of a culture that Faker has few names of.
_OTHER_CULTURE = 0.12


class Person(NamedTuple):
    """A person.

    sex: "male" or "female".
    middle: A first name, or "".
    """

    sex: str
    first: str
    middle: str
    last: str


def make_person(chance: random.Random, part: Part, sex: str = "") -> Person:
    """Invent a person, of any culture.

    sex: "male", "female", or "" for either.
    """
    sex = sex or chance.choice(("male", "female"))
    firsts, lasts = list_names(sex, part), list_names("last", part)
    where = _choose_locale(chance, sorted(firsts.keys() & lasts.keys()))
    first, last = chance.choice(firsts[where]), chance.choice(lasts[where])
    if chance.random() < 0.12:
        # Of two cultures.
        last = chance.choice(lasts[chance.choice(sorted(lasts))])
    if part == "train" and chance.random() < _COINED:
        last = _coin(chance, last, chance.choice(lasts[where]))
    if part == "train" and chance.random() < _COINED:
        first = _coin(chance, first, chance.choice(firsts[where]))
    if part == "train" and chance.random() < _OTHER_CULTURE:
        first = chance.choice(_take_list("more_first_names", part))
        last = chance.choice(_take_list("more_last_names", part))
    words = _take_list("word_names", part)
    if chance.random() < _WORD_NAME:
        last = chance.choice(words)
    if chance.random() < _WORD_NAME / 2:
        first = chance.choice(words)
    if chance.random() < 0.05:
        last = f"{last}-{chance.choice(lasts[where])}"
    elif chance.random() < 0.02:
        last = chance.choice(("Mc", "O'", "Mac", "De", "La", "Van ", "de la ")) + last
    middle = chance.choice(firsts[where]) if chance.random() < 0.4 else ""
    return Person(sex, first, middle, last)


def _coin(chance: random.Random, one: str, other: str) -> str:
    """Make a name of the start of one and the end of another, if both are long enough."""
    if min(len(one), len(other)) < 4:
        return one
    coined = one[: chance.randint(2, len(one) - 1)] + other[-chance.randint(2, 4) :]
    return coined.capitalize() if get_part(coined) == "train" else one


@cache
def _take_list(name: str, part: Part) -> list[str]:
    return take(read_list(name), part)


def _choose_locale(chance: random.Random, locales: list[str]) -> str:
    common = [name for name in COMMON if name in locales]
    if chance.random() < 0.35 and "en_US" in locales:
        return "en_US"
    if chance.random() < 0.35 and "en" in locales:
        return "en"
    return chance.choice(common if common and chance.random() < 0.4 else locales)


def write_full(chance: random.Random, person: Person, part: Part) -> str:
    """Write a full name, first name first."""
    first, middle, last = person.first, person.middle, person.last
    initial = f"{middle[:1]}." if middle else ""
    styles = {
        "train": (
            f"{first} {last}",
            f"{first} {last}",
            f"{first} {initial} {last}",
            f"{first} {middle} {last}",
            f"{first} {middle[:1]} {last}",
            f"{first[0]}. {last}",
            f"{first[0]}. {last}",
            f"{first} {last} {chance.choice(('Jr.', 'Sr.', 'Jr', 'II', 'IV'))}",
        ),
        "dev": (
            f"{first} {last}",
            f"{first[0]}. {initial} {last}",
            f"{first[0]}.{last}",
            f"{first} {last} III",
            f"{first} {last.upper()}",
        ),
    }
    chosen = chance.choice(styles[part])
    return " ".join(chosen.split())


def write_last_first(chance: random.Random, person: Person, part: Part) -> str:
    """Write a full name, last name first."""
    first, initial, last = person.first, person.middle[:1], person.last
    styles = {
        "train": (
            f"{last}, {first}",
            f"{last}, {first} {initial}",
            f"{last.upper()}, {first.upper()}",
            f"{last},{first}",
            f"{last.upper()}, {first} {initial}",
        ),
        "dev": (
            f"{last.upper()},{first.upper()} {initial}",
            f"{last} , {first}",
            f"{last}, {first[0]}.",
        ),
    }
    return chance.choice(styles[part]).strip()


def write_initials(chance: random.Random, person: Person) -> str:
    """Write what staff sign with, such as JW17."""
    letters = person.first[0] + person.last[0]
    styles = (
        f"{letters}{chance.randint(1, 999)}".upper(),
        f"{person.first[0]}{person.middle[:1]}{person.last[0]}".upper(),
        f"{letters.lower()}{chance.randint(10, 999)}",
    )
    return chance.choice(styles)
