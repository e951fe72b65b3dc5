"""Reader of vocabularies, to train an encoder of names."""

import random
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_clinical.concepts.store import open_vocabulary
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.types import list_names

LABEL = "NAME"


class SynonymCorpus:
    """Corpus of Examples from a vocabulary: each is two names of one concept.

    A text is one name, a line break, and the other. Both are entities, and their
    `kb_id_` is the concept.
    """

    def __init__(
        self,
        vocabulary: str | Path | None,
        *,
        max_pairs: int = 50,
        types: str | list[str] | None = None,
        limit: int = 0,
        shuffle: bool = True,
        seed: int = 0,
    ) -> None:
        """Set up the corpus; the vocabulary is opened when it is called.

        vocabulary: Name of one that ships or is in a store, or a folder.
        max_pairs: Pairs of a concept; where it has more, some are drawn.
        types: Semantic types of the concepts to read; None for all.
        limit: Maximum number of concepts to read; 0 for all.
        shuffle: Whether pairs come in another order in each iteration.
        seed: Of what is drawn.
        RAISES ValueError: C927, if there is no vocabulary or a number can't be used.
        """
        if vocabulary is None:
            raise CodedValueError(Errors.C927.format(reason="none is given"))
        if max_pairs < 1 or limit < 0:
            reason = "max_pairs has to be at least 1, and limit at least 0"
            raise CodedValueError(Errors.C927.format(reason=reason))
        self.vocabulary = vocabulary
        self.max_pairs = max_pairs
        self.types = None if types is None else frozenset(list_names(types))
        self.limit = limit
        self.shuffle = shuffle
        self._random = random.Random(seed)

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the vocabulary. Names that are the same but for their case are one.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: An Example for each pair. Its predicted Doc has no entities.
        RAISES ValueError: C927, if no concept has two names; else, as OSError, the
            errors of `open_vocabulary`.
        """
        vocabulary = open_vocabulary(self.vocabulary)
        pairs = list(self._list_pairs(vocabulary))
        if not pairs:
            reason = "no concept that is wanted has two names"
            raise CodedValueError(Errors.C927.format(reason=reason))
        if self.shuffle:
            self._random.shuffle(pairs)
        for key, *names in pairs:
            doc = _make_doc(nlp, key, names)
            if doc is not None:
                yield Example(nlp.make_doc(doc.text), doc)

    def _list_pairs(self, vocabulary: Vocabulary) -> Iterator[tuple[str, str, str]]:
        n_concepts = 0
        kinds = vocabulary.type_names
        for number in range(len(vocabulary)):
            if self.types is not None and self.types.isdisjoint(
                kinds[kind] for kind in vocabulary.types(number)
            ):
                continue
            names = {name.lower(): name for name in vocabulary.list_names(number)}
            pairs = self._draw(list(names.values()))
            if not pairs:
                continue
            n_concepts += 1
            for one, other in pairs:
                yield vocabulary.get_id(number), one, other
            if n_concepts == self.limit:
                break

    def _draw(self, names: list[str]) -> list[tuple[str, str]]:
        """Draw pairs of names, without listing all of thousands."""
        n_names = len(names)
        if n_names * (n_names - 1) // 2 <= self.max_pairs:
            return list(combinations(names, 2))
        drawn: set[tuple[str, str]] = set()
        while len(drawn) < self.max_pairs:
            one, other = sorted(self._random.sample(range(n_names), 2))
            drawn.add((names[one], names[other]))
        return sorted(drawn)


def _make_doc(nlp: Language, key: str, names: list[str]) -> Doc | None:
    """Make a Doc of two names; None if one has nothing but white space."""
    cleaned = [" ".join(name.split()) for name in names]
    if not all(cleaned):
        return None
    parts = [nlp.make_doc(name) for name in cleaned]
    words = [token.text for token in parts[0]] + ["\n"]
    spaces = [bool(token.whitespace_) for token in parts[0]] + [False]
    words += [token.text for token in parts[1]]
    spaces += [bool(token.whitespace_) for token in parts[1]]
    doc = Doc(nlp.vocab, words=words, spaces=spaces)
    end = len(parts[0])
    doc.ents = [
        Span(doc, 0, end, label=LABEL, kb_id=key),
        Span(doc, end + 1, len(doc), label=LABEL, kb_id=key),
    ]
    return doc
