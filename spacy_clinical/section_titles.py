"""The vocabulary of section titles: what a phrase opens, if it is a title."""

import configparser
import hashlib
import re
from collections.abc import Hashable, Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from spacy_clinical.errors import Errors
from spacy_clinical.json_text import write_json
from spacy_clinical.types import Condition, TitleGroup

DEFAULT_TITLES = Path(__file__).parent / "resources" / "section_titles.cfg"
PART_PREFIX = "part:"
_LABEL = re.compile(r"[a-z][a-z0-9_]*")
_WORD = re.compile(r"[^\W_]+")
_PARENTHESIS = re.compile(r"\([^()\n]*\)|\[[^\[\]\n]*\]")
_JOINT = re.compile(r"\s*(?:/|,|&|\+|;|\band\b)\s*")
_COMPOUND = re.compile(r"[(\[/,&+;]|\band\b", re.IGNORECASE)
_JOINED = re.compile("[&+'\u2019]")
# Brackets and figures may hold a name or a date.
_PRIVATE = re.compile(r"[(\[<]|\d{3}")
_MAX_MEMORIES = 20_000
# Longer phrases are sentences.
_MAX_WORDS = 12


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
            that open nothing), `documents` (names of whole notes).
        version: Version of the rules, kept in what is saved.
        """
        self.version = version
        self._words = {key: tuple(value) for key, value in (words or {}).items()}
        self._small = frozenset(self._words.get("small", ()))
        self._same = _synonyms(self._words.get("same", ()))
        never = self._words.get("never", ())
        self._never = frozenset([*map(str.lower, never), *map(_squeeze, never)])
        self._documents = frozenset(map(_squeeze, self._words.get("documents", ())))
        self._never_starts = {key[:4] for key in self._never}
        self._before = _qualifiers(self._words.get("before", ()))
        self._after = _qualifiers(self._words.get("after", ()))
        self._first_words = frozenset(words[0] for words in self._before)
        self._last_words = frozenset(words[-1] for words in self._after)
        self._sections: dict[str, TitleGroup] = {}
        self._parts: dict[str, TitleGroup] = {}
        self._exact: dict[str, TitleGroup] = {}
        self._variants: dict[str, TitleGroup] = {}
        self._if_seen: dict[str, list[tuple[frozenset[str], TitleGroup]]] = {}
        self._if_named: dict[str, list[tuple[frozenset[str], TitleGroup]]] = {}
        self.cues: frozenset[str] = frozenset()
        self._starts = {words[0][:4] for words in self._before}
        self._digest = ""
        # What has been read in notes so far; see Outline.
        self.contexts: dict[Hashable, Any] = {}
        self._n_memories = 0
        for group in groups:
            self.add(group)

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
            raise ValueError(Errors.C101.format(label=group.label))
        for number, title in enumerate(group.titles):
            if not _squeeze(title):
                raise ValueError(Errors.C102.format(number=number, label=group.label))
        known = self._parts if group.is_part else self._sections
        is_known = group.label in known
        if is_known:
            group = _merge(known[group.label], group)
        known[group.label] = group
        self._digest = ""
        self._forget()
        for title in group.titles:
            # Titles as they are usually written are found without normalizing them.
            variants = self._vary(title)
            spellings = {_squeeze(title), title.lower()}
            self._exact.update(dict.fromkeys(spellings, group))
            self._variants.update(dict.fromkeys(variants, group))
            self._starts.update(key[:4] for key in spellings | variants)
        for index, conditions in (
            (self._if_seen, group.after),
            (self._if_named, group.naming),
        ):
            for phrases, needed in conditions:
                for key in map(_squeeze, phrases):
                    index.setdefault(key, []).append((needed, group))
        self.cues = self.cues.union(*(needed for _, needed in group.after))
        # Titles taken over by the new group stay with it; older ones of the same
        # label must see its new settings.
        for table in (self._exact, self._variants) if is_known else ():
            for key, other in table.items():
                if (other.label, other.is_part) == (group.label, group.is_part):
                    table[key] = group

    def remember(self, known: dict[Any, Any], line: tuple[Any, ...], cut: Any) -> None:
        """Keep what a line means in a context, if it is a title and nothing else.

        Titles come again from note to note; what may be of one patient is not kept.
        line: The text of its title first.
        """
        if self._n_memories < _MAX_MEMORIES and not _PRIVATE.search(line[0]):
            known[line] = cut
            self._n_memories += 1

    def _forget(self) -> None:
        self.contexts.clear()
        self._n_memories = 0

    def __getstate__(self) -> dict[str, Any]:
        """Leave out of pickles what is only remembered."""
        return {**self.__dict__, "contexts": {}, "_n_memories": 0}

    def is_never(self, phrase: str) -> bool:
        """Say whether a phrase is one of those that open nothing."""
        low = phrase.lower()
        if low in self._exact:
            return low in self._never
        if low[:4] not in self._never_starts and low[:4].isalpha():
            return False
        return _squeeze(low) in self._never

    def find(self, phrase: str) -> TitleGroup | None:
        """Find what a phrase opens; None if it is no known title."""
        low = phrase.lower()
        group = self._exact.get(low)
        if group is not None:
            return group
        # Most phrases start as no title does.
        if low[:4] not in self._starts and low[:4].isalpha():
            return None
        words = _words(phrase)
        group = self._get("".join(words))
        if group is not None or not 0 < len(words) <= _MAX_WORDS:
            return group
        group = self._find_words(words)
        if group is not None:
            return group
        qualified = words[0] in self._first_words or words[-1] in self._last_words
        if qualified or _COMPOUND.search(phrase):
            return self._find_loosely(phrase)
        return None

    def find_after(self, phrase: str, seen: frozenset[str]) -> TitleGroup | None:
        """Find what a phrase opens because of the sections before it.

        seen: Those of `cues` that the note has had.
        """
        for labels, group in self._if_seen.get(_squeeze(phrase), ()):
            if labels & seen:
                return group
        return None

    def find_naming(self, phrase: str, line: str) -> TitleGroup | None:
        """Find what a phrase opens because of the text behind it on its line."""
        for words, group in self._if_named.get(_squeeze(phrase), ()):
            if not words.isdisjoint(_words(line)[:6]):
                return group
        return None

    def hangs_on_line(self, phrase: str) -> bool:
        """Say whether `find_naming` may find a phrase."""
        return _squeeze(phrase) in self._if_named

    def names_document(self, phrase: str) -> bool:
        """Say whether a phrase names a whole note."""
        return _squeeze(phrase) in self._documents

    def to_dict(self) -> dict[str, Any]:
        """Get the rules as plain data."""
        groups = [
            {
                **vars(group),
                "titles": list(group.titles),
                "within": sorted(group.within),
                "after": _list_conditions(group.after),
                "naming": _list_conditions(group.naming),
            }
            for group in self.groups
        ]
        words = {key: list(value) for key, value in self._words.items()}
        return {"version": self.version, "words": words, "groups": groups}

    @classmethod
    def from_dict(cls, rules: Mapping[str, Any]) -> "SectionTitles":
        """Build the vocabulary from plain data."""
        groups = [
            TitleGroup(
                **{
                    **group,
                    "titles": tuple(group["titles"]),
                    "within": frozenset(group["within"]),
                    "after": _make_conditions(group["after"]),
                    "naming": _make_conditions(group["naming"]),
                }
            )
            for group in rules["groups"]
        ]
        return cls(groups, words=rules["words"], version=rules["version"])

    def _get(self, key: str) -> TitleGroup | None:
        return self._exact.get(key) or self._variants.get(key)

    def _find_words(self, words: list[str]) -> TitleGroup | None:
        return self._get("".join(self._content(words)))

    def _find_loosely(self, phrase: str) -> TitleGroup | None:
        """Try without what stands in brackets, without qualifiers, and in halves."""
        bare = _PARENTHESIS.sub(" ", phrase)
        words = tuple(_words(bare))
        for kept in _strip(words, self._before, self._after):
            group = self._get("".join(kept)) or self._find_words(list(kept))
            if group is not None:
                return group
        joined = [part for part in _JOINT.split(bare.lower()) if part]
        if len(joined) < 2 or len(joined) == len(bare):
            return None
        groups = [self._get(_squeeze(part)) for part in joined]
        if not all(groups):
            return None
        return next((group for group in groups if group and group.is_part), groups[0])

    def _content(self, words: list[str]) -> list[str]:
        return [
            word for i, word in enumerate(words) if not i or word not in self._small
        ]

    def _vary(self, title: str) -> set[str]:
        """Spell a title without small words, with synonyms, in the other number."""
        words = _words(title)
        choices = [self._same.get(word, (word,)) for word in words]
        keys = set()
        for spelling in product(*choices) if _size(choices) <= 64 else [words]:
            for kept in (list(spelling), self._content(list(spelling))):
                keys.add("".join(kept))
                if kept and len(kept[-1]) > 2:
                    keys.add("".join([*kept[:-1], _other_number(kept[-1])]))
        return keys - {""}


def load_titles(path: Path = DEFAULT_TITLES) -> SectionTitles:
    """Read a file of section titles. The format is told at the top of the shipped one."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text(encoding="utf8"))
    words = {
        key: _split_list(value)
        for key, value in (parser["words"].items() if "words" in parser else ())
    }
    version = parser.get("rules", "version", fallback="1")
    blocks = [name for name in parser.sections() if name not in ("words", "rules")]
    groups = [_read_group(name, parser[name]) for name in blocks]
    return SectionTitles(groups, words=words, version=version)


def _read_group(name: str, block: configparser.SectionProxy) -> TitleGroup:
    return TitleGroup(
        label=name.removeprefix(PART_PREFIX),
        titles=tuple(_split_list(block.get("titles", ""))),
        loinc=block.get("loinc", ""),
        name=block.get("name", ""),
        is_part=name.startswith(PART_PREFIX),
        within=frozenset(_split_list(block.get("within", ""))),
        after=_read_conditions(block, "after "),
        naming=_read_conditions(block, "naming "),
        has_parts=block.getboolean("parts", fallback=False),
        has_problems=block.getboolean("problems", fallback=False),
    )


def _read_conditions(
    block: configparser.SectionProxy, prefix: str
) -> tuple[Condition, ...]:
    return _make_conditions(
        (_split_list(value), _split_list(key.removeprefix(prefix)))
        for key, value in block.items()
        if key.startswith(prefix)
    )


def _make_conditions(
    pairs: Iterable[tuple[Iterable[str], Iterable[str]]],
) -> tuple[Condition, ...]:
    return tuple((tuple(titles), frozenset(needed)) for titles, needed in pairs)


def _list_conditions(conditions: Iterable[Condition]) -> list[list[list[str]]]:
    return [[list(titles), sorted(needed)] for titles, needed in conditions]


def _split_list(value: str) -> list[str]:
    return [item.strip() for item in value.split(";") if item.strip()]


def _merge(old: TitleGroup, new: TitleGroup) -> TitleGroup:
    return TitleGroup(
        label=old.label,
        titles=tuple(dict.fromkeys([*old.titles, *new.titles])),
        loinc=new.loinc or old.loinc,
        name=new.name or old.name,
        is_part=old.is_part,
        within=old.within | new.within,
        after=tuple(dict.fromkeys([*old.after, *new.after])),
        naming=tuple(dict.fromkeys([*old.naming, *new.naming])),
        has_parts=old.has_parts or new.has_parts,
        has_problems=old.has_problems or new.has_problems,
    )


def _words(phrase: str) -> list[str]:
    return _WORD.findall(_JOINED.sub(_spell_out, phrase.lower()))


def _spell_out(match: re.Match[str]) -> str:
    return " and " if match[0] in "&+" else ""


def _squeeze(phrase: str) -> str:
    return "".join(_words(phrase))


def _synonyms(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    sets = [tuple(_squeeze(word) for word in line.split(",")) for line in lines]
    return {word: words for words in sets for word in words}


def _qualifiers(phrases: Iterable[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(_words(phrase)) for phrase in phrases)


def _strip(
    words: tuple[str, ...],
    before: frozenset[tuple[str, ...]],
    after: frozenset[tuple[str, ...]],
) -> list[tuple[str, ...]]:
    """All that is left of a phrase when qualifiers are taken off both ends."""
    starts = [i for i in range(min(len(words), 4)) if not i or words[:i] in before]
    ends = [
        i
        for i in range(len(words), max(len(words) - 6, 0), -1)
        if i == len(words) or words[i:] in after
    ]
    return [words[start:end] for start in starts for end in ends if start < end]


def _other_number(word: str) -> str:
    """The plural of a singular word, and the other way round."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("s"):
        return word[:-1]
    return word[:-1] + "ies" if word.endswith("y") else word + "s"


def _size(choices: Iterable[tuple[str, ...]]) -> int:
    size = 1
    for choice in choices:
        size *= len(choice)
    return size
