"""Scorer of `clinical_form_extractor`."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.evaluation.scorers import LabelledScore
from spacy_clinical.extensions.attributes import FORM_SPANS_KEY


def make_form_scorer(spans_key: str = FORM_SPANS_KEY) -> Callable[..., dict[str, Any]]:
    """Make the scorer of `clinical_form_extractor`.

    spans_key: Key of the span group with headers, questions and answers.
    """
    return partial(score_forms, spans_key=spans_key)


def score_forms(
    examples: Iterable[Example], *, spans_key: str = FORM_SPANS_KEY, **kwargs: Any
) -> dict[str, Any]:
    """Score the parts of forms by exact borders and label, and the links between them.

    A link is correct if the borders of its question and its answer are. Docs without
    the span group in their reference are skipped.

    RETURNS: form_p, form_r, form_f, form_per_type, form_links_p, form_links_r,
        form_links_f.
    """
    parts, links = LabelledScore(), PRFScore()
    for example in examples:
        if spans_key not in example.reference.spans:
            continue
        gold, gold_links = read_form_spans(example.reference, spans_key)
        predicted, predicted_links = read_form_spans(example.predicted, spans_key)
        parts.add(predicted, gold)
        links.score_set(predicted_links, gold_links)
    return {
        **parts.to_dict("form"),
        "form_links_p": links.precision,
        "form_links_r": links.recall,
        "form_links_f": links.fscore,
    }


def read_form_spans(
    doc: Doc, spans_key: str
) -> tuple[list[tuple[int, int, str]], set[tuple[int, int, int, int]]]:
    """Get the parts of a form (characters, label) and its question-answer pairs."""
    group = doc.spans.get(spans_key, ())
    parts = [(span.start_char, span.end_char, span.label_) for span in group]
    links = group.attrs.get("links", ()) if len(parts) else ()
    pairs = {(*parts[q][:2], *parts[a][:2]) for q, a in links}
    return parts, pairs
