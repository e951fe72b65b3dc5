"""Labels of sections that a vocabulary names. Those of unknown titles are made of the
note's own words."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from spacy_clinical.sections.state import OTHER, PREAMBLE
from spacy_clinical.sections.titles import SectionTitles
from spacy_clinical.sections.vocabulary import read_labels

# Key in a splitter's provenance: labels of titles that the user has added.
OWN_LABELS = "own_labels"


@cache
def list_shipped_labels() -> frozenset[str]:
    """List the labels of the shipped vocabulary, of sections and of parts."""
    return read_labels() | {PREAMBLE, OTHER}


def list_own_labels(titles: SectionTitles) -> list[str]:
    """List the labels that a vocabulary has besides the shipped ones."""
    labels = {group.label for group in titles.groups}
    return sorted(labels - list_shipped_labels())


def list_known_labels(provenance: Mapping[str, Any]) -> frozenset[str]:
    """List the labels that are not made of a note's words.

    provenance: Of a record: by component, what made it.
    """
    own = (
        facts.get(OWN_LABELS) or ()
        for facts in provenance.values()
        if isinstance(facts, Mapping)
    )
    return list_shipped_labels().union(*own)
