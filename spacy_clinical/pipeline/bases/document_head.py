"""Base class of components that label whole texts with an encoder's head."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Literal

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.architectures.document_layers import (
    set_label_scores,
    set_published_head,
)
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.heads.documents import WindowPooling, get_loss
from spacy_clinical.pieces.text import Text
from spacy_clinical.pipeline.bases.head_pipe import HeadPipe
from spacy_clinical.pipeline.bases.learning_pipe import LearningPipe
from spacy_clinical.types import Floats1d, Floats2d, list_names


class DocumentHeadPipe(LearningPipe, HeadPipe):
    """Base class of components with a `spacy-clinical.DocumentClassifier.v1`."""

    OF = "documents"
    # Values of "problem_type" that a published head may have.
    PROBLEMS: ClassVar[tuple[str, ...]] = ("", "multi_label_classification")
    pooling: WindowPooling
    positive_weight: float | Literal["balanced"]

    # Defined by each component

    def read(self, doc: Doc) -> Text:
        """Choose the text of a Doc that the model reads."""
        raise NotImplementedError

    def list_columns(self) -> list[int]:
        """List the columns of the head to compute.

        RAISES ValueError: If the component can't use any of them.
        """
        raise NotImplementedError

    @property
    def label_data(self) -> list[str]:
        """Labels of those columns, for `spacy init labels`."""
        raise NotImplementedError

    def read_labels(self, columns: Sequence[str]) -> set[str]:
        """Get the labels that the columns of a published head stand for."""
        return set(map(self.write_label, columns))

    def list_labels(self, eg: Example) -> Iterable[str]:
        """List the labels in an example."""
        return eg.reference.cats

    def make_weights(
        self, labels: Sequence[str], nlp: Language | None
    ) -> tuple[Floats2d, Floats1d]:
        """Make the weights of a new head: W (n_labels, width), b (n_labels)."""
        width = self.model.get_ref("encoder").get_dim("nO")
        return (
            numpy.zeros((len(labels), width), dtype="float32"),
            numpy.zeros(len(labels), dtype="float32"),
        )

    # Predicting

    def predict(self, docs: Iterable[Doc]) -> list[Any]:
        """Compute the logits (n_windows, n_labels) of each Doc."""
        docs = list(docs)
        if not docs:
            return []
        self.prepare_head()
        scored: list[Any] = self.model.predict([self.read(doc) for doc in docs])
        return scored

    def prepare_head(self) -> None:
        """Load the checkpoint's head unless there is one, and choose the columns to
        compute.

        RAISES ValueError: C402 or C403, if the checkpoint has no usable head; the
            errors of `list_columns`.
        """
        if not self.cfg["columns"]:
            self._take_published_head()
        self.model.get_ref("output").attrs["columns"] = self.list_columns()

    # Training

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: str | Sequence[str] | None = None,
    ) -> None:
        """Load the checkpoint, and make a new head if its own doesn't fit the data.

        labels: Labels to use instead of those in the examples.
        """
        names = list_names(labels or self.cfg.get("added", []))
        if not names:
            used = {label for eg in get_examples() for label in self.list_labels(eg)}
            names = sorted(used)
        names = [self.write_label(name) for name in names]
        some = [eg.predicted for eg, _ in zip(get_examples(), range(2), strict=False)]
        self.model.initialize(X=[self.read(doc) for doc in some])
        published = self._published_head()
        available = set() if published is None else self.read_labels(published.columns)
        if available.issuperset(names):
            self._take_published_head()
        else:
            self.cfg["columns"] = names
            set_label_scores(
                self.model.get_ref("output"), *self.make_weights(names, nlp)
            )
        self.prepare_head()
        self._weigh(get_examples())

    def read_batch(self, examples: list[Example]) -> tuple[list[Text], Sequence[Any]]:
        """List the texts that `read` chooses, and the examples."""
        if not any(len(eg.predicted) for eg in examples):
            return [], []
        return [self.read(eg.predicted) for eg in examples], examples

    def prepare_update(self) -> None:
        self.prepare_head()

    def _weigh(self, examples: Iterable[Example]) -> None:
        """Set each label's factor on the loss of the notes that have it."""
        labels = self.label_data
        if self.positive_weight != "balanced":
            self.cfg["weights"] = {}
            return
        gold = [self.read_gold(eg, labels) for eg in examples]
        positive = numpy.nansum(numpy.stack(gold), axis=0)
        ratio = (len(gold) - positive) / numpy.maximum(positive, 1)
        weights = numpy.sqrt(ratio).clip(1.0, 10.0)
        self.cfg["weights"] = dict(zip(labels, weights.tolist(), strict=True))

    def get_loss(
        self, examples: Iterable[Example], scores: list[Any]
    ) -> tuple[float, list[Floats2d]]:
        """Compute the mean binary cross entropy of the notes, and its gradient.

        A label that isn't in a note's `cats` counts as absent. Notes without any `cats`
        are skipped.
        """
        labels = self.label_data
        weight = self.positive_weight if self.positive_weight != "balanced" else 1.0
        given = self.cfg["weights"]
        weights = numpy.asarray([given.get(label, weight) for label in labels])
        examples = list(examples)
        loss, gradients = 0.0, []
        for eg, scored in zip(examples, scores, strict=True):
            gradient = numpy.zeros_like(scored.logits)
            if len(gradient):
                gold = self.read_gold(eg, labels)
                part, d_logits = get_loss(scored.logits, gold, self.pooling, weights)
                loss += part / len(examples)
                gradient[:] = d_logits / len(examples)
            gradients.append(gradient)
        return loss, gradients

    def read_gold(self, eg: Example, labels: Sequence[str]) -> Floats1d:
        """Get the gold value of each label of a note: 1, 0, or NaN if unknown."""
        cats = {
            self.write_label(key): value for key, value in eg.reference.cats.items()
        }
        missing = 0.0 if cats else numpy.nan
        return numpy.asarray(
            [cats.get(label, missing) for label in labels], dtype="float64"
        )

    # The head

    def _take_published_head(self) -> None:
        head, name = self._published_head(), ", ".join(s.name for s in self.shims)
        if head is None:
            raise CodedValueError(
                Errors.C402.format(name=self.name, checkpoint=name or "-")
            )
        if head.problem not in self.PROBLEMS:
            raise CodedValueError(
                Errors.C403.format(
                    name=self.name, checkpoint=name, problem=head.problem
                )
            )
        self.cfg["columns"] = list(head.columns)
        self.model.initialize()
        set_published_head(
            self.model.get_ref("hidden"), self.model.get_ref("output"), head
        )
