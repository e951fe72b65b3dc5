"""Find what stands for an identifier elsewhere in its note, where nothing found it.

An identifier that was found once is an identifier wherever it stands as whole words,
whatever its case, accents, punctuation and line breaks. Of names, each word counts: of
"Jane Quill", "Quill" does. Words that are names and ordinary words ("may", "hope") only
count with a capital.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from spacy_clinical.identifiers.words import Word, is_ordinary, list_words, load_words

# Characters between two words of an identifier: "Quill,\n Jane".
MAX_GAP = 6
MAX_WORDS = 12
# Digits of a number that is looked for.
MIN_DIGITS = 5
MIN_LETTERS = 3
# Whose single words are identifiers.
PERSONS = frozenset({"PATIENT", "STAFF"})
# What means something else elsewhere, unless it has the digits of a date.
_VAGUE = frozenset({"AGE", "DATE"})


class Target(NamedTuple):
    """A place to be replaced (characters, half open)."""

    start: int
    end: int
    label: str
    kind: str = ""


def is_distinct(text: str, target: Target) -> bool:
    """Check whether an identifier can be told from other words wherever it stands."""
    words = [word.folded for word in list_words(text[target.start : target.end])]
    return next(iter(_list_sequences(words, target)), None) is not None


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
        found.append(
            Target(
                words[i].start, words[i + n_words - 1].end, target.label, target.kind
            )
        )
        i += n_words
    return found


class _Wanted:
    """The sequences of words that are looked for."""

    def __init__(
        self, text: str, words: Sequence[Word], targets: Iterable[Target]
    ) -> None:
        self.text = text
        self.words = words
        # By the first word: the others, longest first.
        self.by_first: dict[str, list[tuple[tuple[str, ...], Target]]] = {}
        seen: set[tuple[str, ...]] = set()
        i = 0
        for target in targets:
            while i < len(words) and words[i].end <= target.start:
                i += 1
            k = i
            inside: list[str] = []
            while k < len(words) and words[k].start < target.end:
                inside.append(words[k].folded)
                k += 1
            for sequence in _list_sequences(inside, target):
                if sequence not in seen:
                    seen.add(sequence)
                    rows = self.by_first.setdefault(sequence[0], [])
                    rows.append((sequence, target))
        for rows in self.by_first.values():
            rows.sort(key=lambda row: -len(row[0]))
        # So that thousands of names that begin alike are tried only once at a place.
        self.lengths = {
            first: sorted({len(row[0]) for row in rows}, reverse=True)
            for first, rows in self.by_first.items()
        }
        self.targets = {
            sequence: target
            for rows in self.by_first.values()
            for sequence, target in rows
        }

    def match(self, i: int) -> tuple[Target, int] | None:
        """Find what starts at a word. RETURNS: It, and its number of words."""
        for length in self.lengths.get(self.words[i].folded, ()):
            run = self.words[i : i + length]
            if len(run) < length:
                continue
            target = self.targets.get(tuple(word.folded for word in run))
            if target and self._is_close(run) and self._is_meant(run):
                return target, length
        return None

    def _is_close(self, run: Sequence[Word]) -> bool:
        return all(after.start - word.end <= MAX_GAP for word, after in pairwise(run))

    def _is_meant(self, run: Sequence[Word]) -> bool:
        """Check whether words aren't just ordinary ones."""
        if not all(is_ordinary(w.folded) for w in run if not w.folded.isdigit()):
            return True
        written = [self.text[word.start : word.end] for word in run]
        if any(part.isdigit() for part in written):
            return True
        if len(run) == 1 and len(run[0].folded) < MIN_LETTERS:
            # "Do", "An": only as names are written, and "DO" may be anything.
            return written[0].istitle() and run[0].folded not in load_words("openings")
        return all(part != part.lower() for part in written)


def _list_sequences(words: Sequence[str], target: Target) -> Iterable[tuple[str, ...]]:
    """List the sequences of words that stand for an identifier."""
    digits = sum(len(word) for word in words if word.isdigit())
    letters = sum(len(word) for word in words if not word.isdigit())
    if target.label in _VAGUE:
        # "Tuesday" may be any, and "3/4" anything.
        if digits >= MIN_DIGITS or (digits >= 4 and letters >= MIN_LETTERS):
            yield tuple(words)
        return
    if all(word in load_words("kinds") for word in words):
        # "Emergency Department": what it is, not which.
        return
    is_enough = digits >= MIN_DIGITS or letters >= MIN_LETTERS
    if (
        words
        and len(words) <= MAX_WORDS
        and (is_enough or digits + letters >= MIN_DIGITS)
    ):
        yield tuple(words)
    if target.label in PERSONS and target.kind in ("", "name"):
        for word in words:
            if (
                not word.isdigit()
                and len(word) > 1
                and word not in load_words("titles")
            ):
                yield (word,)
