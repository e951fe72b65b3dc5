"""Base class of components whose encoder of names learns from synonyms."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.training import Example
from thinc.api import Optimizer

from spacy_clinical.concepts.contrast import find_contrast
from spacy_clinical.pipeline.bases.learning_pipe import LearningPipe
from spacy_clinical.pipeline.bases.model_rule_pipe import ModelRulePipe
from spacy_clinical.types import Floats1d


class NameEncoderPipe(LearningPipe, ModelRulePipe):
    """Base class of components that may have a `spacy-clinical.ConceptEncoder.v1`.

    It learns that entities with the same `kb_id_` are names of one concept, and others
    aren't. Nothing else of the component is trained.
    """

    @property
    def is_trainable(self) -> bool:
        """Whether there is an encoder."""
        return self.model is not None

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
    ) -> None:
        """Load the checkpoint of the encoder, if there is one.

        get_examples: Not read.
        nlp: Not used.
        """
        if self.model is not None:
            self.model.initialize()

    def read_batch(self, examples: list[Example]) -> tuple[list[str], list[str]]:
        """List the names of the entities of the references that have a concept, and their
        concepts.

        Concepts are told apart within the batch, so it should have many.
        """
        names: dict[tuple[str, str], None] = dict.fromkeys(
            (ent.text, ent.kb_id_)
            for eg in examples
            for ent in eg.reference.ents
            if ent.kb_id_ and ent.text.strip()
        )
        if len(names) < 2:
            return [], []
        texts, concepts = zip(*names, strict=True)
        return list(texts), list(concepts)

    def get_loss(
        self, examples: Iterable[str], scores: list[Floats1d]
    ) -> tuple[float, list[Floats1d]]:
        """Compute the loss of names, and its gradient for their vectors.

        examples: Their concepts.
        scores: Their vectors.
        """
        loss, gradient = find_contrast(scores, list(examples))
        return loss, list(gradient)

    def finish_update(self, sgd: Optimizer) -> None:
        """Change the weights by the gradients of one or several updates."""
        self.model.finish_update(sgd)
        self.forget()

    def use_params(self, params: Mapping[Any, Any]) -> Iterator[None]:
        """Use other weights, such as an optimizer's averages, until it is continued.

        A generator, as spaCy's components have it.
        """
        if self.model is None:
            yield
            return
        with self.model.use_params(params):
            self.forget()
            yield
        self.forget()

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the settings, and the encoder with all that belongs to it."""
        if self.model is not None:
            self.model.initialize()
        super().to_disk(path, exclude=exclude)
