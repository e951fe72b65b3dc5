"""Base class of components whose model learns from examples."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from spacy.training import Example, validate_examples
from thinc.api import Optimizer, set_dropout_rate


class LearningPipe:
    """Base class of components whose model learns from examples.

    Together with another base class, which has the model.
    """

    name: str
    model: Any
    finish_update: Callable[[Optimizer], None]

    # Defined by each component

    @property
    def is_trainable(self) -> bool:
        """Whether there is anything to train."""
        return True

    def read_batch(self, examples: list[Example]) -> tuple[list[Any], Sequence[Any]]:
        """List what the model reads of examples, and the gold data for its loss.

        RETURNS: Two empty lists if there is nothing to learn.
        """
        raise NotImplementedError

    def prepare_update(self) -> None:
        """Get the model ready, before it reads a batch."""

    def get_loss(self, examples: Iterable[Any], scores: Any) -> tuple[float, Any]:
        """Compute the loss, and its gradient for the model's output.

        examples: The gold data.
        scores: The model's output.
        """
        raise NotImplementedError

    def compute_loss(
        self, examples: Sequence[Any], given: Sequence[Any], scores: Any
    ) -> tuple[float, Any]:
        """Compute the loss as `get_loss`, where it depends on what the model has read.

        given: What the model has read.
        """
        return self.get_loss(examples, scores)

    # Common to all

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Update the model from a batch. Nothing is learned if there is nothing to
        train."""
        losses = {} if losses is None else losses
        if not self.is_trainable:
            return losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, f"{type(self).__name__}.update")
        given, gold = self.read_batch(examples)
        if not given:
            return losses
        self.prepare_update()
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update(given)
        loss, d_scores = self.compute_loss(gold, given, scores)
        backprop(d_scores)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses
