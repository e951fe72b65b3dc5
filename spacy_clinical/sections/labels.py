"""Labels of sections that a vocabulary names. Those of unknown titles are made of the
note's own words."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from spacy_clinical.sections.state import OTHER, PREAMBLE
from spacy_clinical.sections.titles import SectionTitles
from spacy_clinical.sections.vocabulary import load_titles, read_labels
from spacy_clinical.sections.words import squeeze

# Key in a splitter's provenance: labels of titles that the user has added.
OWN_LABELS = "own_labels"
# Titles of the vocabulary that say as often what a patient has: "Fever: none".
FINDINGS = frozenset(
    (
        *("adenopathy", "anxietysymptoms", "bleeding", "bruising", "contrastallergy"),
        *("cvatenderness", "delusions", "edema", "fever", "hallucinations", "hernia"),
        *("hernias", "homicidalideation", "incision", "incisions", "infection"),
        *("infections", "ischemia", "jvd", "lad", "latexallergy", "lesions"),
        *("lymphadenopathy", "pregnancy", "rash", "sepsis", "suicidalideation"),
        *("wound", "wounds"),
    )
)


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


def is_title(
    text: str, label: str, known_labels: Collection[str], *, is_part: bool
) -> bool:
    """Check whether a title only names its section, as titles of the vocabulary do.

    Others may be the problem or the test that the text below is about.

    label: Of the section or subsection.
    known_labels: See `list_known_labels`.
    is_part: Whether it is a subsection. The label of one with an unknown title is made
        of the title's words; a section with an unknown title has the label `other`.
    """
    if squeeze(text) in FINDINGS:
        return False
    if label == OTHER:
        return _load_shipped().find(text) is not None
    return not is_part or label in known_labels


@cache
def _load_shipped() -> SectionTitles:
    return load_titles()
