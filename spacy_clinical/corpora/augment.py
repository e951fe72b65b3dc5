"""Apply the setting `augmenter` of readers, as in spaCy's Corpus."""

from collections.abc import Callable, Iterable, Iterator

from spacy.language import Language
from spacy.training import Example

Augmenter = Callable[[Language, Example], Iterable[Example]]


def augment(
    nlp: Language, examples: Iterable[Example], augmenter: Augmenter | None
) -> Iterator[Example]:
    """Pass examples through an augmenter, if there is one.

    YIELDS: For each example, those that the augmenter makes of it.
    """
    for example in examples:
        if augmenter is None:
            yield example
        else:
            yield from augmenter(nlp, example)
