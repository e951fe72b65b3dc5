"""Base class of components that learn what is said of entities."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_clinical.architectures.assertion_rules import Targets
from spacy_clinical.assertion.assess import Assessment
from spacy_clinical.assertion.hints import Hints, is_hints
from spacy_clinical.errors import CodedValueError, CodedWarning, Errors, Warnings
from spacy_clinical.extensions.assertion_attributes import (
    CONTEXT_ATTRIBUTES,
    get_known_attributes,
)
from spacy_clinical.pipeline.bases.attribute_thresholds import (
    THRESHOLDS,
    Threshold,
    move_threshold,
    spread,
)
from spacy_clinical.pipeline.bases.span_head import SpanHeadPipe
from spacy_clinical.tokenization.sentences import find_sentence_starts
from spacy_clinical.types import Floats1d, Floats2d, Ints2d, list_names

Decide = Literal["rules", "model", "both"]


class Found(NamedTuple):
    """Assertions about the targets in a Doc.

    spans, assessments: The targets, and what the rules say of each.
    sentences (characters): The starts of the Doc's sentences, ascending.
    asked: The targets that the head is asked of.
    said (n_spans, n_attributes): What the rules say, as `combine` takes it.
    scores (n_asked, n_attributes): What the head says; None if it isn't asked.
    """

    spans: list[Span]
    assessments: list[Assessment]
    sentences: list[int]
    asked: Sequence[int] = ()
    said: Sequence[Sequence[int]] = ()
    scores: Floats2d | None = None


class AssertionHeadPipe(SpanHeadPipe):
    """Base class of components with a `spacy-clinical.AssertionHead.v1`, which has learned
    the attributes in `cfg["columns"]`.

    decide: Who decides on these: "rules", "model" (the head), or "both".
    threshold, reject_below, accept_above: See `ClinicalAssertion`.
    """

    decide: Decide
    threshold: Threshold
    reject_below: Threshold
    accept_above: Threshold
    name: str
    _hints: Hints

    @property
    def hints(self) -> Mapping[str, Sequence[str]]:
        """Words without which the head isn't asked; see `Hints`."""
        return self._hints.words

    @hints.setter
    def hints(self, words: Mapping[str, Sequence[str]]) -> None:
        self._hints = Hints(words)

    def list_targets(self, doc: Doc) -> list[Span]:
        """List the spans of a Doc to speak of, sorted by their starts."""
        raise NotImplementedError

    def _set_up_head(self, nlp: Language | None, model: Any, name: str) -> None:
        super()._set_up_head(nlp, model, name)
        self._has_warned = False

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the head's layers with weights; none with rules alone."""
        return ("projection", "attention") if self.model.has_ref("attention") else ()

    def check_decision(self) -> None:
        """Check who decides, the thresholds and the hints.

        RAISES ValueError: C854, C858, C859 or C104, if a setting can't be used.
        """
        if self.decide not in get_args(Decide):
            known = ", ".join(get_args(Decide))
            raise CodedValueError(
                Errors.C854.format(
                    name=self.name, setting="decide", unknown=self.decide, known=known
                )
            )
        if self.decide != "rules" and not self.is_trainable:
            raise CodedValueError(
                Errors.C858.format(name=self.name, decide=self.decide)
            )
        self.check_attributes("hints", self.hints)
        if not is_hints(self.hints):
            raise CodedValueError(Errors.C859.format(name=self.name))
        for setting in THRESHOLDS:
            by_name: dict[str, Any] = spread(getattr(self, setting))
            self.check_attributes(setting, by_name)
            for value in by_name.values():
                if not isinstance(value, int | float) or not 0 <= value <= 1:
                    raise CodedValueError(
                        Errors.C104.format(
                            name=self.name, setting=setting, value=value, low=0, high=1
                        )
                    )

    def check_attributes(self, setting: str, names: Iterable[str]) -> None:
        """Check the names of attributes that a setting has.

        RAISES ValueError: C854, if there is no such attribute.
        """
        unknown = sorted(set(names) - set(CONTEXT_ATTRIBUTES))
        if unknown:
            raise CodedValueError(
                Errors.C854.format(
                    name=self.name,
                    setting=setting,
                    unknown=", ".join(unknown),
                    known=", ".join(CONTEXT_ATTRIBUTES),
                )
            )

    # Predicting

    def score_places(self, targets: list[Targets]) -> list[Floats2d]:
        """Compute the head's scores (n_places, n_attributes; 0 to 1) for each Doc.

        RAISES ValueError: C856, if the head has learned nothing yet.
        """
        if not self.cfg["columns"]:
            raise CodedValueError(
                Errors.C856.format(name=self.name, decide=self.decide)
            )
        return [1 / (1 + numpy.exp(-logits)) for logits in self.model.predict(targets)]

    def combine(self, said: Ints2d, scores: Floats2d) -> Floats2d:
        """Let rules and head decide together.

        said (n_places, n_attributes): What the rules say: 1, or 2 if it is sure.
        scores (n_places, n_attributes): The head's.
        RETURNS (n_places, n_attributes): Scores, moved so that 0.5 is the threshold.
        """
        if self.decide == "model":
            return move_threshold(scores, self._list_thresholds(self.threshold))
        low, high = map(self._list_thresholds, (self.reject_below, self.accept_above))
        thresholds = numpy.where(said == 2, 0.0, numpy.where(said == 1, low, high))
        return move_threshold(scores, thresholds)

    def _list_thresholds(self, threshold: Threshold) -> Floats1d:
        by_name = spread(threshold)
        return numpy.asarray([by_name[name] for name in self.labels])

    def has_encoder(self, *, warn: bool = True) -> bool:
        """Check whether the encoder that the head reads is there. Without it, the rules
        decide alone if they may.

        warn: Whether to say so, once (W004).
        RAISES ValueError: C855, if the head is to decide alone.
        """
        try:
            self.connect_encoder()
        except CodedValueError:
            if self.decide != "both":
                raise
            if warn and not self._has_warned:
                self._has_warned = True
                component = self.model.get_ref("encoder").component
                text = Warnings.W004.format(name=self.name, component=component)
                warnings.warn(text, CodedWarning, stacklevel=2)
            return False
        return True

    # Training

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: str | Sequence[str] | None = None,
    ) -> None:
        """Load the checkpoint, and make a head for the attributes in the examples.

        labels: Attributes to learn instead of those that are true in the examples.
        RAISES ValueError: C854, if there is no such attribute; C857, if nothing is said
            of any entity.
        """
        if not self.is_trainable:
            return
        names = list_names(labels or ())
        self.check_attributes("labels", names)
        some = []
        said = set(names)
        for number, eg in enumerate(get_examples()):
            if number < 2:
                some.append(self.read_example(eg))
            if not names:
                for span in self.list_targets(eg.reference):
                    said.update(n for n in CONTEXT_ATTRIBUTES if span._.get(n))
        if not said:
            raise CodedValueError(Errors.C857.format(name=self.name))
        self._make_head(len(said), some)
        self.cfg["columns"] = [name for name in CONTEXT_ATTRIBUTES if name in said]

    def count_places(self, given: Targets) -> int:
        """Count the places to say something of."""
        return len(given.places)

    def compute_loss(
        self,
        examples: Sequence[Example],
        given: Sequence[Targets],
        scores: list[Floats2d],
    ) -> tuple[float, list[Floats2d]]:
        """Compute the mean binary cross entropy of the entities, and its gradient.

        Attributes that a reference says nothing of are left out.
        """
        n_places = max(1, sum(map(len, scores)))
        loss, gradients = 0.0, []
        for eg, logits in zip(examples, scores, strict=True):
            spans = self.list_targets(eg.reference)
            gold = numpy.asarray(
                [[bool(span._.get(name)) for name in self.labels] for span in spans],
                dtype="float32",
            ).reshape(logits.shape)
            known = get_known_attributes(eg.reference)
            weights = numpy.asarray([name in known for name in self.labels])
            losses = numpy.logaddexp(0, logits) - gold * logits
            loss += float((losses * weights).sum()) / n_places
            predicted = 1 / (1 + numpy.exp(-logits))
            gradient = (predicted - gold) * weights / n_places
            gradients.append(gradient.astype("float32"))
        return loss, gradients

    def read_example(self, eg: Example) -> Targets:
        """Take the places from the reference, and the text as it was predicted."""
        spans = self.list_targets(eg.reference)
        sentences = find_sentence_starts(eg.predicted, eg.predicted.text)
        return make_targets(eg.predicted, spans, sentences)

    def take_head(self, other: "AssertionHeadPipe") -> None:
        """Take over the weights of another component's head, which may have been trained
        over an encoder of its own: a copy of the one that this head reads.

        RAISES ValueError: C855, if the encoder that this head reads isn't there.
        """
        self._make_head(len(other.labels))
        self.cfg["columns"] = list(other.labels)
        self._copy_weights(other)

    # Saving

    def describe_head(self) -> dict[str, str]:
        """Describe who decides, and the SHA-256 of the head's weights."""
        return {"decide": self.decide, "head_sha256": self._find_digest()}

    def _restore_cfg(self, data: bytes) -> None:
        super()._restore_cfg(data)
        self._sha256 = ""
        unknown = set(self.labels) - set(CONTEXT_ATTRIBUTES)
        if unknown:
            reason = "its head has unknown attributes"
            raise CodedValueError(Errors.C026.format(name=self.name, reason=reason))
        self._connect_early()


def make_targets(doc: Doc, spans: Sequence[Span], sentences: Sequence[int]) -> Targets:
    """Make the input of the head.

    spans: The places, of this Doc or of another of the same text.
    sentences (characters): The starts of sentences, ascending.
    """
    places = [(span.start_char, span.end_char) for span in spans]
    array = numpy.asarray(places, dtype="int64").reshape(-1, 2)
    return Targets(doc, array, sentences)
