"""Base class of components with a head on an encoder."""

from typing import Any, ClassVar

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.pipeline.bases.checkpoint_pipe import CheckpointPipe


class HeadPipe(CheckpointPipe):
    """Base class of components with a head on an encoder.

    The head is the one that the checkpoint was published with, or a new one for the
    labels of the training data. `cfg["columns"]` has the labels of its columns.

    OF: What the head labels: "tokens" or "documents".
    """

    OF: ClassVar[str]
    name: str

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels that the model can predict."""
        raise NotImplementedError

    def write_label(self, label: str) -> str:
        """Write a label of the training data in the head's notation."""
        return label

    def add_label(self, label: str) -> int:
        """Add a label before `initialize`.

        RETURNS: 1 if the label is new, otherwise 0.
        RAISES ValueError: C012, if there already is a head without it.
        """
        label = self.write_label(label)
        added = self.cfg.setdefault("added", [])
        if label in added or label in self.labels:
            return 0
        if self.cfg["columns"]:
            raise CodedValueError(Errors.C012.format(name=self.name, label=label))
        added.append(label)
        return 1

    def _published_head(self) -> Any:
        heads = [shim.head for shim in self.shims if shim.head is not None]
        return next((head for head in heads if head.labels == self.OF), None)

    def _take_head(self) -> None:
        if not self.cfg["columns"] and self._published_head() is not None:
            self._take_published_head()

    def _take_published_head(self) -> None:
        raise NotImplementedError
