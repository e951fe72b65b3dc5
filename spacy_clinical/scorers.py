from collections.abc import Callable, Iterable
from typing import Any

from spacy.scorer import PRFScore, get_ner_prf
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.extensions import SECTIONS_KEY
from spacy_clinical.section_rules import PREAMBLE


def make_section_scorer() -> Callable[..., dict[str, Any]]:
    """Construct the scorer of `clinical_section_splitter`."""
    return score_sections


def score_sections(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score sections by where they start and what they are.

    A section counts as found if one of the same label starts at the same character;
    where it ends follows from the next one's start. Preambles don't count: they
    need no finding.
    RETURNS: sections_p, sections_r, sections_f, and the same by label.
    """
    total = PRFScore()
    by_label: dict[str, PRFScore] = {}
    for example in examples:
        gold = _get_section_starts(example.reference)
        found = _get_section_starts(example.predicted)
        total.score_set(found, gold)
        for label in {label for _, label in gold | found}:
            by_label.setdefault(label, PRFScore()).score_set(
                {key for key in found if key[1] == label},
                {key for key in gold if key[1] == label},
            )
    return {
        "sections_p": total.precision,
        "sections_r": total.recall,
        "sections_f": total.fscore,
        "sections_per_type": {
            label: score.to_dict() for label, score in sorted(by_label.items())
        },
    }


def _get_section_starts(doc: Doc) -> set[tuple[int, str]]:
    sections = doc.spans.get(SECTIONS_KEY) or ()
    return {
        (section.start_char, section.label_)
        for section in sections
        if section.label_ != PREAMBLE
    }


def make_ner_scorer() -> Callable[..., dict[str, Any]]:
    """Construct the scorer of `clinical_ner`."""
    return score_ner


def score_ner(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score entities by exact borders and type: ents_p, ents_r, ents_f and by type.

    `doc.ents` of the reference are the truth: entities that overlap a longer one
    are not in them, so they count neither as found nor as missed.
    """
    scores: dict[str, Any] = get_ner_prf(examples)
    return scores
