"""Look up section titles in a vocabulary."""

import hashlib
import re
from collections.abc import Hashable, Iterable, Mapping
from copy import copy
from itertools import product
from math import prod
from typing import Any

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.json_text import write_json
from spacy_clinical.sections.groups import (
    TitleGroup,
    group_from_dict,
    group_to_dict,
    merge_groups,
)
from spacy_clinical.sections.words import (
    change_number,
    drop_stamp,
    read_qualifiers,
    read_synonyms,
    split_words,
    squeeze,
    strip_qualifiers,
)

_LABEL = re.compile(r"[a-z][a-z0-9_]*")
_PARENTHESIS = re.compile(r"\([^()\n]*\)|\[[^\[\]\n]*\]")
_JOINT = re.compile(r"\s*(?:/|,|&|\+|;|\band\b)\s*")
_COMPOUND = re.compile(r"[(\[/,&+;]|\band\b", re.IGNORECASE)
# Brackets and figures may hold a name or a date.
_PRIVATE = re.compile(r"[(\[<]|\d{3}")
_MAX_MEMORIES = 20_000
# Longer than any title that only starts its line.
_MAX_OPENER = 80
# Longer phrases are sentences.
_MAX_WORDS = 12
# Of a title, by its synonyms; one with more is only spelled as it is.
_MAX_SPELLINGS = 64


class SectionTitles:
    """Look up titles however they are spelled, spaced, joined and qualified."""

    def __init__(
        self,
        groups: Iterable[TitleGroup] = (),
        *,
        words: Mapping[str, Iterable[str]] | None = None,
        version: str = "1",
    ) -> None:
        """Build the look-up table.

        words: Phrases by role: `before` and `after` (qualifiers), `small` (words
            that never matter), `same` (comma-joined synonyms), `never` (phrases
            that open nothing), `documents` (names of whole notes), `colon` (titles
            only before a colon), `major` (those that need least to be one),
            `columns` (heads of tables' columns).
        version: Version of the rules, kept in what is saved.
        """
        self.version = version
        self._words = {key: tuple(value) for key, value in (words or {}).items()}
        self._small = frozenset(self._words.get("small", ()))
        self._same = read_synonyms(self._words.get("same", ()))
        never = self._words.get("never", ())
        self._never = _list_spellings(never)
        self._documents = frozenset(map(squeeze, self._words.get("documents", ())))
        self._colon = _list_spellings(self._words.get("colon", ()))
        self._major = _list_spellings(self._words.get("major", ()))
        self._columns = _list_spellings(self._words.get("columns", ()))
        self._never_starts = {key[:4] for key in self._never}
        self._before = read_qualifiers(self._words.get("before", ()))
        self._after = read_qualifiers(self._words.get("after", ()))
        self._first_words = frozenset(words[0] for words in self._before)
        self._last_words = frozenset(words[-1] for words in self._after)
        self._sections: dict[str, TitleGroup] = {}
        self._parts: dict[str, TitleGroup] = {}
        self._exact: dict[str, TitleGroup] = {}
        self._variants: dict[str, TitleGroup] = {}
        self._if_seen: dict[str, list[tuple[frozenset[str], TitleGroup]]] = {}
        self._if_named: dict[str, list[tuple[frozenset[str], TitleGroup]]] = {}
        self._if_next: dict[str, list[tuple[frozenset[str], TitleGroup]]] = {}
        self._openers: dict[str, list[tuple[str, TitleGroup]]] = {}
        # How lines with such titles may start, in all cases and after marks.
        self.opener_starts: set[str] = {" ", "\t", "*", "=", "~", "#"}
        self.cues: frozenset[str] = frozenset()
        self._starts = {words[0][:4] for words in self._before}
        self._digest = ""
        # What has been read in notes so far; see Outline.
        self.contexts: dict[Hashable, Any] = {}
        self._n_memories = 0
        for group in groups:
            self.add(group)

    def copy(self) -> "SectionTitles":
        """Copy the table, without what it remembers of notes.

        Much faster than to build it again: titles are spelled in many ways.
        """
        made = copy(self)
        for key, value in vars(made).items():
            if isinstance(value, dict):
                lists = {k: list(v) for k, v in value.items() if isinstance(v, list)}
                setattr(made, key, {**value, **lists})
            elif isinstance(value, set):
                setattr(made, key, set(value))
        return made

    @property
    def groups(self) -> list[TitleGroup]:
        """All groups, those of sections before those of parts."""
        return [*self._sections.values(), *self._parts.values()]

    @property
    def labels(self) -> tuple[str, ...]:
        """The section categories, in the order in which they were added."""
        return tuple(self._sections)

    @property
    def digest(self) -> str:
        """SHA-256 of the rules: equal digests split every note alike."""
        if not self._digest:
            rules = write_json(self.to_dict(), sort_keys=True)
            self._digest = hashlib.sha256(rules.encode("utf8")).hexdigest()
        return self._digest

    def section(self, label: str) -> TitleGroup | None:
        """Get the group of a section category."""
        return self._sections.get(label)

    def add(self, group: TitleGroup) -> None:
        """Add titles to a label; they win over older ones of other labels.

        RAISES ValueError: C101, if the label is not in snake_case; C102, if a title
            has no letter or digit.
        """
        if not _LABEL.fullmatch(group.label):
            raise CodedValueError(Errors.C101.format(label=group.label))
        for number, title in enumerate(group.titles):
            if not squeeze(title):
                raise CodedValueError(
                    Errors.C102.format(number=number, label=group.label)
                )
        groups = self._parts if group.is_part else self._sections
        is_old = group.label in groups
        if is_old:
            group = merge_groups(groups[group.label], group)
        groups[group.label] = group
        self._digest = ""
        self._forget()
        for title in group.titles:
            # Titles as they are usually written are found without normalizing them.
            variants = self._vary(title)
            spellings = {squeeze(title), title.lower()}
            self._exact.update(dict.fromkeys(spellings, group))
            self._variants.update(dict.fromkeys(variants, group))
            self._starts.update(key[:4] for key in spellings | variants)
        for index, conditions in (
            (self._if_seen, group.after),
            (self._if_named, group.naming),
            (self._if_next, group.follows),
        ):
            for phrases, needed in conditions:
                for key in map(squeeze, phrases):
                    index.setdefault(key, []).append((needed, group))
        for phrase in group.starts:
            start = phrase[:4].lower()
            self.opener_starts.update((start, start.upper(), start.capitalize()))
            openers = self._openers.setdefault(start, [])
            openers.append((phrase.lower(), group))
            openers.sort(key=lambda opener: -len(opener[0]))
        self.cues = self.cues.union(*(needed for _, needed in group.after))
        # Titles taken over by the new group stay with it; older ones of the same
        # label must see its new settings.
        for table in (self._exact, self._variants) if is_old else ():
            for key, other in table.items():
                if (other.label, other.is_part) == (group.label, group.is_part):
                    table[key] = group

    def remember(
        self, meanings: dict[Any, Any], line: tuple[Any, ...], cut: Any
    ) -> None:
        """Remember the meaning of a line in a context, unless it may hold data of a patient.

        Titles come again from note to note; what may be of one patient is not kept.
        line: The text of its title first.
        """
        if self._n_memories < _MAX_MEMORIES and not _PRIVATE.search(line[0]):
            meanings[line] = cut
            self._n_memories += 1

    def _forget(self) -> None:
        self.contexts.clear()
        self._n_memories = 0

    def __getstate__(self) -> dict[str, Any]:
        """Leave remembered lines out of pickles."""
        return {**self.__dict__, "contexts": {}, "_n_memories": 0}

    def is_never(self, phrase: str) -> bool:
        """Check whether a phrase is one of those that open nothing."""
        low = phrase.lower()
        if low in self._exact:
            return low in self._never
        if low[:4] not in self._never_starts and low[:4].isalpha():
            return False
        return squeeze(low) in self._never

    def find(self, phrase: str) -> TitleGroup | None:
        """Find what a phrase opens; None if it is no known title."""
        low = phrase.lower()
        group = self._exact.get(low)
        if group is not None:
            return group
        # Most phrases start as no title does.
        if low[:4] not in self._starts and low[:4].isalpha():
            return None
        words = split_words(phrase)
        group = self._get("".join(words))
        if group is not None or not 0 < len(words) <= _MAX_WORDS:
            return group
        group = self._find_words(words)
        if group is not None:
            return group
        qualified = words[0] in self._first_words or words[-1] in self._last_words
        if qualified or _COMPOUND.search(phrase):
            group = self._find_loosely(phrase)
        if group is None and not phrase[-1].isalpha():
            bare = drop_stamp(phrase)
            return self.find(bare) if bare != phrase else None
        return group

    def find_after(self, phrase: str, seen: frozenset[str]) -> TitleGroup | None:
        """Find what a phrase opens because of the sections before it.

        seen: Those of `cues` that the note has had.
        """
        for labels, group in self._if_seen.get(squeeze(phrase), ()):
            if labels & seen:
                return group
        return None

    def find_next(self, phrase: str, label: str) -> TitleGroup | None:
        """Find what a phrase opens because of the section or part right before it."""
        for labels, group in self._if_next.get(squeeze(phrase), ()):
            if label in labels:
                return group
        return None

    def find_opener(self, line: str) -> tuple[str, TitleGroup] | None:
        """Find the title that a line only starts with, and what it opens."""
        openers = self._openers.get(line[:4].lower())
        if openers is None:
            return None
        low = line[:_MAX_OPENER].lower()
        for phrase, group in openers:
            if low.startswith(phrase) and not low[len(phrase) :][:1].isalnum():
                return phrase, group
        return None

    def find_naming(self, phrase: str, line: str) -> TitleGroup | None:
        """Find what a phrase opens because of the text behind it on its line."""
        for words, group in self._if_named.get(squeeze(phrase), ()):
            if not words.isdisjoint(split_words(line)[:6]):
                return group
        return None

    def hangs_on_line(self, phrase: str) -> bool:
        """Check whether `find_naming` may find a phrase."""
        return squeeze(phrase) in self._if_named

    def hangs_on_part(self, phrase: str, label: str) -> bool:
        """Check whether `find_next` may find a phrase in a section, after some part."""
        choices = self._if_next.get(squeeze(phrase), ())
        return any(label in group.within for _, group in choices)

    def needs_colon(self, phrase: str) -> bool:
        """Check whether a phrase is a title only before a colon."""
        return _is_among(phrase, self._colon)

    def is_major(self, phrase: str) -> bool:
        """Check whether a phrase is a title that is accepted with the least evidence."""
        return _is_among(phrase, self._major)

    def is_column(self, phrase: str) -> bool:
        """Check whether a phrase heads the columns of tables."""
        return _is_among(phrase, self._columns)

    def names_document(self, phrase: str) -> bool:
        """Check whether a phrase names a whole note."""
        return squeeze(phrase) in self._documents

    def to_dict(self) -> dict[str, Any]:
        """Get the rules as plain data."""
        groups = [group_to_dict(group) for group in self.groups]
        words = {key: list(value) for key, value in self._words.items()}
        return {"version": self.version, "words": words, "groups": groups}

    @classmethod
    def from_dict(cls, rules: Mapping[str, Any]) -> "SectionTitles":
        """Build the vocabulary from plain data."""
        groups = map(group_from_dict, rules["groups"])
        return cls(groups, words=rules["words"], version=rules["version"])

    def _get(self, key: str) -> TitleGroup | None:
        return self._exact.get(key) or self._variants.get(key)

    def _find_words(self, words: list[str]) -> TitleGroup | None:
        return self._get("".join(self._content(words)))

    def _find_loosely(self, phrase: str) -> TitleGroup | None:
        """Look up a phrase without its brackets, without qualifiers, and in parts."""
        bare = _PARENTHESIS.sub(" ", phrase)
        words = tuple(split_words(bare))
        for kept in strip_qualifiers(words, self._before, self._after):
            group = self._get("".join(kept)) or self._find_words(list(kept))
            if group is not None:
                return group
        joined = [part for part in _JOINT.split(bare.lower()) if part]
        if len(joined) < 2 or len(joined) == len(bare):
            return None
        groups = [self._get(squeeze(part)) for part in joined]
        if not all(groups):
            return None
        return next((group for group in groups if group and group.is_part), groups[0])

    def _content(self, words: list[str]) -> list[str]:
        return [
            word for i, word in enumerate(words) if not i or word not in self._small
        ]

    def _vary(self, title: str) -> set[str]:
        """Spell a title without small words, with synonyms, in the other number."""
        words = split_words(title)
        choices = [self._same.get(word, (word,)) for word in words]
        keys = set()
        is_too_many = prod(map(len, choices)) > _MAX_SPELLINGS
        for spelling in [words] if is_too_many else product(*choices):
            for kept in (list(spelling), self._content(list(spelling))):
                keys.add("".join(kept))
                if kept and len(kept[-1]) > 2:
                    keys.add("".join([*kept[:-1], change_number(kept[-1])]))
        return keys - {""}


def _list_spellings(phrases: Iterable[str]) -> frozenset[str]:
    phrases = list(phrases)
    return frozenset([*map(str.lower, phrases), *map(squeeze, phrases)])


def _is_among(phrase: str, spellings: frozenset[str]) -> bool:
    low = phrase.lower()
    return low in spellings or (not low.isalpha() and squeeze(low) in spellings)
