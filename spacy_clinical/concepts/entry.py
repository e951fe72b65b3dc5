"""Entries of sources, and the concepts of a vocabulary."""

from typing import NamedTuple


class Entry(NamedTuple):
    """A statement of a part of a source, such as a row, about a concept.

    A source may have several entries for a concept. The first name that is kept is the
    concept's; names of later entries are synonyms.

    name: "" if the entry only adds to a concept that others name.
    xrefs: Cross-references: pairs of a system (see `systems.py`) and a code.
    other_ids: Ids that the concept had before, such as those merged into it.
    source: Of the names: vocabulary in a collection of several, or prefix of the id.
    language: Of the names, as ISO 639-1 has it if the source does; "" if not stated.
    is_obsolete: Whether the source has withdrawn what the entry states.
    """

    id: str
    name: str = ""
    synonyms: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    definition: str = ""
    xrefs: tuple[tuple[str, str], ...] = ()
    other_ids: tuple[str, ...] = ()
    source: str = ""
    language: str = ""
    is_obsolete: bool = False


class Concept(NamedTuple):
    """A concept of a vocabulary.

    types: Semantic types, as the source names them.
    xrefs: Codes in other systems: {"ICD10CM": ["I10"], "UMLS": ["C0020538"]}.
    is_obsolete: Whether all its names are withdrawn.
    """

    id: str
    name: str
    synonyms: tuple[str, ...]
    types: tuple[str, ...]
    definition: str
    xrefs: dict[str, list[str]]
    other_ids: tuple[str, ...]
    is_obsolete: bool
