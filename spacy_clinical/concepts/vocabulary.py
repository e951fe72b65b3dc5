"""Vocabularies of concepts, mapped into memory: look-up of names and ids, and records."""

from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from spacy_clinical.concepts.entry import Concept
from spacy_clinical.concepts.folder import (
    ARRAYS,
    TEXTS,
    Manifest,
    check_digests,
    check_sizes,
    hash_text,
    make_damage,
    map_array,
    map_texts,
    read_manifest,
)
from spacy_clinical.concepts.normalize import make_loose_key, normalize_name
from spacy_clinical.concepts.strings import Strings
from spacy_clinical.errors import CodedError
from spacy_clinical.files.json_text import read_json
from spacy_clinical.types import Ints1d


class Found(NamedTuple):
    """Numbers of the concepts that have a name. Each is in one of the parts; those that
    have it as their own name, not as a synonym, come first.

    exact: With the name as it is written.
    normalized: With the same normalized name: see `normalize_name`.
    loose: With the same words in any order and form: see `make_loose_key`.
    """

    exact: tuple[int, ...] = ()
    normalized: tuple[int, ...] = ()
    loose: tuple[int, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """All of them, the best first."""
        return self.exact + self.normalized + self.loose


class Names(NamedTuple):
    """All names of a vocabulary.

    texts: In the order of their concepts; the first of each is its own name.
    concepts (n_names): Number of the concept of each name.
    """

    texts: Strings
    concepts: Ints1d


class Vocabulary:
    """A vocabulary of concepts. Make it with `Vocabulary.open`.

    Its files are mapped into memory: processes share them, and only the parts that are
    used are read. When it is pickled, its folder is, and it is opened again.

    folder: Where it is.
    manifest: What it is, and what it was made of.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        check_sizes(folder, manifest)
        self.folder = folder
        self.manifest = manifest
        texts = {name: map_texts(folder, name) for name in TEXTS}
        arrays = {name: map_array(folder, name, kind) for name, kind in ARRAYS.items()}
        self._ids, self._names = texts["ids"], texts["names"]
        self._types, self._details = texts["types"], texts["details"]
        self._first_names = arrays["first_names"]
        self._name_concepts = arrays["name_concepts"]
        self._type_ends = arrays["type_ends"]
        self._type_numbers = arrays["type_numbers"]
        self._by_id = arrays["id_hashes"], arrays["id_concepts"]
        self._by_key = arrays["key_hashes"], arrays["key_names"]
        self._by_loose_key = arrays["loose_hashes"], arrays["loose_names"]
        self._check_shapes()

    @classmethod
    def open(cls, path: str | Path) -> "Vocabulary":
        """Open a vocabulary.

        path: Its folder.
        RAISES ValueError: C906, if it isn't the folder of a vocabulary; C907, if files
            are missing or have other sizes than they should; C908, if another version
            of the package built it in another format.
        """
        folder = Path(path)
        return cls(folder, read_manifest(folder))

    def __reduce__(self) -> Any:
        return Vocabulary.open, (self.folder.resolve(),)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Concept]:
        return map(self.concept, range(len(self)))

    @property
    def name(self) -> str:
        """Short name: "mondo"."""
        return self.manifest.name

    @property
    def version(self) -> str:
        """Version as the source gives it; "unknown" if it doesn't."""
        return self.manifest.version

    @property
    def sha256(self) -> str:
        """Digest of the manifest, which has those of all files."""
        return self.manifest.sha256

    @property
    def first_id(self) -> str:
        """Id of the first concept, which shows how ids are written."""
        return self._ids[0]

    @property
    def type_names(self) -> list[str]:
        """All semantic types, by their numbers."""
        return list(self._types)

    def find(self, name: str) -> Found:
        """Find the concepts that have a name.

        RAISES ValueError: C907, if the files are damaged.
        """
        with self._damaged_as_error():
            key = normalize_name(name)
            same = self._match(self._by_key, key, normalize_name)
            exact = self._list_concepts(n for n in same if self._names[n] == name)
            taken = set(exact)
            normalized = self._list_concepts(same, taken)
            taken.update(normalized)
            alike = self._match(
                self._by_loose_key, make_loose_key(name), make_loose_key
            )
            return Found(exact, normalized, self._list_concepts(alike, taken))

    def find_id(self, key: str) -> int | None:
        """Find a concept by its id, or by an id that it had before.

        RETURNS: Its number; None if there is none.
        RAISES ValueError: C907, if the files are damaged.
        """
        with self._damaged_as_error():
            numbers = [int(number) for number in _look_up(self._by_id, key)]
            for number in numbers:
                if self._ids[number] == key:
                    return number
            for number in numbers:
                if key in self._read_details(number).get("other_ids", ()):
                    return number
            return None

    def names(self) -> Names:
        """Get all names, to index them in other ways."""
        return Names(self._names, self._name_concepts)

    def concept(self, number: int) -> Concept:
        """Get the record of a concept.

        number: From 0 to the number of concepts.
        RAISES IndexError: For another number.
        RAISES ValueError: C907, if the files are damaged.
        """
        if not 0 <= number < len(self):
            raise IndexError(number)
        with self._damaged_as_error():
            names = self.list_names(number)
            details = self._read_details(number)
            return Concept(
                id=self._ids[number],
                name=names[0],
                synonyms=tuple(names[1:]),
                types=tuple(self._types[kind] for kind in self.types(number)),
                definition=details.get("definition", ""),
                xrefs=details.get("xrefs", {}),
                other_ids=tuple(details.get("other_ids", ())),
                is_obsolete=details.get("is_obsolete", False),
            )

    def types(self, number: int) -> Ints1d:
        """Get the numbers of a concept's semantic types: see `type_names`.

        number: Of the concept.
        """
        return self._type_numbers[self._type_ends[number] : self._type_ends[number + 1]]

    def get_id(self, number: int) -> str:
        """Get the id of a concept.

        number: Of the concept.
        """
        return self._ids[number]

    def get_name(self, number: int) -> str:
        """Get a concept's own name.

        number: Of the concept.
        """
        return self._names[int(self._first_names[number])]

    def list_names(self, number: int) -> list[str]:
        """List the names of a concept, its own one first.

        number: Of the concept.
        """
        first, end = self._first_names[number], self._first_names[number + 1]
        return [self._names[place] for place in range(first, end)]

    def count_names(self, number: int) -> int:
        """Count the names of a concept.

        number: Of the concept.
        """
        return int(self._first_names[number + 1] - self._first_names[number])

    def search(self, text: str, *, limit: int = 20) -> list[int]:
        """Find concepts by the words of their names: first those that `find` finds, then
        those with names that have all the words or their beginnings.

        limit: Number of concepts to find.
        RETURNS: Their numbers.
        RAISES ValueError: C907, if the files are damaged.
        """
        with self._damaged_as_error():
            found = dict.fromkeys(self.find(text).numbers)
            words = [f" {word}" for word in normalize_name(text).split()]
            for place, name in enumerate(self._names if words else ()):
                if len(found) >= limit:
                    break
                padded = f" {normalize_name(name)}"
                if all(word in padded for word in words):
                    found.setdefault(int(self._name_concepts[place]))
            return list(found)[:limit]

    def verify(self) -> None:
        """Check all files by their digests.

        RAISES ValueError: C907, with the first one that was changed.
        """
        check_digests(self.folder, self.manifest)

    def _match(
        self, table: tuple[Ints1d, Ints1d], key: str, make_key: Callable[[str], str]
    ) -> list[int]:
        """Find names by a key. Others may have the same hash, so keys are compared."""
        places = map(int, _look_up(table, key))
        return [place for place in places if make_key(self._names[place]) == key]

    def _list_concepts(
        self, places: Any, taken: frozenset[int] | set[int] = frozenset()
    ) -> tuple[int, ...]:
        """List the concepts of names, first those whose own names they are."""
        own: list[int] = []
        others: list[int] = []
        for place in places:
            number = int(self._name_concepts[place])
            is_own = place == self._first_names[number]
            (own if is_own else others).append(number)
        return tuple(n for n in dict.fromkeys(own + others) if n not in taken)

    def _read_details(self, number: int) -> dict[str, Any]:
        details: dict[str, Any] = read_json(self._details[number])
        return details

    def _check_shapes(self) -> None:
        n_concepts, n_names = self.manifest.n_concepts, self.manifest.n_names
        sizes: tuple[tuple[Sized, int], ...] = (
            (self._ids, n_concepts),
            (self._details, n_concepts),
            (self._names, n_names),
            (self._first_names, n_concepts + 1),
            (self._name_concepts, n_names),
            (self._type_ends, n_concepts + 1),
            (self._type_numbers, int(self._type_ends[-1:].sum())),
            (self._by_key[0], n_names),
            *((hashes, len(numbers)) for hashes, numbers in self._tables),
        )
        if any(len(values) != size for values, size in sizes):
            raise make_damage(self.folder, "its files don't fit each other")

    @property
    def _tables(self) -> tuple[tuple[Ints1d, Ints1d], ...]:
        return self._by_id, self._by_key, self._by_loose_key

    @contextmanager
    def _damaged_as_error(self) -> Iterator[None]:
        """Give the error for damage instead of those that follow from it."""
        try:
            yield
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            if isinstance(error, CodedError):
                raise
            raise make_damage(self.folder, type(error).__name__) from None


def _look_up(table: tuple[Ints1d, Ints1d], key: str) -> Ints1d:
    """Look up the numbers that a table has for a text."""
    hashes, numbers = table
    wanted = np.uint64(hash_text(key))
    first = end = int(hashes.searchsorted(wanted))
    while end < len(hashes) and hashes[end] == wanted:
        end += 1
    return numbers[first:end]
