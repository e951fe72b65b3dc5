"""What the components that work by rules have in common."""

from collections.abc import Callable, Iterable
from typing import Any

from spacy.pipeline import Pipe
from spacy.tokens import Doc

from spacy_clinical.extensions import record_error


class RulePipe(Pipe):
    """A component that annotates each Doc by itself, in two steps.

    A Doc that it fails on goes to the error handler. If that does not raise, the Doc
    goes on without this component's annotations, and says so in
    `doc._.clinical_error`.
    """

    name: str

    def __call__(self, doc: Doc) -> Doc:
        handle_error: Callable[..., Any] = self.get_error_handler()
        try:
            self.set_annotations([doc], self.predict([doc]))
        except Exception as error:
            handle_error(self.name, self, [doc], error)
            record_error(doc, self.name, error)
        return doc

    def predict(self, docs: Iterable[Doc]) -> list[Any]:
        """Find what to write, and change nothing."""
        raise NotImplementedError

    def set_annotations(self, docs: Iterable[Doc], found: list[Any]) -> None:
        """Write what `predict` has found."""
        raise NotImplementedError
