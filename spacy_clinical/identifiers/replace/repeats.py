"""Find what stands for an identifier elsewhere in its note, where nothing found it.

An identifier that was found once is an identifier wherever it stands as whole words,
whatever its case, accents, punctuation and line breaks. Of names, each word counts: of
"Jane Quill", "Quill" does. Words that are names and ordinary words ("may", "hope") only
count with a capital, unless they were found without one.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from spacy_clinical.identifiers.replace.words import (
    LONG_NUMBER,
    Word,
    is_ordinary,
    list_words,
    load_words,
)

# Characters between two words of an identifier: "Quill,\n Jane".
MAX_GAP = 6
MAX_WORDS = 12
_HYPHENS = ("-", "\u2010", "\u00ad")
# Digits of a number that is looked for.
MIN_DIGITS = 5
MIN_LETTERS = 3
# Whose single words are identifiers.
PERSONS = frozenset({"PATIENT", "STAFF"})
# What means something else elsewhere, unless it has the digits of a date.
_VAGUE = frozenset({"AGE", "DATE"})


class Target(NamedTuple):
    """A place to be replaced (characters, half open).

    is_repeat: Whether it was only found as it stands elsewhere, too.
    """

    start: int
    end: int
    label: str
    kind: str = ""
    is_repeat: bool = False


def is_distinct(text: str, target: Target) -> bool:
    """Check whether an identifier can be told from other words wherever it stands."""
    written = text[target.start : target.end]
    words = [word.folded for word in list_words(written)]
    return any(True for _ in _list_sequences(words, target))


def find_repeats(text: str, targets: Iterable[Target]) -> list[Target]:
    """Find the other places of what is at some places of a text.

    targets: In the order of the text, without overlap.
    RETURNS: In the order of the text, without overlap among themselves. They may overlap
        the given ones.
    """
    words = list(list_words(text))
    wanted = _Wanted(text, words, targets)
    found: list[Target] = []
    i = 0
    while i < len(words):
        match = wanted.match(i)
        if match is None:
            i += 1
            continue
        target, n_words = match
        start, end = words[i].start, words[i + n_words - 1].end
        found.append(target._replace(start=start, end=end, is_repeat=True))
        i += n_words
    return found


class _Wanted:
    """The sequences of words that are looked for.

    targets: By the words of a sequence, where it comes from.
    small: Words that are in small letters in an identifier.
    lengths: By a first word, how long the sequences are, so that thousands of names that
        begin alike are tried only once at a place.
    """

    def __init__(
        self, text: str, words: Sequence[Word], targets: Iterable[Target]
    ) -> None:
        self.text = text
        self.words = words
        self.targets: dict[tuple[str, ...], Target] = {}
        self.small: set[str] = set()
        i = 0
        for target in targets:
            while i < len(words) and words[i].end <= target.start:
                i += 1
            stop = i
            while stop < len(words) and words[stop].start < target.end:
                stop += 1
            for sequence in _list_sequences(self._join(i, stop), target):
                self.targets.setdefault(sequence, target)
            for word in words[i:stop]:
                if self._is_small(word):
                    self.small.add(word.folded)
        lengths: dict[str, set[int]] = {}
        for sequence in self.targets:
            lengths.setdefault(sequence[0], set()).add(len(sequence))
        # Numbers alone, by their length.
        self.numbers: dict[int, dict[str, Target]] = {}
        for sequence, target in self.targets.items():
            number = sequence[0]
            if len(sequence) == 1 and number.isdigit() and len(number) >= LONG_NUMBER:
                self.numbers.setdefault(len(number), {})[number] = target
        self.lengths = {
            first: sorted(found, reverse=True) for first, found in lengths.items()
        }

    def match(self, i: int) -> tuple[Target, int] | None:
        """Find what starts at a word. RETURNS: It, and its number of words."""
        if self._is_broken(i):
            run = self.words[i : i + 2]
            target = self.targets.get(("".join(word.folded for word in run),))
            if target is not None:
                return target, 2
        for length in self.lengths.get(self.words[i].folded, ()):
            run = self.words[i : i + length]
            target = self.targets.get(tuple(word.folded for word in run))
            if target and self._is_close(run) and self._is_meant(run):
                return target, len(run)
        target = self._find_within(self.words[i].folded)
        return None if target is None else (target, 1)

    def _find_within(self, word: str) -> Target | None:
        """Find an identifier that is a part of a longer number."""
        if not word.isdigit():
            return None
        for length, numbers in self.numbers.items():
            for start in range(len(word) - length + 1):
                target = numbers.get(word[start : start + length])
                if target is not None:
                    return target
        return None

    def _join(self, start: int, stop: int) -> list[str]:
        """List words in a place, those that a line end breaks as one."""
        joined: list[str] = []
        is_broken = False
        for i in range(start, stop):
            if is_broken:
                joined[-1] += self.words[i].folded
            else:
                joined.append(self.words[i].folded)
            is_broken = self._is_broken(i)
        return joined

    def _is_broken(self, i: int) -> bool:
        """Check whether a line end with a hyphen breaks a word: "Qui-\nll"."""
        if i + 1 >= len(self.words):
            return False
        between = self.text[self.words[i].end : self.words[i + 1].start]
        is_hyphen = between[:1] in _HYPHENS and len(between) <= MAX_GAP
        return is_hyphen and "\n" in between and between[1:].isspace()

    def _is_close(self, run: Sequence[Word]) -> bool:
        return all(after.start - word.end <= MAX_GAP for word, after in pairwise(run))

    def _is_meant(self, run: Sequence[Word]) -> bool:
        """Check whether words aren't just ordinary ones."""
        letters = [word for word in run if not word.folded.isdigit()]
        if len(run) > 1 or not all(is_ordinary(word.folded) for word in letters):
            return True
        if letters and len(run[0].folded) < MIN_LETTERS:
            # "Do", "An": only as names are written, and "DO" may be anything.
            written = self.text[run[0].start : run[0].end]
            return written.istitle() and run[0].folded not in load_words("openings")
        return all(w.folded in self.small or not self._is_small(w) for w in letters)

    def _is_small(self, word: Word) -> bool:
        written = self.text[word.start : word.end]
        return written == written.lower()


def _list_sequences(words: Sequence[str], target: Target) -> Iterable[tuple[str, ...]]:
    """List the sequences of words that stand for an identifier."""
    digits = sum(len(word) for word in words if word.isdigit())
    letters = sum(len(word) for word in words if not word.isdigit())
    if target.label in _VAGUE:
        # "Tuesday" may be any, and "3/4" anything.
        if digits >= MIN_DIGITS or (digits >= 4 and letters >= MIN_LETTERS):
            yield tuple(words)
        return
    is_person = target.label in PERSONS
    if not is_person and all(word in load_words("kinds") for word in words):
        # "Emergency Department": what it is, not which. A person may be called Street.
        return
    is_enough = digits >= MIN_DIGITS or letters >= MIN_LETTERS
    if (
        words
        and len(words) <= MAX_WORDS
        and (is_enough or digits + letters >= MIN_DIGITS)
    ):
        yield tuple(words)
    if is_person and is_enough and 1 < len(words) <= MAX_WORDS:
        # "Jane Quill" is "Quill, Jane", and "Okonkwo-Reyes, Adaeze" the other way round.
        yield from ((*words[size:], *words[:size]) for size in (1, len(words) - 1))
    if is_person and target.kind in ("", "name"):
        for word in words:
            if (
                not word.isdigit()
                and len(word) > 1
                and word not in load_words("titles")
            ):
                yield (word,)
