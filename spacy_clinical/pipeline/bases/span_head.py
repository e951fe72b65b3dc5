"""Base class of components with a head over places in Docs."""

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinical.architectures.shared_encoder import SharedEncoder
from spacy_clinical.errors import CodedValueError
from spacy_clinical.pipeline.bases.checkpoint_pipe import CheckpointPipe
from spacy_clinical.pipeline.bases.learning_pipe import LearningPipe
from spacy_clinical.pipeline.bases.neighbor import PipelineReference, connect_encoder
from spacy_clinical.types import Floats2d


class SpanHeadPipe(LearningPipe, CheckpointPipe):
    """Base class of components with a head that reads places in Docs, from the rows of an
    encoder of its own or of another component's.

    `cfg["columns"]` has the labels that the head has learned.
    """

    name: str

    def _set_up_head(self, nlp: Language | None, model: Any, name: str) -> None:
        self.vocab = None if nlp is None else nlp.vocab
        self.model, self.name = model, name
        self.cfg: dict[str, Any] = {"columns": []}
        self._pipeline = PipelineReference(nlp)
        self._sha256 = ""
        for shim in self.shims:
            shim.component = self.name

    # Defined by each component

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the head's layers with weights; none if there is no head."""
        raise NotImplementedError

    def read_example(self, eg: Example) -> Any:
        """Make the input of the head: the places of the reference, in the text as it was
        predicted."""
        raise NotImplementedError

    def count_places(self, given: Any) -> int:
        """Count what the head says something of."""
        raise NotImplementedError

    def compute_loss(
        self, examples: Sequence[Example], given: Sequence[Any], scores: Any
    ) -> tuple[float, list[Floats2d]]:
        """Compute the loss of examples, and its gradient.

        given: What `read_example` made of them.
        scores: What the head says of each.
        """
        raise NotImplementedError

    # Common to all

    @property
    def is_trainable(self) -> bool:
        """Whether there is a head."""
        return bool(self.layers)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels that the head has learned."""
        return tuple(self.cfg["columns"])

    @property
    def label_data(self) -> list[str]:
        """Labels that the head has learned, for `spacy init labels`."""
        return list(self.labels)

    def forget_rows(self, docs: Iterable[Doc]) -> None:
        """Drop what another component's encoder handed over for Docs that don't need it."""
        encoder = self.model.get_ref("encoder")
        if isinstance(encoder, SharedEncoder) and len(encoder.waiting):
            for doc in docs:
                encoder.waiting.drop(doc)

    def connect_encoder(self) -> None:
        """Find the encoder of the component that the head shares it with.

        RAISES ValueError: C855, if it isn't in the pipeline.
        """
        projection = self.model.maybe_get_ref("projection")
        connect_encoder(self._pipeline, self.model, projection, name=self.name)

    def read_batch(self, examples: list[Example]) -> tuple[list[Any], list[Example]]:
        """List the inputs of the head, and the examples, unless there are no places."""
        given = [self.read_example(eg) for eg in examples]
        return (given, examples) if any(map(self.count_places, given)) else ([], [])

    def prepare_update(self) -> None:
        self.connect_encoder()
        self._sha256 = ""

    def get_loss(
        self, examples: Iterable[Example], scores: list[Floats2d]
    ) -> tuple[float, list[Floats2d]]:
        """Compute the loss of examples, and its gradient; see `compute_loss`."""
        examples = list(examples)
        given = [self.read_example(eg) for eg in examples]
        return self.compute_loss(examples, given, scores)

    def _make_head(self, n_outputs: int, given: list[Any] | None = None) -> None:
        """Make a head of random weights."""
        self.connect_encoder()
        self.model.set_dim("nO", n_outputs, force=True)
        self.model.initialize(X=given)
        self._sha256 = ""

    def _copy_weights(self, other: "SpanHeadPipe") -> None:
        """Take over the weights of another component's head of the same size."""
        for name in self.layers:
            layer, given = self.model.get_ref(name), other.model.get_ref(name)
            for parameter in layer.param_names:
                value = given.ops.to_numpy(given.get_param(parameter))
                layer.set_param(parameter, layer.ops.asarray(value))
        self._sha256 = ""

    def _find_digest(self, known: Callable[[], bytes] = bytes) -> str:
        """Compute the SHA-256 of the head's weights, unless they are the same as before.

        known: What else the head has learned.
        """
        if not self._sha256:
            digest = hashlib.sha256(known())
            for name in self.layers:
                layer = self.model.get_ref(name)
                for parameter in sorted(layer.param_names):
                    if layer.has_param(parameter):
                        digest.update(layer.ops.to_numpy(layer.get_param(parameter)))
            self._sha256 = digest.hexdigest()
        return self._sha256

    def _connect_early(self) -> None:
        """Let the encoder hand over its rows from the first note on, if it is there
        already."""
        with contextlib.suppress(CodedValueError):
            self.connect_encoder()
