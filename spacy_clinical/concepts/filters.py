"""Filters of what a vocabulary takes from its sources."""

from collections.abc import Iterable
from typing import NamedTuple

from spacy_clinical.concepts.entry import Entry


class Filters(NamedTuple):
    """Filters of entries. An empty set keeps all; capitals make no difference.

    languages: As ISO 639-1 has them: "en". Entries that state none are kept.
    sources: Vocabularies in a collection of several, such as "SNOMEDCT_US" of UMLS.
        Entries that state none are kept.
    types: Semantic types; a concept with one of them is kept.
    with_obsolete: Whether to keep what the sources have withdrawn.
    """

    languages: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    with_obsolete: bool = False

    def keeps(self, entry: Entry) -> bool:
        """Check whether an entry is of a wanted source and valid."""
        if entry.is_obsolete and not self.with_obsolete:
            return False
        is_any = not self.sources or not entry.source
        return is_any or entry.source.casefold() in self.sources

    def keeps_names(self, entry: Entry) -> bool:
        """Check whether the names of an entry are in a wanted language."""
        is_any = not self.languages or not entry.language
        return is_any or entry.language.casefold() in self.languages

    def keeps_types(self, types: Iterable[str]) -> bool:
        """Check whether a concept has a wanted type."""
        return not self.types or any(name.casefold() in self.types for name in types)

    def describe(self) -> dict[str, object]:
        """Describe the filters that are set, for a manifest."""
        sets = {"languages": self.languages, "sources": self.sources}
        chosen = {**sets, "types": self.types}.items()
        described: dict[str, object] = {
            name: sorted(values) for name, values in chosen if values
        }
        return {**described, "with_obsolete": self.with_obsolete}


def make_filters(
    *,
    languages: Iterable[str] = (),
    sources: Iterable[str] = (),
    types: Iterable[str] = (),
    with_obsolete: bool = False,
) -> Filters:
    """Make filters, whose capitals make no difference.

    languages, sources, types, with_obsolete: See `Filters`.
    """
    return Filters(
        languages=frozenset(map(str.casefold, languages)),
        sources=frozenset(map(str.casefold, sources)),
        types=frozenset(map(str.casefold, types)),
        with_obsolete=with_obsolete,
    )
