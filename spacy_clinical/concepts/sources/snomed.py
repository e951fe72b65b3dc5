"""Read SNOMED CT in RF2, snapshot files of any edition.

SOURCE: SNOMED CT Release File Specification, https://docs.snomed.org.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.sources.source import (
    Adapter,
    Contents,
    Facts,
    Source,
    make_fault,
)
from spacy_clinical.concepts.sources.tables import read_table
from spacy_clinical.concepts.systems import make_xref

_DESCRIPTIONS = r"x?sct2_description_snapshot.*\.txt"
_DEFINITIONS = r"x?sct2_textdefinition_snapshot.*\.txt"
_CONCEPTS = r"x?sct2_concept_snapshot.*\.txt"
_PREFERENCES = r"x?der2_crefset_.*languagesnapshot.*\.txt"
_MAPS = r"x?der2_iisssccrefset_.*extendedmapsnapshot.*\.txt"
# Concepts of SNOMED CT: kinds of descriptions, preference, and maps to ICD.
FULL_NAME, PREFERRED = "900000000000003001", "900000000000548007"
MAPS = {"447562003": "ICD10", "6011000124106": "ICD10CM"}
# Of "Myocardial infarction (disorder)", the semantic tag.
_TAG = re.compile(r"(.*\S)\s+\(([^()]+)\)")
_DATE = re.compile(r"_(\d{8})\.txt")
_DESCRIPTION_COLUMNS = ("id", "active", "conceptid", "languagecode", "typeid", "term")
_MAP_COLUMNS = ("active", "refsetid", "referencedcomponentid", "maptarget")


class Description(NamedTuple):
    """A name of a concept.

    is_full: Whether it is the full name, which ends with the semantic tag.
    """

    id: str
    concept: str
    language: str
    term: str
    is_full: bool
    is_active: bool


def read_snomed(source: Source) -> Contents:
    """Read descriptions, the state of concepts, text definitions, preferred names and
    maps to ICD-10 and ICD-10-CM, as far as their files are there.

    RAISES ValueError: C901 and C902, for rows with other columns; C904, if the file of
        concepts is missing.
    """
    concepts = source.find(_CONCEPTS)
    if concepts is None:
        reason = "sct2_Concept_Snapshot isn't there"
        raise make_fault(source.path, SNOMED.kind, reason)
    date = _DATE.search(concepts.name)
    license = "SNOMED CT Affiliate License Agreement"
    facts = Facts(
        "snomedct", date[1] if date else "", license, "https://www.snomed.org"
    )
    return Contents(facts, _read_entries(source, concepts))


def _read_entries(source: Source, concepts: Path) -> Iterator[Entry]:
    columns = ("id", "active")
    rows = read_table(source, concepts, SNOMED.kind, columns)
    inactive = {row["id"] for row in rows if row["active"] != "1"}
    preferred = _read_preferred(source)
    paths = source.find_all(_DESCRIPTIONS)
    if not source.is_folder:
        paths = [source.path]
    # The first name is the concept's: a preferred one, or else the full name.
    for pick in (
        lambda item: item.id in preferred and item.is_active and not item.is_full,
        lambda item: item.is_full,
        lambda item: not item.is_full,
    ):
        for item in filter(pick, _read_descriptions(source, paths)):
            yield _make_entry(item, item.concept in inactive)
    for item in _read_descriptions(source, source.find_all(_DEFINITIONS)):
        if item.is_active:
            yield Entry(item.concept, definition=item.term, language=item.language)
    for path in source.find_all(_MAPS):
        for row in read_table(source, path, SNOMED.kind, _MAP_COLUMNS):
            system = MAPS.get(row["refsetid"])
            if system and row["active"] == "1" and row["maptarget"]:
                xref = make_xref(system, row["maptarget"])
                yield Entry(row["referencedcomponentid"], xrefs=(xref,))


def _make_entry(item: Description, is_withdrawn: bool) -> Entry:
    match = _TAG.fullmatch(item.term) if item.is_full else None
    return Entry(
        id=item.concept,
        name=match[1] if match else item.term,
        types=(match[2],) if match else (),
        xrefs=(("SNOMEDCT", item.concept),),
        source="SNOMEDCT",
        language=item.language,
        is_obsolete=is_withdrawn or not item.is_active,
    )


def _read_descriptions(source: Source, paths: list[Path]) -> Iterator[Description]:
    for path in paths:
        for row in read_table(source, path, SNOMED.kind, _DESCRIPTION_COLUMNS):
            yield Description(
                row["id"],
                row["conceptid"],
                row["languagecode"],
                row["term"],
                is_full=row["typeid"] == FULL_NAME,
                is_active=row["active"] == "1",
            )


def _read_preferred(source: Source) -> set[str]:
    """Read the ids of the descriptions that are preferred in some dialect."""
    columns = ("active", "referencedcomponentid", "acceptabilityid")
    return {
        row["referencedcomponentid"]
        for path in source.find_all(_PREFERENCES)
        for row in read_table(source, path, SNOMED.kind, columns)
        if row["active"] == "1" and row["acceptabilityid"] == PREFERRED
    }


def _recognizes(source: Source) -> bool:
    return source.find_main(_DESCRIPTIONS) is not None


SNOMED = Adapter("SNOMED CT RF2", _recognizes, read_snomed)
