"""Words for identifiers, divided into those to train on and those to measure with."""

import hashlib
import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

Part = Literal["train", "dev"]
# One in this many words is only in the part to measure with.
HELD_OUT = 6
LISTS = Path(__file__).parent / "words"
_NAMES = {
    "male": ("first_names_male", "first_romanized_names"),
    "female": ("first_names_female", "first_romanized_names"),
    "last": ("last_names", "last_romanized_names"),
}
# More than their number says: most notes at hand are American.
COMMON = ("en_US", "en_GB", "es_MX", "en_IN", "fr_FR", "de_DE", "es_ES")
# Cultures to measure with only.
UNSEEN = ("fi_FI", "hu_HU", "ro_RO", "lt_LT", "sw", "tr_TR")


def get_part(word: str) -> Part:
    """Say which part a word belongs to: the same one in every run.

    word: A first name, last name, or another part of a name.
    """
    digest = hashlib.sha1(word.casefold().encode(), usedforsecurity=False).digest()
    return "dev" if digest[0] % HELD_OUT == 0 else "train"


def take(words: Iterable[str], part: Part) -> list[str]:
    """List the words of a part.

    Of a name with several words, the longest one says which part it belongs to.
    """
    return [word for word in words if get_part(max(word.split(), key=len)) == part]


@cache
def read_list(name: str) -> list[str]:
    """Read a list of words, one a line.

    name: Of the file, without ".txt".
    """
    text = (LISTS / f"{name}.txt").read_text(encoding="utf8")
    return [line for line in text.splitlines() if line and not line.startswith("# ")]


@cache
def load_names(kind: str) -> dict[str, list[str]]:
    """Load Faker's names in Latin letters, by locale.

    kind: "male", "female" or "last".
    """
    import faker.providers.person as persons

    names = {}
    for module in pkgutil.iter_modules(persons.__path__):
        provider = importlib.import_module(f"{persons.__name__}.{module.name}").Provider
        found: set[str] = set()
        attributes = _NAMES[kind]
        if kind != "last" and not hasattr(provider, attributes[0]):
            attributes = (*attributes, "first_names")
        for attribute in attributes:
            words = getattr(provider, attribute, ())
            if isinstance(words, tuple | list | dict):
                found.update(word for word in words if _is_latin(word))
        if len(found) > 10:
            names[module.name] = sorted(found)
    return names


@cache
def list_all_names() -> frozenset[str]:
    """List all first and last names, and names that are words, in lower case."""
    names = {
        name.casefold()
        for kind in _NAMES
        for words in load_names(kind).values()
        for name in words
    }
    return frozenset(names | {word.casefold() for word in read_list("word_names")})


@cache
def list_names(kind: str, part: Part) -> dict[str, list[str]]:
    """List the names of a part, by locale.

    kind: "male", "female" or "last".
    """
    chosen = {
        locale: take(words, part)
        for locale, words in load_names(kind).items()
        if part == "dev" or locale not in UNSEEN
    }
    return {locale: words for locale, words in chosen.items() if words}


def _is_latin(word: str) -> bool:
    return (
        len(word) > 1
        and all(ord(c) < 0x250 or c in "\N{RIGHT SINGLE QUOTATION MARK}" for c in word)
        and word[0].isalpha()
    )
