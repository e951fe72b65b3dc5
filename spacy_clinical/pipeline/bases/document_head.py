"""What components share that label whole texts by an encoder's head."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from thinc.api import Optimizer, set_dropout_rate

from spacy_clinical.architectures.document_layers import set_hidden, set_label_scores
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.heads.documents import WindowPooling, get_loss
from spacy_clinical.pieces.text import Text
from spacy_clinical.pipeline.bases.head_pipe import HeadPipe
from spacy_clinical.types import Floats1d, Floats2d, list_names


class DocumentHeadPipe(HeadPipe):
    """A component over a `spacy-clinical.DocumentClassifier.v1`."""

    OF = "documents"
    pooling: WindowPooling
    positive_weight: float | Literal["balanced"]

    # What components say of themselves

    def read(self, doc: Doc) -> Text:
        """Choose what the model reads of a Doc."""
        raise NotImplementedError

    def list_columns(self) -> list[int]:
        """List the columns of the head that are to be computed.

        RAISES ValueError: If there are none that the component can use.
        """
        raise NotImplementedError

    @property
    def label_data(self) -> list[str]:
        """The labels of those columns, for `spacy init labels`."""
        raise NotImplementedError

    def read_labels(self, columns: Sequence[str]) -> set[str]:
        """Read the labels that the columns of a published head stand for."""
        return set(map(self.write_label, columns))

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
        """Score the labels in each window of each Doc: (n_windows, n_labels) logits."""
        docs = list(docs)
        if not docs:
            return []
        self.prepare_head()
        scored: list[Any] = self.model.predict([self.read(doc) for doc in docs])
        return scored

    def prepare_head(self) -> None:
        """Take over the checkpoint's head, if there is no other, and choose the columns
        to compute.

        RAISES ValueError: C402 and C403, if the checkpoint has none; as `list_columns`.
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
        """Read the checkpoint, and make a head if its own does not fit the data.

        labels: The labels, where they are not to be read from the examples.
        """
        names = list_names(labels or self.cfg.get("added", []))
        if not names:
            names = sorted({key for eg in get_examples() for key in eg.reference.cats})
        names = [self.write_label(name) for name in names]
        some = [eg.predicted for eg, _ in zip(get_examples(), range(2), strict=False)]
        self.model.initialize(X=[self.read(doc) for doc in some])
        published = self._published_head()
        known = set() if published is None else self.read_labels(published.columns)
        if known.issuperset(names):
            self._take_published_head()
        else:
            self.cfg["columns"] = names
            set_label_scores(
                self.model.get_ref("output"), *self.make_weights(names, nlp)
            )
        self.prepare_head()
        self._weigh(get_examples())

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from a batch, as spaCy's components do, from what is read of its Docs."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, f"{type(self).__name__}.update")
        if not any(len(eg.predicted) for eg in examples):
            return losses
        self.prepare_head()
        set_dropout_rate(self.model, drop)
        texts = [self.read(eg.predicted) for eg in examples]
        scores, backprop = self.model.begin_update(texts)
        loss, d_scores = self.get_loss(examples, scores)
        backprop(d_scores)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def _weigh(self, examples: Iterable[Example]) -> None:
        """Set the factor on the loss of each label's positive notes."""
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
        """Find the mean binary cross entropy of the notes, and its gradient.

        A label that an annotated note does not list counts as absent; a note without
        any `cats` doesn't count.
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
        """Read which labels a note has: 1, 0, or NaN where it is unknown."""
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
        if head.problem not in ("", "multi_label_classification"):
            raise CodedValueError(
                Errors.C403.format(
                    name=self.name, checkpoint=name, problem=head.problem
                )
            )
        self.cfg["columns"] = list(head.columns)
        self.model.initialize()
        set_label_scores(self.model.get_ref("output"), head.W, head.b)
        if head.hidden is not None:
            layer = self.model.get_ref("hidden")
            set_hidden(layer, head.hidden.W, head.hidden.b, head.hidden.activation)
