"""A transformers encoder as a shim of a Thinc model."""

import contextlib
import copy
import hashlib
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy
import torch
from safetensors.torch import save_file
from thinc.api import Optimizer, get_torch_default_device
from thinc.shims import Shim

from spacy_clinical.checkpoints import Checkpoint, get_checkpoint
from spacy_clinical.checkpoints.files import ORIGIN, SAFE
from spacy_clinical.checkpoints.hub import CheckpointUnreachable
from spacy_clinical.encoders.arrays import put_array, view_as_array
from spacy_clinical.encoders.forks import prepare_before_fork
from spacy_clinical.encoders.forward.makes import has_global_attention
from spacy_clinical.encoders.forward.precision import describe_processor
from spacy_clinical.encoders.framing import frame_window
from spacy_clinical.encoders.loading import (
    LoadedCheckpoint,
    knows_boxes,
    load_checkpoint,
)
from spacy_clinical.encoders.published_heads import Head
from spacy_clinical.encoders.runtime import Backprop, Runtime
from spacy_clinical.encoders.saved import pack_folder, read_origin, unpack_folder
from spacy_clinical.encoders.settings import EncoderSettings
from spacy_clinical.encoders.storage import pack_weights
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.atomic import put_files
from spacy_clinical.files.json_text import write_json
from spacy_clinical.pieces.batches import Input
from spacy_clinical.types import Floats2d


class EncoderShim(Shim):
    """An encoder and its tokenizer in a Thinc model: loading, running and training.

    name: Name of a card, hub id, or folder of the checkpoint.
    settings: Settings of the encoder.
    """

    def __init__(self, name: str, settings: EncoderSettings) -> None:
        super().__init__(None)
        self.name = name
        self.settings = settings
        # For errors: the component, and the block of its config with the checkpoint.
        self.component = ""
        self.setting = "model.encoder"
        self.are_files_apart = False
        self._loaded: LoadedCheckpoint | None = None
        self.origin: dict[str, str] = {}
        self._runtime: Runtime | None = None
        self._sha256 = ""
        self.known_windows: dict[bytes, Any] = {}
        self.known_rows: dict[bytes, Any] = {}
        self._readers: list[weakref.ref[Any]] = []

    @property
    def loaded(self) -> LoadedCheckpoint:
        """The checkpoint, loaded on first use."""
        if self._loaded is None:
            checkpoint = get_checkpoint(self.name)
            try:
                loaded = load_checkpoint(checkpoint)
            except CheckpointUnreachable as error:
                if not self.component:
                    raise
                raise CodedValueError(
                    Errors.C028.format(
                        name=self.component,
                        checkpoint=checkpoint.name,
                        kind=error.kind,
                        given=self.name,
                        setting=self.setting,
                    )
                ) from error
            self.origin = {
                "checkpoint": checkpoint.name,
                "revision": loaded.commit or checkpoint.revision,
            }
            self._take(loaded)
        return cast(LoadedCheckpoint, self._loaded)

    @property
    def runtime(self) -> Runtime:
        """Runtime of the encoder, made on first use."""
        if self._runtime is None:
            self._runtime = Runtime(
                self.loaded.model,
                pad_id=self.loaded.tokenizer.pad_id,
                precision=self.settings.precision,
                batch_pieces=self.settings.batch_pieces,
            )
        return self._runtime

    @property
    def readers(self) -> list[Any]:
        """Other readers of the rows of predictions, while it exists."""
        readers = [reference() for reference in self._readers]
        return [reader for reader in readers if reader is not None]

    def add_reader(self, reader: Any) -> None:
        """Let something read the rows of predictions.

        reader: A `RowReader`, which is not kept alive.
        """
        if not any(known is reader for known in self.readers):
            self._readers = [*map(weakref.ref, self.readers), weakref.ref(reader)]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_readers": []}

    @property
    def head(self) -> Head | None:
        """Published head of the checkpoint; None if it has none."""
        return self.loaded.head

    @property
    def width(self) -> int:
        return int(cast(Any, self.loaded.model).config.hidden_size)

    @property
    def has_boxes(self) -> bool:
        """Whether the encoder uses the position of words on a page."""
        return knows_boxes(self.loaded.model)

    @property
    def max_pieces(self) -> int:
        """Maximum length of a window, without special tokens."""
        before, after = self.loaded.tokenizer.specials
        return self.loaded.max_pieces - len(before) - len(after)

    @property
    def n_pair_specials(self) -> int:
        """Number of special tokens around the two texts of a pair."""
        return sum(map(len, self.loaded.tokenizer.pair_frame[:3]))

    @property
    def window(self) -> tuple[int, int]:
        """Size and stride of the windows (pieces).

        RAISES ValueError: C013, if the size is more than the checkpoint's maximum.
        """
        size = self.settings.size or self.max_pieces
        if size > self.max_pieces:
            raise CodedValueError(
                Errors.C013.format(
                    name=self.name, size=size, max_pieces=self.max_pieces
                )
            )
        return size, self.settings.stride or size - size // 8

    @property
    def sha256(self) -> str:
        """SHA-256 of the current weights."""
        if not self._sha256:
            digest = hashlib.sha256()
            for name, tensor in sorted(self.loaded.model.state_dict().items()):
                digest.update(name.encode("utf8"))
                digest.update(tensor.cpu().contiguous().numpy().tobytes())
            self._sha256 = digest.hexdigest()
        return self._sha256

    def describe(self) -> dict[str, str]:
        """Describe the origin and the SHA-256 of the weights, and the precision and
        processor of predictions."""
        precision = "bf16" if self.runtime.dtype == torch.bfloat16 else "fp32"
        return {
            **self.origin,
            "weights_sha256": self.sha256,
            "precision": precision,
            "processor": describe_processor(self.runtime.device),
        }

    def _take(self, loaded: LoadedCheckpoint) -> None:
        self._check_settings(loaded)
        self._loaded = loaded
        self._model = loaded.model.to(get_torch_default_device())
        for name, parameter in loaded.model.named_parameters():
            if any(part in name for part in self.settings.frozen):
                parameter.requires_grad_(False)
        self._runtime = None
        self._sha256 = ""
        prepare_before_fork(self)

    def _check_settings(self, loaded: LoadedCheckpoint) -> None:
        """Raise an error for settings that have no effect on a checkpoint."""
        settings, model = self.settings, loaded.model
        given = {
            "global_attention": (
                settings.global_attention not in ("sections", "first")
                and not has_global_attention(model),
                "it has no global attention for single pieces",
            ),
            "boxes": (
                settings.boxes != "token" and not knows_boxes(model),
                "it doesn't use the position of words on a page",
            ),
            "mask_rate": (
                settings.mask_rate > 0 and loaded.tokenizer.mask_id is None,
                "its tokenizer has no mask token",
            ),
        }
        for setting, (is_idle, reason) in given.items():
            if is_idle:
                raise CodedValueError(
                    Errors.C031.format(name=self.name, setting=setting, reason=reason)
                )

    def prepare(self) -> None:
        """Prepare the weights that workers will share."""
        if self._loaded is not None and self.runtime.device.type == "cpu":
            self.runtime.prepare()

    def _forget(self) -> None:
        """Drop everything derived from the weights, after they have changed."""
        self.runtime.forget()
        self._sha256 = ""
        self.known_windows.clear()
        self.known_rows.clear()

    # Running

    def predict(self, windows: Sequence[Input]) -> Iterator[tuple[int, Floats2d]]:
        """Encode windows batch by batch.

        windows: Windows without special tokens.
        YIELDS: The index of a window and its rows (window length, width).
        """
        inputs, starts = self.frame(windows)
        for i, rows in self.runtime.predict(inputs):
            yield i, rows[starts[i] : starts[i] + len(windows[i].ids)]

    def predict_framed(
        self, windows: Sequence[Input]
    ) -> Iterator[tuple[int, Floats2d]]:
        """Encode windows, and also yield the rows of special tokens, first and last."""
        inputs, _ = self.frame(windows)
        yield from self.runtime.predict(inputs)

    def begin_update(self, windows: Sequence[Input]) -> tuple[list[Floats2d], Backprop]:
        """Encode windows for training.

        windows: Windows without special tokens.
        RETURNS (window length, width): Rows of each window, and a callback that takes
            their gradients.
        """
        _, starts = self.frame(windows)
        outputs, backprop_inputs = self.begin_update_framed(windows)

        def backprop(d_rows: Sequence[Floats2d]) -> None:
            d_outputs = []
            for output, start, d_window in zip(outputs, starts, d_rows, strict=True):
                d_output = numpy.zeros_like(output)
                d_output[start : start + len(d_window)] = d_window
                d_outputs.append(d_output)
            backprop_inputs(d_outputs)

        rows = [
            output[start : start + len(window.ids)]
            for output, start, window in zip(outputs, starts, windows, strict=True)
        ]
        return rows, backprop

    def begin_update_framed(
        self, windows: Sequence[Input]
    ) -> tuple[list[Floats2d], Backprop]:
        """Encode windows for training, with the rows of special tokens."""
        inputs, _ = self.frame(windows)
        return self.runtime.begin_update(
            inputs, mixed_precision=self.settings.mixed_precision
        )

    def frame(self, windows: Sequence[Input]) -> tuple[list[Input], list[int]]:
        """Add special tokens to windows, with global attention for the first piece.

        RETURNS: The inputs, and the number of pieces before the window in each.
        """
        loaded = self.loaded
        framed = [frame_window(w, loaded.tokenizer, loaded.model) for w in windows]
        return [one for one, _ in framed], [start for _, start in framed]

    # Training

    def finish_update(self, optimizer: Optimizer) -> None:
        """Update the weights where they are: on a GPU with CuPy, on the GPU."""
        has_changed = False
        for name, parameter in self.loaded.model.named_parameters():
            if parameter.grad is None:
                continue
            has_changed = True
            updated, _ = optimizer(
                (self.id, name),
                view_as_array(parameter.data),
                view_as_array(parameter.grad),
                lr_scale=self.settings.learn_rate_scale,
            )
            put_array(parameter.data, updated)
            parameter.grad = None
        if has_changed:
            self._forget()

    @contextlib.contextmanager
    def use_params(self, params: dict[tuple[int, str], Any]) -> Iterator[None]:
        """Use other weights inside this context, such as an optimizer's averages."""
        backup = {}
        for name, parameter in self.loaded.model.named_parameters():
            if (self.id, name) in params:
                backup[name] = parameter.data.clone()
                put_array(parameter.data, params[self.id, name])
        if not backup:
            yield
            return
        self._forget()
        try:
            yield
        finally:
            for name, parameter in self.loaded.model.named_parameters():
                if name in backup:
                    parameter.data.copy_(backup[name])
            self._forget()

    def copy(self) -> "EncoderShim":
        copied = EncoderShim(self.name, self.settings)
        copied.origin = dict(self.origin)
        copied.component, copied.setting = self.component, self.setting
        if self._loaded is not None:
            copied._take(copy.deepcopy(self._loaded))
        return copied

    def to_device(self, device_type: str, device_id: int) -> None:
        if self._loaded is not None:
            device = f"cuda:{device_id}" if device_type == "gpu" else "cpu"
            self._model = self._loaded.model.to(device)
            self._forget()

    # Saving

    def save(self, folder: Path) -> None:
        """Save safetensors, config and tokenizer, which transformers can read, except
        in the storage "int8_embeddings".

        RAISES ValueError: C869, if the weights can't be stored so.
        """
        model: Any = self.loaded.model
        config = copy.deepcopy(model.config)
        config.architectures = [type(model).__name__]
        weights, metadata = pack_weights(
            model, self.settings.storage, name=self.component or self.name
        )
        origin = {**self.origin, "max_pieces": self.loaded.max_pieces}
        with put_files(folder) as part:
            config.save_pretrained(str(part))
            save_file(weights, part / SAFE, metadata=metadata)
            self.loaded.tokenizer.save(part)
            (part / ORIGIN).write_text(write_json(origin, indent=2), encoding="utf8")

    def load(self, folder: Path) -> None:
        """Load a folder that `save` wrote, without using the network.

        RAISES ValueError: C008, if `save` didn't write the folder; C022, if a file is a
            link that leads out of it; the errors of `load_checkpoint`.
        """
        if not (folder / ORIGIN).is_file():
            raise CodedValueError(Errors.C008.format(path=folder))
        self.origin, max_pieces = read_origin(folder)
        checkpoint = Checkpoint(str(folder), max_pieces=max_pieces)
        self._take(load_checkpoint(checkpoint, only_inside=True))

    def to_bytes(self) -> bytes:
        """Pack the files of `save`; b"" if they are saved separately or not loaded."""
        if self.are_files_apart or self._loaded is None:
            return b""
        with tempfile.TemporaryDirectory() as folder:
            self.save(Path(folder))
            return pack_folder(Path(folder))

    def from_bytes(self, data: bytes) -> "EncoderShim":
        """Load the output of `to_bytes`.

        RAISES ValueError: C022, if it isn't a packed encoder; the errors of `load`.
        """
        if data:
            with tempfile.TemporaryDirectory() as folder:
                unpack_folder(data, Path(folder), name=self.name)
                self.load(Path(folder))
        return self
