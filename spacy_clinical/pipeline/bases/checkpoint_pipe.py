"""Base class of components that run a checkpoint's encoder."""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.util import ensure_path, from_bytes, from_disk, minibatch, to_disk

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.attributes import add_to, record_error
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.json_text import write_json
from spacy_clinical.pieces.align import Encoded
from spacy_clinical.pipeline.bases.rule_pipe import ignore_error

ENCODER_FOLDER = "encoder"


class CheckpointPipe(TrainablePipe):
    """Base class of trainable components with a transformers encoder.

    If a batch fails, its Docs are tried one by one, and only those that fail go to the
    error handler. If the handler doesn't raise, they continue without this component's
    annotations, and the error is noted in `doc._.clinical_error`. On disk, the encoder
    has its own folder, which transformers can read.
    """

    vocab: Any
    model: Any
    cfg: dict[str, Any]

    def __call__(self, doc: Doc) -> Doc:
        return next(self._annotate([doc], self.get_error_handler()))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 32) -> Iterator[Doc]:
        for docs in minibatch(stream, size=batch_size):
            yield from self._annotate(list(docs), self.get_error_handler())

    def pipe_on(self, stream: Iterable[Doc], *, batch_size: int) -> Iterator[Doc]:
        """Annotate a stream without an error handler. Failing Docs stay unannotated."""
        for docs in minibatch(stream, size=batch_size):
            yield from self._annotate(list(docs), ignore_error)

    def _annotate(
        self, docs: list[Doc], handle_error: Callable[..., Any]
    ) -> Iterator[Doc]:
        try:
            self.set_annotations(docs, self.predict(docs))
        except Exception as error:
            if len(docs) == 1:
                handle_error(self.name, self, docs, error)
                record_error(docs[0], self.name, error)
                yield from docs
                return
            for doc in docs:
                yield from self._annotate([doc], handle_error)
        else:
            yield from docs

    def _record(self, doc: Doc, encoded: Encoded) -> None:
        """Write on a Doc how much of it was encoded, and by which weights."""
        n_kept = sum(w.keep_stop - w.keep_start for w in encoded.windows)
        self._record_pieces(
            doc,
            n_pieces=len(encoded.pieces),
            n_seen=n_kept,
            n_windows=len(encoded.windows),
        )

    def _record_pieces(
        self, doc: Doc, *, n_pieces: int, n_seen: int, n_windows: int
    ) -> None:
        record = {
            "pieces": n_pieces,
            "windows": n_windows,
            "not_seen": n_pieces - n_seen,
        }
        add_to(doc, "clinical_pieces", self.name, record)
        for shim in self.shims:
            add_to(doc, "clinical_provenance", self.name, shim.describe())

    @property
    def shims(self) -> list[Any]:
        """Encoders inside the model."""
        shims = [shim for node in self.model.walk() for shim in node.shims]
        return [shim for shim in shims if hasattr(shim, "describe")]

    def _set_up(self, nlp: Language, model: Any, name: str) -> None:
        """Set the common attributes, and tell encoders which component they are in."""
        self.vocab, self.model, self.name = nlp.vocab, model, name
        for shim in self.shims:
            shim.component = self.name
            is_outermost = shim in self.model.shims
            shim.setting = "model" if is_outermost else "model.encoder"

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        def save_cfg(file: Path) -> None:
            with open_atomic(file, is_private=False) as handle:
                handle.write(write_json(self.cfg, indent=2))

        def save_model(model_path: Path) -> None:
            for shim in self.shims:
                shim.are_files_apart = True
            try:
                self.model.to_disk(model_path)
            finally:
                for shim in self.shims:
                    shim.are_files_apart = False

        def save_encoder(folder: Path) -> None:
            for shim in self.shims:
                shim.save(folder)

        self._take_head()
        to_disk(
            path,
            {
                "cfg": save_cfg,
                "vocab": lambda p: self.vocab.to_disk(p, exclude=exclude),
                "model": save_model,
                ENCODER_FOLDER: save_encoder,
            },
            exclude,
        )

    def _take_head(self) -> None:
        """Load the published head, if there is one and no head is loaded yet."""

    def _restore_cfg(self, data: bytes) -> None:
        """Restore saved values: lists of names, and numbers by name.

        RAISES ValueError: C026, if there are values of other types.
        """
        try:
            saved = json.loads(data)
        except (ValueError, RecursionError):
            saved = None
        if not isinstance(saved, dict) or not all(map(_is_saved, saved.values())):
            reason = "its cfg is damaged"
            raise CodedValueError(Errors.C026.format(name=self.name, reason=reason))
        for key, now in self.cfg.items():
            if type(saved.get(key, now)) is not type(now):
                reason = f"'{key}' has a value of the wrong type"
                raise CodedValueError(Errors.C026.format(name=self.name, reason=reason))
        self.cfg.update(saved)

    def from_bytes(
        self, bytes_data: bytes, *, exclude: Iterable[str] = ()
    ) -> "CheckpointPipe":
        from_bytes(
            bytes_data,
            {
                "cfg": self._restore_cfg,
                "vocab": lambda b: self.vocab.from_bytes(b, exclude=exclude),
                "model": self.model.from_bytes,
            },
            exclude,
        )
        return self

    def from_disk(
        self, path: str | Path, *, exclude: Iterable[str] = ()
    ) -> "CheckpointPipe":
        def load_encoder(folder: Path) -> None:
            for shim in self.shims:
                shim.load(folder)

        from_disk(
            ensure_path(path),
            {
                "cfg": lambda p: self._restore_cfg(p.read_bytes()),
                "vocab": lambda p: self.vocab.from_disk(p, exclude=exclude),
                "model": self.model.from_disk,
                ENCODER_FOLDER: load_encoder,
            },
            exclude,
        )
        return self


def _is_saved(value: Any) -> bool:
    if isinstance(value, dict):
        return all(
            isinstance(number, int | float) and math.isfinite(number)
            for number in value.values()
        )
    return isinstance(value, list) and all(isinstance(v, str) for v in value)
