"""Tune the thresholds of codes on labelled notes, and set them in the pipeline."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from spacy.language import Language
from spacy.training import Example

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.heads.thresholds import Tuned
from spacy_clinical.pipeline.icd9_categorizer import ClinicalICD9Categorizer


def create_tuner(
    corpus: Callable[[Language], Iterable[Example]],
    component: str = "clinical_icd9_categorizer",
    min_positives: int = 20,
) -> Callable[[Language], Language]:
    """Create a callback for `[training.before_to_disk]` that tunes the saved pipeline.

    corpus: Reader of labelled notes that aren't used in training.
    component: Name of the categorizer.
    min_positives: Minimum number of notes with a code that gets its own threshold.
    """

    def tune(nlp: Language) -> Language:
        # Training continues with the old thresholds.
        copied = _copy_pipeline(nlp, component)
        tune_pipeline(
            copied, corpus(nlp), component=component, min_positives=min_positives
        )
        return copied

    return tune


def _copy_pipeline(nlp: Language, name: str) -> Language:
    """Copy a pipeline and the settings of one component, but not the weights."""
    copied = copy.copy(nlp)
    copied._components = [
        (n, _copy_component(pipe) if n == name else pipe) for n, pipe in nlp._components
    ]
    return copied


def _copy_component(pipe: Any) -> Any:
    copied = copy.copy(pipe)
    copied.cfg = copy.deepcopy(pipe.cfg)
    return copied


def tune_pipeline(
    nlp: Language,
    examples: Iterable[Example],
    *,
    component: str = "clinical_icd9_categorizer",
    min_positives: int = 20,
) -> Tuned:
    """Tune the categorizer of a pipeline, after running all components before it.

    examples: Labelled notes that weren't used in training.
    component: Name of the categorizer.
    min_positives: Minimum number of notes with a code that gets its own threshold.
    RAISES ValueError: C413, if there is no such categorizer; C414, if there are no
        examples.
    """
    pipe = nlp.get_pipe(component) if component in nlp.pipe_names else None
    if not isinstance(pipe, ClinicalICD9Categorizer):
        factory = "clinical_icd9_categorizer"
        raise CodedValueError(
            Errors.C413.format(name=nlp.meta["name"], factory=factory)
        )
    position = nlp.pipe_names.index(component)
    examples = list(examples)
    if not examples:
        raise CodedValueError(Errors.C414)
    docs = [eg.predicted for eg in examples]
    with nlp.select_pipes(disable=nlp.pipe_names[position:]):
        docs = list(nlp.pipe(docs))
    pairs = zip(docs, examples, strict=True)
    return pipe.tune(
        [Example(doc, eg.reference) for doc, eg in pairs], min_positives=min_positives
    )
