"""Concepts of a vocabulary that is being built, in little memory."""

from array import array
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.filters import Filters
from spacy_clinical.concepts.normalize import clean_text
from spacy_clinical.errors import CodedValueError, Errors

# Numbers of concepts and names are 32-bit integers.
MAX_COUNT = 2**31 - 2
# Languages and sources that are remembered, to say which there are.
_MAX_SEEN = 30
_BETWEEN = "\x1f"


class Column:
    """Texts of concepts: one byte string for all, and numbers in arrays."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._ends = array("q", [0])
        self._owners = array("i")

    def __len__(self) -> int:
        return len(self._owners)

    def add(self, owner: int, text: str) -> None:
        """Add a text of a concept.

        owner: Number of the concept.
        """
        self._data += text.encode("utf8")
        self._ends.append(len(self._data))
        self._owners.append(owner)

    def group(self, n_owners: int) -> Iterator[list[str]]:
        """Yield the texts of each concept, in the order in which they were added, each
        once.

        n_owners: Number of concepts.
        """
        owners = np.frombuffer(self._owners, dtype=np.int32)
        order = np.argsort(owners, kind="stable")
        counts = np.bincount(owners, minlength=n_owners)
        places = iter(order)
        for count in counts:
            texts = (self._get(place) for place in islice(places, int(count)))
            yield list(dict.fromkeys(texts))

    def _get(self, place: int) -> str:
        return self._data[self._ends[place] : self._ends[place + 1]].decode("utf8")


class Drafted(NamedTuple):
    """A concept with all that its entries state.

    names: The first is the concept's own.
    xrefs: Pairs of a system and a code.
    """

    id: str
    names: list[str]
    types: list[str]
    definition: str
    xrefs: list[tuple[str, str]]
    other_ids: list[str]
    is_obsolete: bool


class Draft:
    """Collects entries, and puts those with the same id together.

    filters: What to keep.
    n_entries: Entries so far, also those that weren't kept.
    languages, sources: Found in entries; not all, if there are many.
    """

    def __init__(self, filters: Filters) -> None:
        self.n_entries = 0
        self.languages: set[str] = set()
        self.sources: set[str] = set()
        self._filters = filters
        self._numbers: dict[str, int] = {}
        # Whether a name of the concept is valid.
        self._is_valid = bytearray()
        self._names, self._types, self._definitions = Column(), Column(), Column()
        self._xrefs, self._other_ids = Column(), Column()
        # Of the last concept, entries whose names aren't kept.
        self._waiting: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Add an entry.

        A concept is made by an entry with a name that is kept. Of entries whose names
        aren't kept, cross-references are, as far as they come with that one.

        RAISES ValueError: C911, for too many concepts or names.
        """
        self.n_entries += 1
        self._remember(entry)
        number = self._numbers.get(entry.id)
        is_kept = self._filters.keeps(entry)
        if number is None:
            if not entry.name or not is_kept:
                self._hold(entry)
                return
            number = self._make_concept(entry.id)
        if is_kept:
            self._add_texts(number, entry)
        elif not entry.is_obsolete:
            self._add_xrefs(number, entry)

    def read(self) -> Iterator[Drafted]:
        """Yield the concepts that have names and a wanted type, in the order in which
        they were added."""
        n_concepts = len(self._numbers)
        columns = (self._names, self._types, self._definitions, self._xrefs)
        groups = (column.group(n_concepts) for column in (*columns, self._other_ids))
        rows = zip(self._numbers, self._is_valid, *groups, strict=True)
        for key, is_valid, names, types, definitions, xrefs, others in rows:
            if names and self._filters.keeps_types(types):
                pairs = [xref.partition(_BETWEEN)[::2] for xref in xrefs]
                definition = definitions[0] if definitions else ""
                yield Drafted(
                    key, names, types, definition, pairs, others, not is_valid
                )

    def __len__(self) -> int:
        return len(self._numbers)

    def _hold(self, entry: Entry) -> None:
        """Hold an entry for its cross-references, until that of another concept."""
        if self._waiting and self._waiting[0].id != entry.id:
            self._waiting.clear()
        if entry.xrefs and not entry.is_obsolete:
            self._waiting.append(entry)

    def _make_concept(self, key: str) -> int:
        number = len(self._numbers)
        if max(number, len(self._names)) >= MAX_COUNT:
            raise CodedValueError(Errors.C911.format(limit=MAX_COUNT))
        self._numbers[key] = number
        self._is_valid.append(False)
        for entry in self._waiting:
            if entry.id == key:
                self._add_xrefs(number, entry)
        self._waiting.clear()
        return number

    def _add_texts(self, number: int, entry: Entry) -> None:
        if entry.name and not entry.is_obsolete:
            self._is_valid[number] = True
        if self._filters.keeps_names(entry):
            for name in (entry.name, *entry.synonyms):
                if name := clean_text(name):
                    self._names.add(number, name)
            if definition := clean_text(entry.definition):
                self._definitions.add(number, definition)
        for kind in entry.types:
            if kind := clean_text(kind):
                self._types.add(number, kind)
        for key in entry.other_ids:
            if key := clean_text(key):
                self._other_ids.add(number, key)
        self._add_xrefs(number, entry)

    def _add_xrefs(self, number: int, entry: Entry) -> None:
        for system, code in entry.xrefs:
            if code := clean_text(code):
                self._xrefs.add(number, f"{clean_text(system)}{_BETWEEN}{code}")

    def _remember(self, entry: Entry) -> None:
        for seen, value in (
            (self.languages, entry.language),
            (self.sources, entry.source),
        ):
            if value and value not in seen and len(seen) < _MAX_SEEN:
                seen.add(value)
