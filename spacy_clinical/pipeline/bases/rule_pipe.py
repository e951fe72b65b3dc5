"""What the components that work by rules have in common."""

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

Self = TypeVar("Self", bound="RulePipe")


def ignore_error(name: str, pipe: Any, docs: list[Doc], error: Exception) -> None:
    """Leave it to the Doc to say what failed."""


class RulePipe(Pipe):
    """A component that annotates each Doc by itself, in two steps.

    A Doc that it fails on goes to the error handler. If that does not raise, the Doc
    goes on without this component's annotations, and says so in
    `doc._.clinical_error`.

    SETTINGS: What is saved of it.
    PART, FILE: The name of what is saved, to leave it out, and of its file.
    """

    SETTINGS: ClassVar[tuple[str, ...]]
    PART: ClassVar[str] = "cfg"
    FILE: ClassVar[str] = "cfg"
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

    def set_annotations(self, docs: Iterable[Doc], predictions: list[Any]) -> None:
        """Write what `predict` has found."""
        raise NotImplementedError

    # Saving

    def save(self) -> dict[str, Any]:
        """Give what is saved, as plain data."""
        return {key: getattr(self, key) for key in self.SETTINGS}

    def restore(self, saved: Any) -> None:
        """Take over what was saved: all of it or nothing.

        RAISES ValueError: C026, if a setting is unknown or of another kind.
        """
        if not isinstance(saved, dict) or not set(self.SETTINGS).issuperset(saved):
            reason = "it holds what are no settings"
            raise CodedValueError(Errors.C026.format(name=self.name, reason=reason))
        for key, value in saved.items():
            if not is_like(value, getattr(self, key)):
                reason = f"'{key}' has a value of another kind"
                raise CodedValueError(Errors.C026.format(name=self.name, reason=reason))
        for key, value in saved.items():
            setattr(self, key, value)

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize rules and settings.

        exclude: Names of parts to leave out; there is only one.
        """
        return to_bytes({self.PART: lambda: write_json(self.save()).encode()}, exclude)

    def from_bytes(
        self: Self, bytes_data: bytes, *, exclude: Iterable[str] = ()
    ) -> Self:
        """Restore rules and settings, in place.

        bytes_data: What `to_bytes` returned.
        exclude: Names of parts to leave as they are.
        RAISES ValueError: As `restore`.
        """
        from_bytes(
            bytes_data, {self.PART: lambda data: self.restore(_read(data))}, exclude
        )
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save rules and settings to a folder, as readable JSON.

        path: The folder; made if it doesn't exist.
        exclude: Names of parts to leave out.
        """

        def write(file: Path) -> None:
            with open_atomic(file, is_private=False) as handle:
                handle.write(write_json(self.save(), indent=2))

        to_disk(ensure_path(path), {self.FILE: write}, self._list_files(exclude))

    def from_disk(self: Self, path: str | Path, *, exclude: Iterable[str] = ()) -> Self:
        """Restore rules and settings, in place.

        path: A folder that `to_disk` wrote.
        exclude: Names of parts to leave as they are.
        RAISES ValueError: As `restore`.
        """

        def read(file: Path) -> None:
            self.restore(_read(file.read_bytes()))

        from_disk(ensure_path(path), {self.FILE: read}, self._list_files(exclude))
        return self

    def _list_files(self, exclude: Iterable[str]) -> list[str]:
        return [self.FILE] if self.PART in exclude else []


def _read(data: bytes) -> Any:
    """Read what was saved; None, if it is damaged."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        pass
    # As earlier versions saved titles to bytes.
    try:
        return srsly.msgpack_loads(data)
    except (ValueError, TypeError, RecursionError):
        return None


def is_like(value: Any, now: Any) -> bool:
    """Check whether a saved value is of the same kind as the current one.

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
