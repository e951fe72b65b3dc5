"""Short and long forms of clinical terms, with the types of what they name."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.json_text import write_json
from spacy_clinical.files.regular import coded_errors, read_regular, show_path

DEFAULT_ABBREVIATIONS = (
    Path(__file__).parents[1] / "resources" / "clinical_abbreviations.tsv"
)
# The type of words that name no entity.
NO_TYPE = "-"
_TYPE = re.compile(r"-|[A-Za-z][\w-]*")
# Words of long forms; other signs than hyphens and slashes count as words.
_WORD = re.compile(r"[^\W_]+|[^\s\w/-]")
# Words of short forms.
_CHUNK = re.compile(r"[^\s,;:()\[\]\"]+")
# What may be between the words of a long form.
_GAPS = frozenset({"", " ", "-", "/", "\n", "  ", " \n", "\r\n", "-\n"})


class Abbreviation(NamedTuple):
    """One reading of a short form.

    label: Type of entity that it names; "-" for none.
    long_forms: Long forms of this meaning, the usual one first.
    is_exact: Whether the short form counts only in the case that it is written in.
    is_usual: Whether this is meant where nothing speaks for another reading.
    cues: Words, in lower case, whose presence speaks for this reading.
    """

    short: str
    label: str
    long_forms: tuple[str, ...]
    is_exact: bool = False
    is_usual: bool = False
    cues: tuple[str, ...] = ()


class Found(NamedTuple):
    """A short or a long form in a text.

    start, end (characters): Half open.
    readings: What it may stand for, in the order of the file.
    """

    start: int
    end: int
    readings: tuple[Abbreviation, ...]


# By its first word: the words of each form, and its readings.
_Index = dict[str, list[tuple[tuple[str, ...], list[Abbreviation]]]]


class Abbreviations:
    """An inventory of short forms, to look up both ways."""

    def __init__(self, rows: Iterable[Abbreviation]) -> None:
        """Set up the inventory.

        rows: Readings of short forms.
        """
        self.rows = tuple(rows)
        self._by_short = _make_index(
            (_split_short(row.short), row) for row in self.rows
        )
        self._by_long = _make_index(
            (_split_long(form), row) for row in self.rows for form in row.long_forms
        )

    def __iter__(self) -> Iterator[Abbreviation]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def types(self) -> list[str]:
        """The types of all readings, sorted."""
        return sorted({row.label for row in self.rows})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all readings."""
        return hashlib.sha256(write_json(self.rows).encode()).hexdigest()

    def replace(self, rows: Iterable[Abbreviation]) -> "Abbreviations":
        """Make an inventory in which these are the only readings of their short forms.

        rows: Of one or several short forms. Case counts.
        RAISES ValueError: C921, if one has an empty form or a type that is no name.
        """
        rows = list(rows)
        for row in rows:
            if fault := _find_fault(row):
                raise CodedValueError(Errors.C921.format(reason=fault))
        replaced = {row.short for row in rows}
        return Abbreviations(
            [*(row for row in self.rows if row.short not in replaced), *rows]
        )

    def to_list(self) -> list[list[Any]]:
        """Get all readings as plain data."""
        return [
            [*row[:2], list(row.long_forms), *row[3:5], [*row.cues]] for row in self
        ]

    @classmethod
    def from_list(cls, rows: Iterable[Sequence[Any]]) -> "Abbreviations":
        """Make an inventory of the output of `to_list`.

        RAISES ValueError, TypeError, AttributeError: If it is damaged.
        """
        return cls([]).replace(
            Abbreviation(short, label, tuple(longs), is_exact, is_usual, tuple(cues))
            for short, label, longs, is_exact, is_usual, cues in rows
        )

    def find_short(self, form: str) -> tuple[Abbreviation, ...]:
        """Find the readings of a short form.

        Those in the same case win. Otherwise, case makes no difference, except for
        readings that are exact.

        form: Such as "HTN".
        """
        return _choose_readings(_get(self._by_short, _split_short(form)), form)

    def find_long(self, form: str) -> tuple[Abbreviation, ...]:
        """Find the readings whose long form this is.

        form: Such as "hypertension". Case makes no difference, nor do hyphens.
        """
        return tuple(_get(self._by_long, _split_long(form)))

    def find_short_forms(self, text: str) -> Iterator[Found]:
        """Find the short forms in a text, the longest at each place.

        YIELDS: In the order of the text, without overlap.
        """
        words = []
        for match in _CHUNK.finditer(text):
            word = match[0].rstrip(".?!")
            words.append((match.start(), match.start() + len(word), word.lower()))
        gaps = frozenset({" "})
        for start, end, rows in _find_all(text, words, self._by_short, gaps):
            readings = _choose_readings(rows, text[start:end])
            if readings:
                yield Found(start, end, readings)

    def find_long_forms(self, text: str) -> Iterator[Found]:
        """Find the long forms in a text, the longest at each place.

        YIELDS: In the order of the text, without overlap.
        """
        words = [(m.start(), m.end(), m[0].lower()) for m in _WORD.finditer(text)]
        for start, end, rows in _find_all(text, words, self._by_long, _GAPS):
            yield Found(start, end, tuple(rows))


def load_abbreviations(path: Path = DEFAULT_ABBREVIATIONS) -> Abbreviations:
    """Read an inventory. The shipped one describes the format.

    RAISES ValueError: C864, with the line that can't be read; C302 or C350, if the file
        can't be read.
    """
    return _load_shipped() if path == DEFAULT_ABBREVIATIONS else _load(path)


@cache
def _load_shipped() -> Abbreviations:
    return _load(DEFAULT_ABBREVIATIONS)


def _load(path: Path) -> Abbreviations:
    with coded_errors(path):
        lines = read_regular(path).decode("utf8").split("\n")
    rows: list[Abbreviation] = []
    lists: dict[str, str] = {}
    seen: dict[tuple[str, str, str], int] = {}
    for number, line in enumerate(lines, start=1):
        line = line.rstrip("\r")
        if not line.strip() or line.startswith("#"):
            continue
        try:
            if line.startswith("@"):
                lists.update([_read_list(line)])
                continue
            read = _read_line(line, lists)
            for row in read:
                for form in row.long_forms:
                    key = (row.short, row.label, form.lower())
                    first = seen.setdefault(key, number)
                    if first != number:
                        raise _LineError(f"repeats line {first}")
        except _LineError as error:
            name = show_path(path.name)
            raise CodedValueError(
                Errors.C864.format(name=name, line=number, reason=error.reason)
            ) from None
        rows += read
    return Abbreviations(rows)


class _LineError(Exception):
    """A line that can't be read.

    reason: What is wrong with it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _find_fault(row: Abbreviation) -> str:
    """Find what is wrong with the forms or the type of a reading; "" if nothing is."""
    if not _split_short(row.short):
        return "has an empty short form"
    if not row.long_forms or not all(map(_split_long, row.long_forms)):
        return "has an empty long form"
    if not _TYPE.fullmatch(row.label):
        return "has a type that is neither a name nor '-'"
    return ""


def _read_list(line: str) -> tuple[str, str]:
    """Read a list of cues: its name, with "@", and its words."""
    name, _, words = line.partition("\t")
    if not words.split():
        raise _LineError("has no cues after its name and a tab")
    return name.strip(), words


def _read_line(line: str, lists: Mapping[str, str]) -> list[Abbreviation]:
    columns = [column.strip() for column in line.split("\t")]
    if not 3 <= len(columns) <= 5:
        raise _LineError("doesn't have three to five columns, separated by tabs")
    shorts, label, longs, case, cues = [*columns, "", ""][:5]
    short_forms = [form.strip() for form in shorts.split(",")]
    long_forms = [form.strip() for form in longs.split(";")]
    for form in short_forms:
        if fault := _find_fault(Abbreviation(form, label, tuple(long_forms))):
            raise _LineError(fault)
    marks = case.split()
    if not set(marks) <= {"exact", "usual"}:
        raise _LineError("has another mark than 'exact' (for case) or 'usual'")
    for forms in (short_forms, [form.lower() for form in long_forms]):
        if len(set(forms)) < len(forms):
            raise _LineError("has the same form twice")
    is_exact, is_usual = "exact" in marks, "usual" in marks
    words = tuple(dict.fromkeys(_list_cues(cues, lists)))
    return [
        Abbreviation(form, label, tuple(long_forms), is_exact, is_usual, words)
        for form in short_forms
    ]


def _list_cues(cues: str, lists: Mapping[str, str]) -> Iterator[str]:
    for word in cues.split():
        if not word.startswith("@"):
            yield word.lower()
        elif word in lists:
            yield from lists[word].lower().split()
        else:
            raise _LineError("names a list of cues that isn't above it")


def _split_short(form: str) -> tuple[str, ...]:
    return tuple(form.lower().rstrip(".?!").split())


def _split_long(form: str) -> tuple[str, ...]:
    return tuple(_normalize(word) for word in _WORD.findall(form.lower()))


def _normalize(word: str) -> str:
    return "'" if word == "\u2019" else word


def _choose_readings(
    rows: Sequence[Abbreviation], form: str
) -> tuple[Abbreviation, ...]:
    form = form.rstrip(".?!")
    same = tuple(row for row in rows if row.short.rstrip(".?!") == form)
    return same or tuple(row for row in rows if not row.is_exact)


def _make_index(
    pairs: Iterable[tuple[tuple[str, ...], Abbreviation]],
) -> _Index:
    by_words: dict[tuple[str, ...], list[Abbreviation]] = {}
    for words, row in pairs:
        by_words.setdefault(words, []).append(row)
    index: _Index = {}
    for words, rows in by_words.items():
        index.setdefault(words[0], []).append((words, rows))
    for entries in index.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return index


def _get(index: _Index, words: tuple[str, ...]) -> list[Abbreviation]:
    entries = index.get(words[0], ()) if words else ()
    return next((rows for found, rows in entries if found == words), [])


def _find_all(
    text: str,
    words: Sequence[tuple[int, int, str]],
    index: _Index,
    gaps: frozenset[str],
) -> Iterator[tuple[int, int, list[Abbreviation]]]:
    """Find the forms of an index among the words of a text, the longest first."""
    i = 0
    while i < len(words):
        step = 1
        for form, rows in index.get(words[i][2], ()):
            last = i + len(form) - 1
            if last < len(words) and all(
                _normalize(words[i + k][2]) == form[k]
                and text[words[i + k - 1][1] : words[i + k][0]] in gaps
                for k in range(1, len(form))
            ):
                yield words[i][0], words[last][1], rows
                step = len(form)
                break
        i += step
