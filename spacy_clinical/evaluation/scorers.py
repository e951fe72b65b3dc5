from collections.abc import Callable, Collection, Iterable
from typing import Any

from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.extensions.attributes import SECTIONS_KEY
from spacy_clinical.sections.state import PREAMBLE


class LabelledScore:
    """Precision, recall and F1 of labelled positions, overall and by label."""

    def __init__(self) -> None:
        self.total = PRFScore()
        self.by_label: dict[str, PRFScore] = {}

    def add(
        self, found: Collection[tuple[Any, ...]], gold: Collection[tuple[Any, ...]]
    ) -> None:
        """Add the positions of a Doc, as tuples with the label as last item."""
        self.total.score_set(set(found), set(gold))
        for label in {place[-1] for place in (*found, *gold)}:
            self.by_label.setdefault(label, PRFScore()).score_set(
                {place for place in found if place[-1] == label},
                {place for place in gold if place[-1] == label},
            )

    def to_dict(self, name: str) -> dict[str, Any]:
        """Get the scores by spaCy's names: {name}_p, _r, _f and _per_type."""
        return {
            f"{name}_p": self.total.precision,
            f"{name}_r": self.total.recall,
            f"{name}_f": self.total.fscore,
            f"{name}_per_type": {
                label: score.to_dict() for label, score in sorted(self.by_label.items())
            },
        }


def make_section_scorer() -> Callable[..., dict[str, Any]]:
    """Make the scorer of `clinical_section_splitter`."""
    return score_sections


def score_sections(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score sections by start and label.

    A section is correct if it starts at the same character as a gold section with the
    same label; its end follows from the start of the next one. Preambles are skipped,
    as they are trivial.

    RETURNS: sections_p, sections_r, sections_f, sections_per_type.
    """
    score = LabelledScore()
    for example in examples:
        predicted = _get_section_starts(example.predicted)
        score.add(predicted, _get_section_starts(example.reference))
    return score.to_dict("sections")


def _get_section_starts(doc: Doc) -> set[tuple[int, str]]:
    sections = doc.spans.get(SECTIONS_KEY) or ()
    return {
        (section.start_char, section.label_)
        for section in sections
        if section.label_ != PREAMBLE
    }
