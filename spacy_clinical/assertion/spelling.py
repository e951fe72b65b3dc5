"""Spell the phrases of cues: which words they may have in a text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from spacy_clinical.assertion.words import split_words

# What a word is read as, besides the lists of the resource file.
NUMBER, MANY, YEAR = "{number}", "{many}", "{year}"
_FEW = ("0", "1", "2", "01", "02")
_YEAR = re.compile(r"(?:19|20)\d\d")
_PART = re.compile(r"\{\w+\}|[^{}]+")


def spell(
    phrase: str, lists: Mapping[str, Sequence[str]]
) -> Iterator[tuple[list[str], int]]:
    """List the words of a phrase, and how many of them are the cue itself.

    What {name} stands for is one node, but for values of several words.

    lists: Of words by name.
    RAISES KeyError: A list is unknown.
    """
    body, _, ahead = phrase.partition("[") if "[" in phrase[1:] else (phrase, "", "")
    if ahead and not ahead.endswith("]"):
        body, ahead = phrase, ""
    own, following = _list_options(body, lists), _list_options(ahead.rstrip("]"), lists)
    for words in product(*own):
        used = [word for part in words for word in part]
        for after in product(*following):
            rest = [word for part in after for word in part]
            if used and used != ["^"]:
                yield [*used, *rest], len(used)


def read_number(word: str) -> tuple[str, ...]:
    """List the names that stand for a number."""
    if _YEAR.fullmatch(word):
        return (YEAR, NUMBER, MANY)
    if word.isdigit():
        return (NUMBER,) if word in _FEW else (NUMBER, MANY)
    return ()


def _list_options(
    phrase: str, lists: Mapping[str, Sequence[str]]
) -> list[list[list[str]]]:
    options: list[list[list[str]]] = []
    for part in _PART.findall(phrase):
        if part.startswith("{") and part != YEAR:
            known = lists.get if part in (NUMBER, MANY) else lists.__getitem__
            values = map(split_words, known(part[1:-1]) or ())
            options.append([[part], *(value for value in values if len(value) > 1)])
        elif part.startswith("{"):
            options.append([[part]])
        else:
            options.extend([[word]] for word in split_words(part))
    return options
