"""Concepts of several vocabularies that are the same, and the id to give them."""

from collections.abc import Sequence
from typing import NamedTuple

from spacy_clinical.concepts.entry import Concept
from spacy_clinical.concepts.normalize import make_loose_key
from spacy_clinical.concepts.systems import name_system, split_xref
from spacy_clinical.concepts.vocabulary import Vocabulary


class Place(NamedTuple):
    """The place of a concept.

    vocabulary: Number of the vocabulary.
    number: Of the concept in it.
    """

    vocabulary: int
    number: int


class Identities:
    """Finds the ids of concepts in preferred systems.

    Concepts with the same code in a system are the same one. Cross-references also lead
    to what is only near: where no system is preferred, the other concept has to have the
    same name, too.

    vocabularies: Where the concepts are.
    preferred: Names of systems, such as "MESH" and "OMIM", in order; none for those of
        the vocabularies. A concept that has no code in any of them keeps its own id.
    """

    def __init__(
        self, vocabularies: Sequence[Vocabulary], preferred: Sequence[str] = ()
    ) -> None:
        self._vocabularies = vocabularies
        self._systems = [_find_system(vocabulary) for vocabulary in vocabularies]
        self._plain = {
            system
            for system, vocabulary in zip(self._systems, vocabularies, strict=True)
            if split_xref(vocabulary.first_id) is None
        }
        names = preferred or self._systems
        # The nearest code in a system that was asked for is better than none.
        self._is_asked = bool(preferred)
        self._preferred = list(dict.fromkeys(map(name_system, names)))
        self._ids: dict[Place, str] = {}

    def find(self, place: Place) -> str:
        """Find the id of a concept.

        RETURNS: As a vocabulary of the system has it. Codes of other systems than the
            first one start with their system: "OMIM:219700".
        """
        found = self._ids.get(place)
        if found is None:
            found = self._ids[place] = self._choose(place)
        return found

    def _choose(self, place: Place) -> str:
        vocabulary = self._vocabularies[place.vocabulary]
        key = vocabulary.get_id(place.number)
        own = split_xref(key) or (self._systems[place.vocabulary], key)
        if own[0] == self._preferred[0]:
            # Without reading all of the concept.
            return self._write(*own)
        concept = vocabulary.concept(place.number)
        for system in self._preferred:
            if system == own[0]:
                return self._write(*own)
            for code in concept.xrefs.get(system, ()):
                key = self._write(system, code)
                if self._is_asked or self._is_same(concept, key):
                    return key
        return concept.id

    def _is_same(self, concept: Concept, key: str) -> bool:
        """Check whether a cross-reference leads to the same concept, and not to one that
        is only near: then the other one doesn't have the concept's own name.

        key: What it leads to.
        """
        for vocabulary in self._vocabularies:
            number = vocabulary.find_id(key)
            if number is not None and vocabulary.get_id(number) == key:
                names = vocabulary.list_names(number)
                return make_loose_key(concept.name) in map(make_loose_key, names)
        return True

    def _write(self, system: str, code: str) -> str:
        """Write a code as the vocabulary of its system does."""
        if system in self._plain:
            return code
        is_first = system == self._preferred[0] and system not in self._systems
        return code if is_first else f"{system}:{code}"

    def is_preferred(self, key: str) -> bool:
        """Check whether an id is of a preferred system."""
        system, colon, _ = key.partition(":")
        return not colon or system in self._preferred

    def locate(self, key: str, place: Place) -> Place:
        """Find the concept that has an id itself.

        place: Of a concept whose id it was chosen to be; returned if there is no other.
        """
        for number, vocabulary in enumerate(self._vocabularies):
            found = vocabulary.find_id(key)
            if found is not None:
                return Place(number, found)
        return place


def _find_system(vocabulary: Vocabulary) -> str:
    """Find the system that the ids of a vocabulary are codes in."""
    prefix = split_xref(vocabulary.first_id)
    return prefix[0] if prefix else name_system(vocabulary.name)
