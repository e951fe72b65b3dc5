"""Run an encoder over any number of sequences, in batches that fit into memory."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from spacy_clinical.encoders.forward.linear import has_onednn
from spacy_clinical.encoders.forward.makes import can_pack
from spacy_clinical.encoders.forward.packed import Encode, PackedEncoder
from spacy_clinical.encoders.forward.padded import PaddedEncoder
from spacy_clinical.encoders.forward.precision import Precision, prefers_bfloat16
from spacy_clinical.errors import CodedMemoryError, Errors
from spacy_clinical.pieces.batches import Input, plan_batches
from spacy_clinical.types import Floats2d

Backprop: TypeAlias = Callable[[Sequence[Floats2d]], None]

# Pieces in a batch. In float32 on a CPU, the activations should fit into the cache.
BUDGETS = {"float32": 1024, "bfloat16": 4096, "cuda": 32768}


class Runtime:
    """Runs an encoder: prediction with a frozen copy of its weights, and training.

    model: The encoder.
    pad_id: Id of padding, for encoders that need it.
    precision: "fp32", "bf16", or "auto" for bfloat16 if the device is faster with it
        and `settle` was told that the results agree, otherwise float32.
    batch_pieces (pieces): Size of the largest batch; None to choose it for the device.
    """

    def __init__(
        self,
        model: Any,
        *,
        pad_id: int,
        precision: Precision = "auto",
        batch_pieces: int | None = None,
    ) -> None:
        self.model = model
        self.pad_id = pad_id
        self.precision = precision
        self.batch_pieces = batch_pieces
        self.is_packed = can_pack(model)
        self._encoders: dict[torch.dtype | None, Encode] = {}
        self._agrees: bool | None = None
        self._budget_in_memory: int | None = None

    # Precision

    @property
    def device(self) -> torch.device:
        device: torch.device = next(self.model.parameters()).device
        return device

    @property
    def dtype(self) -> torch.dtype:
        """Precision of predictions."""
        is_low = self.precision == "bf16" or (
            self.precision == "auto" and self._agrees is True
        )
        return torch.bfloat16 if is_low else torch.float32

    @property
    def is_open(self) -> bool:
        """Whether bfloat16 is faster, but it is unknown whether its results agree."""
        return (
            self.precision == "auto"
            and self._agrees is None
            and prefers_bfloat16(self.device)
        )

    def settle(self, *, agrees: bool) -> None:
        """Record whether results in bfloat16 agree with those in float32.

        The copy of the weights in the other precision is dropped.
        """
        self._agrees = agrees
        self._encoders.pop(torch.float32 if agrees else torch.bfloat16, None)

    @contextlib.contextmanager
    def computing_in(self, precision: Precision) -> Iterator[None]:
        """Predict in a given precision inside this context."""
        before = self.precision
        self.precision = precision
        try:
            yield
        finally:
            self.precision = before

    def forget(self) -> None:
        """Drop everything derived from the weights, after they have changed."""
        self._encoders.clear()
        self._agrees = None

    def prepare(self) -> None:
        """Prepare the encoder for prediction, if its precision is decided."""
        if not (self.model.training or self.is_open):
            self._get_encoder(self.dtype)

    # Running

    def predict(self, inputs: Sequence[Input]) -> Iterator[tuple[int, Floats2d]]:
        """Encode sequences batch by batch, so that callers can free rows early.

        YIELDS: The index of a sequence and its float32 rows (length, width).
        """
        self.model.eval()
        encode = self._get_encoder(self.dtype)
        for batch, rows in self._run(
            encode, self._plan(inputs), inputs, is_train=False
        ):
            lengths = [len(inputs[i].ids) for i in batch]
            for i, part in zip(batch, rows.float().cpu().split(lengths), strict=True):
                yield i, part.numpy()

    def begin_update(
        self, inputs: Sequence[Input], *, mixed_precision: bool
    ) -> tuple[list[Floats2d], Backprop]:
        """Encode sequences for training.

        mixed_precision: Whether to multiply in bfloat16.
        RETURNS (length, width): The rows of each sequence, and a callback that adds to
            the weights' gradients.
        """
        self.model.train()
        encode = self._get_encoder(None)
        outputs: list[Any] = [None] * len(inputs)
        runs: list[tuple[list[int], Tensor]] = []
        with torch.autocast(self.device.type, torch.bfloat16, enabled=mixed_precision):
            for batch, rows in self._run(
                encode, self._plan(inputs), inputs, is_train=True
            ):
                runs.append((batch, rows))
                lengths = [len(inputs[i].ids) for i in batch]
                parts = rows.detach().float().cpu().split(lengths)
                for i, part in zip(batch, parts, strict=True):
                    outputs[i] = part.numpy()

        def backprop(d_outputs: Sequence[Floats2d]) -> None:
            for batch, rows in runs:
                d_rows = torch.cat([torch.from_numpy(d_outputs[i]) for i in batch])
                rows.backward(d_rows.to(rows))

        return outputs, backprop

    def encode_live(self, inputs: Sequence[Input]) -> Tensor:
        """Encode sequences like in prediction, but with gradients.

        RETURNS (n_pieces, width): The rows of all sequences, concatenated.
        """
        self.model.eval()
        with torch.enable_grad():
            return self._get_encoder(None)(inputs)

    def _plan(self, inputs: Sequence[Input]) -> list[list[int]]:
        budget = self._get_budget(self.dtype)
        if self._budget_in_memory is not None:
            budget = min(budget, self._budget_in_memory)
        lengths = [len(i.ids) for i in inputs]
        return plan_batches(lengths, budget=budget, is_padded=not self.is_packed)

    def _get_budget(self, dtype: torch.dtype) -> int:
        """Get the size of the largest batch (pieces), if memory suffices."""
        if self.batch_pieces is not None:
            return self.batch_pieces
        if self.device.type in BUDGETS:
            return BUDGETS[self.device.type]
        is_low = dtype == torch.bfloat16 and has_onednn(dtype)
        return BUDGETS["bfloat16" if is_low else "float32"]

    def _run(
        self,
        encode: Encode,
        batches: Sequence[list[int]],
        inputs: Sequence[Input],
        *,
        is_train: bool,
    ) -> Iterator[tuple[list[int], Tensor]]:
        """Encode batch by batch, and split batches that don't fit into memory."""
        waiting = list(reversed(batches))
        while waiting:
            batch = waiting.pop()
            try:
                with torch.set_grad_enabled(is_train):
                    rows = encode([inputs[i] for i in batch])
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                n_pieces = sum(len(inputs[i].ids) for i in batch)
                if len(batch) == 1:
                    message = Errors.C015.format(n_pieces=n_pieces)
                    raise CodedMemoryError(message) from error
                self._budget_in_memory = n_pieces // 2
                middle = len(batch) // 2
                waiting += [batch[middle:], batch[:middle]]
            else:
                yield batch, rows

    def _get_encoder(self, dtype: torch.dtype | None) -> Encode:
        if dtype not in self._encoders:
            self._encoders[dtype] = (
                PackedEncoder(
                    self.model, dtype, most=self._get_budget(dtype or self.dtype)
                )
                if self.is_packed
                else PaddedEncoder(self.model, dtype, pad_id=self.pad_id)
            )
        return self._encoders[dtype]

    def __getstate__(self) -> dict[str, Any]:
        # Weights in oneDNN's layout can't be pickled, but are quickly made again.
        return {**self.__dict__, "_encoders": {}}


def is_out_of_memory(error: BaseException) -> bool:
    """Check whether torch raised an error because memory was not enough."""
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    message = str(error)
    return "not enough memory" in message or "can't allocate memory" in message
