"""Base class of components that label tokens with an encoder's head."""

from collections.abc import Callable, Iterable, Sequence

import numpy
from spacy.attrs import ORTH
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import filter_spans

from spacy_clinical.errors import CodedValueError, Errors, Warnings, warn
from spacy_clinical.extensions.partial_labels import get_partial_labels
from spacy_clinical.heads import crf
from spacy_clinical.heads.decode import cross_entropy
from spacy_clinical.heads.gold import GoldReader, UnknownType
from spacy_clinical.heads.labels import LabelScheme, bio_labels, read_labels
from spacy_clinical.pieces.align import Encoded
from spacy_clinical.pipeline.bases.head_pipe import HeadPipe
from spacy_clinical.pipeline.bases.learning_pipe import LearningPipe
from spacy_clinical.types import Bools2d, Floats2d, PartialLabels, list_names

# Factor on the learning rate of transitions, which are few and far from zero.
TRANSITION_RATE = 5.0


class TokenHeadPipe(LearningPipe, HeadPipe):
    """Base class of components with a `spacy-clinical.TokenClassifier.v1`."""

    OF = "tokens"
    _scheme: LabelScheme | None

    @property
    def scheme(self) -> LabelScheme:
        """Tags and types that the columns of the head stand for.

        RAISES ValueError: C011, if there is no head yet.
        """
        if self._scheme is None:
            if not self.cfg["columns"]:
                raise self._has_no_head()
            self._scheme = self._read_columns()
        return self._scheme

    @property
    def labels(self) -> tuple[str, ...]:
        """Types that the model can predict."""
        return tuple(self.scheme.types) if self.cfg["columns"] else ()

    @property
    def label_data(self) -> list[str]:
        """Types that the model can predict, for `spacy init labels`."""
        return list(self.labels)

    # Training

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: str | Sequence[str] | None = None,
    ) -> None:
        """Load the checkpoint, and make a new head if its own doesn't fit the data.

        A head that was trained before and knows all the types stays.

        labels: Types to use instead of those in the examples.
        RAISES ValueError: C011, if neither the data nor the checkpoint has labels.
        """
        types = list_names(labels or self.cfg.get("added", []))
        if not types:
            used = {label for eg in get_examples() for label in self._list_types(eg)}
            types = sorted(used)
        if types and set(types) <= set(self.labels):
            return
        encoder = self.model.get_ref("encoder")
        encoder.initialize()
        published = self._published_head()
        if published is not None and set(types) <= set(
            read_labels(published.columns).types
        ):
            self._take_published_head()
        elif types:
            self._make_head(bio_labels(types))
        else:
            self._take_published_head()
        self._scheme = self._read_columns()

    def _list_types(self, eg: Example) -> Iterable[str]:
        """List the types in an example."""
        raise NotImplementedError

    def read_batch(self, examples: list[Example]) -> tuple[list[Doc], list[Example]]:
        """List the Docs and the examples, unless there are no tokens."""
        docs = [eg.predicted for eg in examples]
        return (docs, examples) if any(map(len, docs)) else ([], [])

    def get_loss(
        self, examples: Iterable[Example], scores: list[Encoded]
    ) -> tuple[float, list[Floats2d]]:
        """Compute the mean loss of the tokens, and its gradient for the logits.

        This is the cross entropy, or the negative log-likelihood of the CRF, of all that
        agrees with the gold labels: tokens with unknown ones are skipped, and what a
        partly labelled corpus leaves open is summed over.
        """
        examples = list(examples)
        partial = [get_partial_labels(eg.reference) for eg in examples]
        reader = GoldReader(self.scheme)
        pairs = zip(examples, partial, strict=True)
        gold = [self._mark_gold(reader, *pair) for pair in pairs]
        weights = [1.0 if one is None else one.weight for one in partial]
        seen = [numpy.flatnonzero(scored.pieces.is_seen) for scored in scores]
        logits = [
            s.X[tokens].astype("float64")
            for s, tokens in zip(scores, seen, strict=True)
        ]
        allowed = [g[tokens] for g, tokens in zip(gold, seen, strict=True)]
        n_tokens = max(1, sum(map(len, allowed)))
        transitions = self.transitions
        if transitions is None:
            rows = zip(logits, allowed, weights, strict=True)
            losses = [cross_entropy(*row) for row in rows]
            loss, d_logits = sum(part for part, _ in losses), [d for _, d in losses]
        else:
            loss, d_logits, d_transitions = crf.get_loss(
                logits, allowed, transitions, weights
            )
            layer = self.model.get_ref("transitions")
            d_learned = TRANSITION_RATE * d_transitions / n_tokens
            layer.inc_grad("W", layer.ops.asarray2f(d_learned))
        gradients = []
        for scored, tokens, gradient in zip(scores, seen, d_logits, strict=True):
            d_scored = numpy.zeros_like(scored.X)
            d_scored[tokens] = gradient / n_tokens
            gradients.append(d_scored)
        return loss / n_tokens, gradients

    @property
    def transitions(self) -> Floats2d | None:
        """Learned transition scores (n_tags + 1, n_tags + 1); None without a CRF.

        See `heads.crf.constraints` for the rows and columns.
        """
        if not self.model.has_ref("transitions"):
            return None
        learned = self.model.get_ref("transitions").get_param("W")
        learned = TRANSITION_RATE * self.model.ops.to_numpy(learned)
        return crf.constraints(self.scheme) + learned

    def _mark_gold(
        self, reader: GoldReader, eg: Example, partial: PartialLabels | None
    ) -> Bools2d:
        """Mark the columns (n_tokens, n_labels) that agree with the gold labels."""
        try:
            return reader.mark(self._list_gold(eg), partial)
        except UnknownType as error:
            raise CodedValueError(
                Errors.C012.format(name=self.name, label=error.name)
            ) from None

    def _list_gold(self, eg: Example) -> Sequence[str | None]:
        """List the BILUO tags of the tokens; None for unknown tags."""
        raise NotImplementedError

    # The head

    def prepare_head(self) -> None:
        """Load the checkpoint's head unless there is one.

        RAISES ValueError: C011, if the checkpoint has none.
        """
        if not self.cfg["columns"]:
            self._take_published_head()

    def _take_published_head(self) -> None:
        head = self._published_head()
        if head is None:
            raise self._has_no_head()
        columns, W, b = head.columns, head.W, head.b
        if self.model.has_ref("transitions"):
            # A CRF needs one column per tag, so no columns are summed.
            scheme = read_labels(columns)
            rows = [scheme.column_by_tag[tag] for tag in scheme.tags]
            columns, W, b = list(scheme.tags), W[rows], b[rows]
        self._make_head(columns)
        output = self.model.get_ref("output_layer")
        output.set_param("W", output.ops.asarray2f(W))
        output.set_param("b", output.ops.asarray1f(b))

    def _has_no_head(self) -> ValueError:
        names = ", ".join(shim.name for shim in self.shims) or "-"
        return CodedValueError(Errors.C011.format(name=self.name, checkpoint=names))

    def _make_head(self, columns: Sequence[str]) -> None:
        output = self.model.get_ref("output_layer")
        output.set_dim("nO", len(columns), force=True)
        self.cfg["columns"] = list(columns)
        self.model.initialize()

    def _read_columns(self) -> LabelScheme:
        scheme = read_labels(self.cfg["columns"])
        if scheme.n_repaired:
            warn(Warnings.W002.format(n=scheme.n_repaired, name=self.name))
        self._check_scheme(scheme)
        return scheme

    def _check_scheme(self, scheme: LabelScheme) -> None:
        """Raise an error if the labels don't fit the settings."""


def tag_spans(eg: Example, spans: Iterable[Span]) -> list[str | None]:
    """List the BILUO tags that spans of a reference give the tokens of the prediction.

    Of overlapping spans, the longest counts.
    """
    tags: list[str | None] = ["O"] * len(eg.predicted)
    # Alignment takes as long as a step of training, and mostly changes nothing.
    if not numpy.array_equal(eg.x.to_array(ORTH), eg.y.to_array(ORTH)):
        spans = eg.get_aligned_spans_y2x(spans)
    for span in filter_spans(spans):
        inner = [f"I-{span.label_}"] * max(len(span) - 2, 0)
        ends = [f"B-{span.label_}", *inner, f"L-{span.label_}"]
        tags[span.start : span.end] = ends if len(span) > 1 else [f"U-{span.label_}"]
    return tags
