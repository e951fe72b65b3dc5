"""Base class of components that work by rules."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import srsly
from spacy.pipeline import Pipe
from spacy.tokens import Doc
from spacy.util import ensure_path, from_bytes, from_disk, to_bytes, to_disk

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.attributes import record_error
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.json_text import write_json

Self = TypeVar("Self", bound="SavedRules")


def ignore_error(name: str, pipe: Any, docs: list[Doc], error: Exception) -> None:
    """Handle an error by doing nothing; `doc._.clinical_error` reports it."""


class SavedRules:
    """Base class of components that save rules and settings as readable JSON.

    SETTINGS: Names of the attributes that are saved.
    PART, FILE: Name of the saved part, for `exclude`, and of its file.
    """

    SETTINGS: ClassVar[tuple[str, ...]]
    PART: ClassVar[str] = "cfg"
    FILE: ClassVar[str] = "cfg"
    name: str

    def save(self) -> dict[str, Any]:
        """Get the settings to save, as plain data."""
        return {key: getattr(self, key) for key in self.SETTINGS}

    def restore(self, saved: Any) -> None:
        """Restore saved settings. Nothing changes if it fails.

        RAISES ValueError: C026, if a setting is unknown or has the wrong type.
        """
        if not isinstance(saved, dict) or not set(self.SETTINGS).issuperset(saved):
            reason = "it has unknown settings"
            raise CodedValueError(Errors.C026.format(name=self.name, reason=reason))
        for key, value in saved.items():
            if not is_like(value, getattr(self, key)):
                reason = f"'{key}' has a value of the wrong type"
                raise CodedValueError(Errors.C026.format(name=self.name, reason=reason))
        for key, value in saved.items():
            setattr(self, key, value)

    def _check_format(self, saved: Any, known: int) -> None:
        """Refuse what holds no rules, or rules of another format.

        known: The format that this version reads.
        RAISES ValueError: C026 and C105.
        """
        if not isinstance(saved, dict) or not isinstance(saved.get("format"), int):
            reason = "it holds no rules"
            raise CodedValueError(Errors.C026.format(name=self.name, reason=reason))
        if saved["format"] != known:
            raise CodedValueError(
                Errors.C105.format(name=self.name, format=saved["format"], known=known)
            )

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize rules and settings.

        exclude: Names of parts to leave out. There is only one part.
        """
        return to_bytes({self.PART: lambda: write_json(self.save()).encode()}, exclude)

    def from_bytes(
        self: Self, bytes_data: bytes, *, exclude: Iterable[str] = ()
    ) -> Self:
        """Restore rules and settings in place.

        bytes_data: Output of `to_bytes`.
        exclude: Names of parts not to restore.
        RAISES ValueError: The errors of `restore`.
        """
        from_bytes(
            bytes_data,
            {self.PART: lambda data: self.restore(read_saved(data))},
            exclude,
        )
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save rules and settings to a folder as readable JSON.

        path: The folder; created if it doesn't exist.
        exclude: Names of parts to leave out.
        """

        def write(file: Path) -> None:
            with open_atomic(file, is_private=False) as handle:
                handle.write(write_json(self.save(), indent=2))

        to_disk(ensure_path(path), {self.FILE: write}, self._list_files(exclude))

    def from_disk(self: Self, path: str | Path, *, exclude: Iterable[str] = ()) -> Self:
        """Restore rules and settings in place.

        path: A folder that `to_disk` wrote.
        exclude: Names of parts not to restore.
        RAISES ValueError: The errors of `restore`.
        """

        def read(file: Path) -> None:
            self.restore(read_saved(file.read_bytes()))

        from_disk(ensure_path(path), {self.FILE: read}, self._list_files(exclude))
        return self

    def _list_files(self, exclude: Iterable[str]) -> list[str]:
        return [self.FILE] if self.PART in exclude else []


class RulePipe(SavedRules, Pipe):
    """Base class of components that annotate each Doc by itself, by rules.

    A Doc that fails goes to the error handler. If the handler doesn't raise, the Doc
    continues without this component's annotations, and the error is noted in
    `doc._.clinical_error`.
    """

    def __call__(self, doc: Doc) -> Doc:
        return self._annotate(doc, self.get_error_handler())

    def pipe_on(self, stream: Iterable[Doc], *, batch_size: int) -> Iterator[Doc]:
        """Annotate a stream without an error handler. Failing Docs stay unannotated."""
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
        """Predict the annotations of each Doc, without changing it."""
        raise NotImplementedError

    def set_annotations(self, docs: Iterable[Doc], predictions: list[Any]) -> None:
        """Write the predictions to the Docs."""
        raise NotImplementedError


def read_saved(data: bytes) -> Any:
    """Parse saved data; None if it is damaged."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        pass
    # Earlier versions saved titles as msgpack.
    try:
        return srsly.msgpack_loads(data)
    except (ValueError, TypeError, RecursionError):
        return None


def is_like(value: Any, now: Any) -> bool:
    """Check whether a saved value has the same type as the current one.

    now: The current value. None or a list also matches None or a list of names.
    """
    if now is None or isinstance(now, list):
        is_list = isinstance(value, list) and all(isinstance(v, str) for v in value)
        return is_list or value is None
    if isinstance(now, bool) or isinstance(value, bool):
        return isinstance(now, bool) and isinstance(value, bool)
    if isinstance(now, int | float):
        return isinstance(value, int | float) and abs(value) < 1e9
    return isinstance(value, type(now))
