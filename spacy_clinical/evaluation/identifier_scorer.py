from collections.abc import Callable, Iterable
from typing import Any

from spacy.scorer import PRFScore
from spacy.tokens import Span
from spacy.training import Example

from spacy_clinical.evaluation.scorers import LabelledScore
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.identifiers.found import PHI_KEY, list_gold


def make_identifier_scorer() -> Callable[..., dict[str, Any]]:
    """Construct the scorer of `clinical_deidentifier`."""
    return score_identifiers


def score_identifiers(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score identifiers by place and type, and by what would have leaked.

    The truth is `doc.spans["phi"]` of the reference, or `doc.ents` without it.

    RETURNS: phi_p, phi_r, phi_f and phi_per_type of places with their type, and
        phi_chars_p, phi_chars_r and phi_chars_f of the letters and digits that were
        found, whatever their type: what is missing from phi_chars_r has leaked.
    """
    places, characters = LabelledScore(), PRFScore()
    for example in examples:
        gold = list_gold(example.reference)
        predicted = list_spans(example.predicted, PHI_KEY)
        places.add(_list_places(predicted), _list_places(gold))
        characters.score_set(_list_characters(predicted), _list_characters(gold))
    return {
        **places.to_dict("phi"),
        "phi_chars_p": characters.precision,
        "phi_chars_r": characters.recall,
        "phi_chars_f": characters.fscore,
    }


def _list_places(spans: Iterable[Span]) -> set[tuple[int, int, str]]:
    return {(span.start_char, span.end_char, span.label_) for span in spans}


def _list_characters(spans: Iterable[Span]) -> set[int]:
    return {
        span.start_char + i
        for span in spans
        for i, character in enumerate(span.text)
        if character.isalnum()
    }
