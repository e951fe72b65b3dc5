from collections.abc import Callable, Iterable
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from spacy.util import replace_model_node
from spacy_transformers import Transformer
from spacy_transformers.data_classes import TransformerData
from spacy_transformers.pipeline_component import install_extensions
from thinc.api import Config, Model, Optimizer

from spacy_clinical.architectures.listeners import (
    ClinicalListener,
    find_listeners,
    hand_over,
    replace_listener,
    replace_listener_config,
    take_back,
)
from spacy_clinical.pieces.align import Encoded
from spacy_clinical.pipeline.bases.checkpoint_pipe import CheckpointPipe

DEFAULT_CONFIG = """
[model]
@architectures = "spacy-clinical.HFEncoder.v1"
checkpoint = "bio_clinicalbert"
"""


@Language.factory(
    "clinical_transformer",
    assigns=["doc._.trf_data", "doc._.clinical_pieces", "doc._.clinical_provenance"],
    default_config={
        "model": Config().from_str(DEFAULT_CONFIG)["model"],
    },
)
class ClinicalTransformer(CheckpointPipe, Transformer):
    """Share an encoder between components.

    Unlike in spacy-transformers, no wordpiece is dropped: windows are measured in
    wordpieces, and end where a section, a sentence or a word ends.
    """

    def __init__(
        self,
        nlp: Language,
        model: Model[list[Doc], list[Encoded]],
        name: str = "clinical_transformer",
        *,
        keep_activations: bool = False,
    ) -> None:
        """Set up the component.

        A `spacy-transformers.TransformerListener.v1` in a later component gets its
        tokens' vectors from this component, and sends gradients back to it.

        model: A `spacy-clinical.HFEncoder.v1`.
        keep_activations: Whether Docs keep `doc._.trf_data` after all listeners have
            read it (3 kB per wordpiece for a BERT-base encoder). Without listeners they
            always keep it.
        """
        self.nlp = nlp
        self._set_up(nlp, model, name)
        self.keep_activations = keep_activations
        self.cfg: dict[str, Any] = {}
        self.listener_map: dict[str, list[ClinicalListener]] = {}
        self._is_waiting = False
        self._sgd: Optimizer | None = None
        model.attrs["replace_listener"] = replace_listener
        model.attrs["replace_listener_cfg"] = replace_listener_config
        install_extensions()

    # Predicting

    def predict(self, docs: Iterable[Doc]) -> list[Encoded]:
        """Encode Docs: one vector (width) for each wordpiece."""
        encoded: list[Encoded] = self.model.predict(list(docs))
        return encoded

    def set_annotations(self, docs: Iterable[Doc], encoded: list[Encoded]) -> None:
        docs = list(docs)
        n_readers = None if self.keep_activations else self._count_readers()
        shared = hand_over(self.model, docs, encoded, n_readers=n_readers)
        for doc, data, e in zip(docs, shared, encoded, strict=True):
            doc._.trf_data = data
            self._record(doc, e)

    def _count_readers(self) -> int | None:
        """Count the listeners that will read a Doc; None if there are none."""
        disabled = set(self.nlp.disabled)
        listening = [c for c in self.listening_components if c not in disabled]
        return sum(len(self.listener_map[c]) for c in listening) or None

    # Listening

    def find_listeners(self, component: Any) -> None:
        """Connect the listeners of a later component.

        Each is replaced by one that frees the activations of a Doc after reading them.
        """
        model = getattr(component, "model", None)
        for node in list(find_listeners(model)):
            if node.upstream_name not in ("*", self.name):
                continue
            listener = node
            if not isinstance(node, ClinicalListener):
                listener = ClinicalListener(node.upstream_name, self.name)
                if node.has_dim("nO"):
                    listener.set_dim("nO", node.get_dim("nO"))
                replace_model_node(model, node, listener)
            listener.source = self.name
            self.add_listener(listener, component.name)

    # Training

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Encode a batch for the listeners. The last one starts backpropagation.

        drop: Not used: the checkpoint sets its own dropout rates.
        sgd: The optimizer. Without it, gradients add up until `finish_update`.
        """
        examples = list(examples)
        validate_examples(examples, "ClinicalTransformer.update")
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        docs = [eg.predicted for eg in examples]
        if not self.listeners or not any(len(doc) for doc in docs):
            return losses
        encoded, backprop_encoder = self.model.begin_update(docs)
        shared = hand_over(self.model, docs, encoded)
        gradients = [e.X * 0 for e in encoded]

        def accumulate(d_data: list[TransformerData]) -> None:
            d_rows = take_back(self.model, d_data, docs, encoded)
            for total, part in zip(gradients, d_rows, strict=True):
                total += part
                losses[self.name] += float((part**2).sum())

        def backprop(d_data: list[TransformerData]) -> list[Doc]:
            accumulate(d_data)
            backprop_encoder(gradients)
            self._is_waiting = False
            if self._sgd is not None:
                self.finish_update(self._sgd)
            return docs

        self._is_waiting, self._sgd = True, sgd
        batch_id = ClinicalListener.get_batch_id(docs)
        *others, last = self.listeners
        for listener in others:
            listener.receive(batch_id, shared, accumulate)
        last.receive(batch_id, shared, backprop)
        return losses

    def finish_update(self, sgd: Optimizer) -> None:
        """Update the weights once the listeners have sent gradients back.

        `Language.update` calls this earlier; without waiting, the gradients would only
        be used in the next step.
        """
        if self._is_waiting:
            self._sgd = sgd
        else:
            self.model.finish_update(sgd)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
    ) -> None:
        """Load the checkpoint, and connect the listeners."""
        Transformer.initialize(self, get_examples, nlp=nlp)
        for listener in self.listeners:
            if listener.has_dim("nO") is None:
                listener.set_dim("nO", self.model.get_dim("nO"))
