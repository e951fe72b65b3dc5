"""What the components that work by rules have in common."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spacy.pipeline import Pipe
from spacy.tokens import Doc

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.attributes import record_error


def ignore_error(name: str, pipe: Any, docs: list[Doc], error: Exception) -> None:
    """Leave it to the Doc to say what failed."""


class RulePipe(Pipe):
    """A component that annotates each Doc by itself, in two steps.

    A Doc that it fails on goes to the error handler. If that does not raise, the Doc
    goes on without this component's annotations, and says so in
    `doc._.clinical_error`.
    """

    name: str

    def __call__(self, doc: Doc) -> Doc:
        return self._annotate(doc, self.get_error_handler())

    def pipe_on(self, stream: Iterable[Doc], *, batch_size: int) -> Iterator[Doc]:
        """Annotate a stream, and ask no error handler: failing Docs go on as they are."""
        for doc in stream:
            yield self._annotate(doc, ignore_error)

    def _annotate(self, doc: Doc, handle_error: Callable[..., Any]) -> Doc:
        try:
            self.set_annotations([doc], self.predict([doc]))
        except Exception as error:
            handle_error(self.name, self, [doc], error)
            record_error(doc, self.name, error)
        return doc

    def predict(self, docs: Iterable[Doc]) -> list[Any]:
        """Find what to write, and change nothing."""
        raise NotImplementedError

    def _restore_settings(self, saved: Any, known: Iterable[str]) -> None:
        """Take over saved settings: all or none.

        known: The settings that there are.
        RAISES ValueError: C026, if another one is among them, or one is of another kind.
        """
        known = frozenset(known)
        if not isinstance(saved, dict) or not known.issuperset(saved):
            reason = "it holds what are no settings"
            raise CodedValueError(Errors.C026.format(name=self.name, reason=reason))
        for key, value in saved.items():
            if not is_like(value, getattr(self, key)):
                reason = f"'{key}' has a value of another kind"
                raise CodedValueError(Errors.C026.format(name=self.name, reason=reason))
        for key, value in saved.items():
            setattr(self, key, value)

    def set_annotations(self, docs: Iterable[Doc], found: list[Any]) -> None:
        """Write what `predict` has found."""
        raise NotImplementedError


def is_like(value: Any, now: Any) -> bool:
    """Whether a value read from a file is of the same kind as the one that there is.

    now: None can be a list of names instead.
    """
    if now is None or isinstance(now, list):
        is_list = isinstance(value, list) and all(isinstance(v, str) for v in value)
        return is_list or value is None
    if isinstance(now, bool) or isinstance(value, bool):
        return isinstance(now, bool) and isinstance(value, bool)
    if isinstance(now, int | float):
        return isinstance(value, int | float) and abs(value) < 1e9
    return isinstance(value, type(now))
