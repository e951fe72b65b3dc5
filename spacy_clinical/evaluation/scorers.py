from collections.abc import Callable, Collection, Iterable
from typing import Any

from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.extensions.attributes import SECTIONS_KEY
from spacy_clinical.sections.state import PREAMBLE


class LabelledScore:
    """Precision, recall and F1 of labelled places, of all and by label."""

    def __init__(self) -> None:
        self.total = PRFScore()
        self.by_label: dict[str, PRFScore] = {}

    def add(
        self, found: Collection[tuple[Any, ...]], gold: Collection[tuple[Any, ...]]
    ) -> None:
        """Count the places of a Doc; each is a tuple whose last item is its label."""
        self.total.score_set(set(found), set(gold))
        for label in {place[-1] for place in (*found, *gold)}:
            self.by_label.setdefault(label, PRFScore()).score_set(
                {place for place in found if place[-1] == label},
                {place for place in gold if place[-1] == label},
            )

    def to_dict(self, name: str) -> dict[str, Any]:
        """Name the scores as spaCy's scorers do: {name}_p, _r, _f and _per_type."""
        return {
            f"{name}_p": self.total.precision,
            f"{name}_r": self.total.recall,
            f"{name}_f": self.total.fscore,
            f"{name}_per_type": {
                label: score.to_dict() for label, score in sorted(self.by_label.items())
            },
        }


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
    score = LabelledScore()
    for example in examples:
        found = _get_section_starts(example.predicted)
        score.add(found, _get_section_starts(example.reference))
    return score.to_dict("sections")


def _get_section_starts(doc: Doc) -> set[tuple[int, str]]:
    sections = doc.spans.get(SECTIONS_KEY) or ()
    return {
        (section.start_char, section.label_)
        for section in sections
        if section.label_ != PREAMBLE
    }
