"""Several corpora as one."""

import random
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from spacy.language import Language
from spacy.training import Example

from spacy_clinical.corpora.augment import Augmenter, augment
from spacy_clinical.errors import CodedValueError, Errors


class MixedCorpus:
    """Corpus of the Examples of several others, such as ones that label different things."""

    def __init__(
        self,
        *corpora: Callable[[Language], Iterable[Example]],
        augmenter: Augmenter | None = None,
        shuffle: bool = False,
    ) -> None:
        """Set up the corpus; the others are read when it is called.

        corpora: Readers, in the order in which they are read. In a config, each has a
            block of its own: [corpora.train.*.notes], [corpora.train.*.more].
        augmenter: See spaCy's Corpus. The others may have augmenters of their own.
        shuffle: Whether to change the order of all Examples in each iteration.
        RAISES ValueError: C213, if there are none.
        """
        if not corpora:
            raise CodedValueError(Errors.C213)
        self.corpora = corpora
        self.augmenter = augmenter
        self.shuffle = shuffle

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read all corpora.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: The Examples of each.
        """
        examples = chain.from_iterable(read(nlp) for read in self.corpora)
        if self.shuffle:
            shuffled = list(examples)
            random.shuffle(shuffled)
            examples = chain(shuffled)
        yield from augment(nlp, examples, self.augmenter)
