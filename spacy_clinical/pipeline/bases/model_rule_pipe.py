"""Base class of components that work by rules, and may have a model besides."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from spacy.util import from_bytes, to_bytes

from spacy_clinical.files.json_text import write_json
from spacy_clinical.pipeline.bases.checkpoint_pipe import ENCODER_FOLDER
from spacy_clinical.pipeline.bases.rule_pipe import RulePipe, read_saved


class ModelRulePipe(RulePipe):
    """Base class of components that work by rules, and may have a model besides.

    It isn't trained. On disk, its encoder has its own folder, which transformers can
    read.

    model: The model; None if there is none.
    """

    model: Any

    def forget(self) -> None:
        """Drop everything derived from the settings and the model."""

    @property
    def shims(self) -> list[Any]:
        """Encoders inside the model."""
        nodes = self.model.walk() if self.model is not None else ()
        shims = [shim for node in nodes for shim in node.shims]
        return [shim for shim in shims if hasattr(shim, "describe")]

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize the settings, and the model if there is one.

        exclude: Names of parts to leave out: its own, "model".
        """
        parts = {self.PART: lambda: write_json(self.save()).encode()}
        if self.model is not None:
            parts["model"] = self.model.to_bytes
        return to_bytes(parts, exclude)

    def from_bytes(
        self, bytes_data: bytes, *, exclude: Iterable[str] = ()
    ) -> "ModelRulePipe":
        """Restore the settings and the model in place.

        bytes_data: Output of `to_bytes`.
        exclude: Names of parts not to restore.
        RAISES ValueError: The errors of `restore`.
        """
        parts: dict[str, Callable[[bytes], Any]] = {
            self.PART: lambda data: self.restore(read_saved(data))
        }
        if self.model is not None:
            parts["model"] = self.model.from_bytes
        from_bytes(bytes_data, parts, exclude)
        self.forget()
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the settings as readable JSON, and the model if there is one.

        path: The folder; created if it doesn't exist.
        exclude: Names of parts to leave out: its own, "model", "encoder".
        """
        super().to_disk(path, exclude=exclude)
        if self.model is None:
            return
        for shim in self.shims:
            shim.are_files_apart = True
            if ENCODER_FOLDER not in exclude:
                shim.save(Path(path) / ENCODER_FOLDER)
        try:
            if "model" not in exclude:
                self.model.to_disk(Path(path) / "model")
        finally:
            for shim in self.shims:
                shim.are_files_apart = False

    def from_disk(
        self, path: str | Path, *, exclude: Iterable[str] = ()
    ) -> "ModelRulePipe":
        """Restore the settings and the model in place.

        path: A folder that `to_disk` wrote.
        exclude: Names of parts not to restore.
        RAISES ValueError: The errors of `restore`.
        """
        super().from_disk(path, exclude=exclude)
        if self.model is not None and "model" not in exclude:
            self.model.from_disk(Path(path) / "model")
        for shim in self.shims:
            if ENCODER_FOLDER not in exclude:
                shim.load(Path(path) / ENCODER_FOLDER)
        self.forget()
        return self
