"""A corpus that labels only some of the types that a model learns."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.partial_labels import set_partial_labels
from spacy_clinical.types import Borders, list_names


class PartialCorpus:
    """Corpus of the Examples of another one, which says nothing of some types.

    `clinical_ner` sums over all that its gold entities leave open, as does every
    component with a `spacy-clinical.TokenClassifier.v1`.
    """

    def __init__(
        self,
        corpus: Callable[[Language], Iterable[Example]],
        *,
        labels: Mapping[str, str | Sequence[str]],
        known: Sequence[str] | None = None,
        borders: Borders = "exact",
        weight: float = 1.0,
    ) -> None:
        """Set up the corpus; the other one is read when it is called.

        corpus: A reader of Examples with entities.
        labels: By the corpus' label, the type of the model, or the types that it may be:
            {"Chemical": "Medication", "Disease": ["Disease_disorder", "Sign_symptom"]}.
            Nothing is said of entities with other labels.
        known: The types of which the corpus labels every entity, so that nothing else
            is one. None for all in `labels`. If a type is left out that a label may be,
            a model soon finds that type everywhere.
        borders: "exact" if the model is to learn the corpus' borders; "last" if its
            guidelines differ, and only the last token of an entity is sure to be in one.
        weight: Factor on the loss, beside other corpora.
        RAISES ValueError: C870, if a label has no types; C871, if two labels have the
            same first type, and others that differ; C872, if the weight isn't positive.
        """
        self.corpus = corpus
        self.types = {label: list_names(names) for label, names in labels.items()}
        by_first: dict[str, list[str]] = {}
        for label, names in self.types.items():
            if not names:
                raise CodedValueError(Errors.C870.format(label=label))
            if by_first.setdefault(names[0], names) != names:
                raise CodedValueError(Errors.C871.format(label=label, first=names[0]))
        if not weight > 0:
            raise CodedValueError(Errors.C872.format(weight=weight))
        self.by_first = by_first
        if known is None:
            known = [name for names in self.types.values() for name in names]
        self.known = list(dict.fromkeys(list_names(known)))
        self.borders: Borders = borders
        self.weight = weight

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the corpus.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: Its Examples. The entities of the reference have the first type of their
            label.
        """
        for example in self.corpus(nlp):
            self._rename(example.reference)
            set_partial_labels(
                example.reference,
                self.by_first,
                self.known,
                borders=self.borders,
                weight=self.weight,
            )
            yield example

    def _rename(self, doc: Doc) -> None:
        kept, unsaid = [], []
        for ent in doc.ents:
            names = self.types.get(ent.label_)
            if names is None:
                unsaid.append(ent)
            else:
                kept.append(
                    Span(
                        doc,
                        ent.start,
                        ent.end,
                        names[0],
                        kb_id=ent.kb_id_,
                        span_id=ent.id_,
                    )
                )
        # What was unknown before stays so.
        unsaid += [doc[t.i : t.i + 1] for t in doc if not t.ent_iob]
        doc.set_ents(kept, missing=unsaid, default="outside")
