"""A transformers encoder as a part of a Thinc model."""

import contextlib
import copy
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy
import srsly
import torch
from safetensors.torch import save_file
from thinc.api import Optimizer, get_torch_default_device
from thinc.shims import Shim

from spacy_clinical.checkpoints import Checkpoint, get_checkpoint
from spacy_clinical.encoders.batches import plan_batches
from spacy_clinical.encoders.loading import Head, LoadedCheckpoint, load_checkpoint
from spacy_clinical.errors import Errors
from spacy_clinical.types import Floats2d, Ints1d

Storage = Literal["float32", "float16"]
Backprop = Callable[[Sequence[Floats2d]], None]


class EncoderShim(Shim):
    """Hold an encoder and its tokenizer: load, run, train and save them.

    name: Name of a card, hub id, or folder of the checkpoint.
    size, stride (pieces): See `windows.plan_windows`. None: windows as long as the
        checkpoint takes, with an overlap of an eighth.
    batch_pieces (pieces): Largest batch, padding included.
    learn_rate_scale: Factor on the optimizer's rate.
    mask_rate: Share of the words that training hides.
    mixed_precision: Whether training multiplies in bfloat16.
    storage: How weights are saved. They are computed with in float32.
    """

    def __init__(
        self,
        name: str,
        *,
        size: int | None,
        stride: int | None,
        batch_pieces: int,
        learn_rate_scale: float,
        mask_rate: float,
        mixed_precision: bool,
        storage: Storage,
    ) -> None:
        super().__init__(None)
        self.name = name
        self.size = size
        self.stride = stride
        self.batch_pieces = batch_pieces
        self.learn_rate_scale = learn_rate_scale
        self.mask_rate = mask_rate
        self.mixed_precision = mixed_precision
        self.storage = storage
        self.are_files_apart = False
        self._loaded: LoadedCheckpoint | None = None
        self.origin: dict[str, str] = {}
        self._sha256 = ""
        self._pid = os.getpid()

    @property
    def loaded(self) -> LoadedCheckpoint:
        """The checkpoint, read on first use."""
        if self._loaded is None:
            checkpoint = get_checkpoint(self.name)
            self.origin = {
                "checkpoint": checkpoint.name,
                "revision": checkpoint.revision,
            }
            self._take(load_checkpoint(checkpoint))
        return cast(LoadedCheckpoint, self._loaded)

    @property
    def head(self) -> Head | None:
        """The head that the checkpoint was published with."""
        return self.loaded.head

    @property
    def width(self) -> int:
        return int(cast(Any, self.loaded.model).config.hidden_size)

    @property
    def max_pieces(self) -> int:
        """Longest window, without special tokens."""
        before, after = self.loaded.tokenizer.specials
        return self.loaded.max_pieces - len(before) - len(after)

    @property
    def window(self) -> tuple[int, int]:
        """Size and stride of the windows (pieces).

        RAISES ValueError: C013, if the checkpoint takes none so long.
        """
        size = self.size or self.max_pieces
        if size > self.max_pieces:
            raise ValueError(
                Errors.C013.format(
                    name=self.name, size=size, max_pieces=self.max_pieces
                )
            )
        return size, self.stride or size - size // 8

    def describe(self) -> dict[str, str]:
        """Where the weights come from, and the SHA-256 of what they are now."""
        if not self._sha256:
            digest = hashlib.sha256()
            for name, tensor in sorted(self.loaded.model.state_dict().items()):
                digest.update(name.encode("utf8"))
                digest.update(tensor.cpu().contiguous().numpy().tobytes())
            self._sha256 = digest.hexdigest()
        return {**self.origin, "weights_sha256": self._sha256}

    def _take(self, loaded: LoadedCheckpoint) -> None:
        self._loaded = loaded
        self._model = loaded.model.to(get_torch_default_device())
        self._sha256 = ""

    # Running

    def __call__(
        self, inputs: Sequence[Ints1d], is_train: bool
    ) -> tuple[list[Floats2d], Backprop]:
        """Encode windows.

        inputs (window length): Piece ids, without special tokens.
        RETURNS (window length, width): One array per window, in their order.
        """
        model = self.loaded.model
        self._adapt_to_fork()
        outputs: list[Any] = [None] * len(inputs)
        runs: list[tuple[list[int], torch.Tensor]] = []
        lengths = [len(ids) for ids in inputs]
        n_before = len(self.loaded.tokenizer.specials[0])
        model.train(is_train)
        device = next(model.parameters()).device.type
        is_mixed = is_train and self.mixed_precision
        with (
            torch.set_grad_enabled(is_train),
            torch.autocast(device, torch.bfloat16, enabled=is_mixed),
        ):
            for batch in plan_batches(lengths, budget=self.batch_pieces):
                hidden = self._run([inputs[i] for i in batch])
                rows = hidden.detach().float().cpu().numpy()
                for row, i in enumerate(batch):
                    outputs[i] = rows[row, n_before : n_before + lengths[i]]
                if is_train:
                    runs.append((batch, hidden))

        def backprop(d_outputs: Sequence[Floats2d]) -> None:
            for batch, hidden in runs:
                d_hidden = numpy.zeros(hidden.shape, dtype="float32")
                for row, i in enumerate(batch):
                    d_hidden[row, n_before : n_before + lengths[i]] = d_outputs[i]
                hidden.backward(torch.from_numpy(d_hidden).to(hidden))

        return outputs, backprop

    def _run(self, windows: Sequence[Ints1d]) -> torch.Tensor:
        """Add special tokens, pad and encode: (n_windows, longest, width)."""
        tokenizer = self.loaded.tokenizer
        before, after = tokenizer.specials
        longest = max(map(len, windows)) + len(before) + len(after)
        ids = numpy.full((len(windows), longest), tokenizer.pad_id, dtype="int64")
        mask = numpy.zeros((len(windows), longest), dtype="int64")
        for row, window in enumerate(windows):
            sequence = [*before, *window, *after]
            ids[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1
        device = next(self.loaded.model.parameters()).device
        output = self.loaded.model(
            input_ids=torch.from_numpy(ids).to(device),
            attention_mask=torch.from_numpy(mask).to(device),
        )
        return cast(torch.Tensor, output.last_hidden_state)

    def _adapt_to_fork(self) -> None:
        """Use one thread in a forked worker.

        The threads of a parent that has computed before do not exist in its
        children, which would wait for them for ever.
        """
        if os.getpid() != self._pid:
            torch.set_num_threads(1)
            self._pid = os.getpid()

    # Training

    def finish_update(self, optimizer: Optimizer) -> None:
        for name, parameter in self.loaded.model.named_parameters():
            if parameter.grad is None:
                continue
            data = parameter.data.cpu().numpy()
            updated, _ = optimizer(
                (self.id, name),
                data,
                parameter.grad.cpu().numpy(),
                lr_scale=self.learn_rate_scale,
            )
            parameter.data.copy_(torch.from_numpy(updated))
            parameter.grad = None
        self._sha256 = ""

    @contextlib.contextmanager
    def use_params(self, params: dict[tuple[int, str], Any]) -> Iterator[None]:
        """Compute with other weights, such as an optimizer's averages."""
        backup = {}
        for name, parameter in self.loaded.model.named_parameters():
            if (self.id, name) in params:
                backup[name] = parameter.data.clone()
                parameter.data.copy_(torch.from_numpy(params[self.id, name]))
        self._sha256 = ""
        try:
            yield
        finally:
            for name, parameter in self.loaded.model.named_parameters():
                if name in backup:
                    parameter.data.copy_(backup[name])
            self._sha256 = ""

    def copy(self) -> "EncoderShim":
        copied = EncoderShim(
            self.name,
            size=self.size,
            stride=self.stride,
            batch_pieces=self.batch_pieces,
            learn_rate_scale=self.learn_rate_scale,
            mask_rate=self.mask_rate,
            mixed_precision=self.mixed_precision,
            storage=self.storage,
        )
        copied.origin = dict(self.origin)
        if self._loaded is not None:
            copied._take(copy.deepcopy(self._loaded))
        return copied

    def to_device(self, device_type: str, device_id: int) -> None:
        if self._loaded is not None:
            device = f"cuda:{device_id}" if device_type == "gpu" else "cpu"
            self._model = self._loaded.model.to(device)

    # Saving

    def save(self, folder: Path) -> None:
        """Write a folder that transformers can read: safetensors, config, tokenizer."""
        folder.mkdir(parents=True, exist_ok=True)
        model: Any = self.loaded.model
        config = copy.deepcopy(model.config)
        config.architectures = [type(model).__name__]
        config.save_pretrained(str(folder))
        dtype = getattr(torch, self.storage)
        weights = {
            name: tensor.to("cpu", dtype).contiguous()
            for name, tensor in model.state_dict().items()
        }
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        self.loaded.tokenizer.save(folder)
        origin = {**self.origin, "max_pieces": self.loaded.max_pieces}
        srsly.write_json(folder / "origin.json", origin)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote. Opens no socket.

        RAISES ValueError: C008, if the folder was not written by `save`.
        """
        if not (folder / "origin.json").is_file():
            raise ValueError(Errors.C008.format(path=folder))
        origin: dict[str, Any] = dict(srsly.read_json(folder / "origin.json"))
        max_pieces = origin.pop("max_pieces")
        self.origin = origin
        self._take(load_checkpoint(Checkpoint(str(folder), max_pieces=max_pieces)))

    def to_bytes(self) -> bytes:
        """Pack the files of `save`; nothing where they are kept apart or not read."""
        if self.are_files_apart or self._loaded is None:
            return b""
        with tempfile.TemporaryDirectory() as folder:
            self.save(Path(folder))
            files = {p.name: p.read_bytes() for p in sorted(Path(folder).iterdir())}
        return cast(bytes, srsly.msgpack_dumps(files))

    def from_bytes(self, data: bytes) -> "EncoderShim":
        if data:
            with tempfile.TemporaryDirectory() as folder:
                for name, content in srsly.msgpack_loads(data).items():
                    (Path(folder) / name).write_bytes(content)
                self.load(Path(folder))
        return self
