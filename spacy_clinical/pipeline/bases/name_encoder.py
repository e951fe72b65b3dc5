"""Base class of components whose encoder of names learns from synonyms."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.training import Example, validate_examples
from thinc.api import Optimizer, set_dropout_rate

from spacy_clinical.concepts.contrast import find_contrast
from spacy_clinical.pipeline.bases.model_rule_pipe import ModelRulePipe


class NameEncoderPipe(ModelRulePipe):
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

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Update the encoder from the entities of the reference that have a concept.

        Their concepts are told apart within the batch, so it should have many.
        """
        losses = {} if losses is None else losses
        if self.model is None:
            return losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, f"{type(self).__name__}.update")
        names: dict[tuple[str, str], None] = dict.fromkeys(
            (ent.text, ent.kb_id_)
            for eg in examples
            for ent in eg.reference.ents
            if ent.kb_id_ and ent.text.strip()
        )
        if len(names) < 2:
            return losses
        texts, concepts = map(list, zip(*names, strict=True))
        set_dropout_rate(self.model, drop)
        vectors, backprop = self.model.begin_update(texts)
        loss, d_vectors = find_contrast(vectors, concepts)
        backprop(list(d_vectors))
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

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
