"""Run encoders over concatenated sequences, without padding."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, TypeAlias

import numpy
import torch
from torch import Tensor
from torch.nn.functional import pad

from spacy_clinical.encoders.forward.attention import attend, attend_ragged, has_ragged
from spacy_clinical.encoders.forward.banded import attend_banded
from spacy_clinical.encoders.forward.blocked import attend_blocked, is_blocked
from spacy_clinical.encoders.forward.layers import (
    FrozenLayer,
    Layer,
    LayerModules,
    LiveLayer,
)
from spacy_clinical.encoders.forward.linear import FrozenLinear
from spacy_clinical.encoders.forward.makes import MAKES, find_layers
from spacy_clinical.encoders.rows import RowRule, find_row_rule
from spacy_clinical.pieces.batches import Input

# Function from sequences to their concatenated rows (n_pieces, width).
Encode: TypeAlias = Callable[[Sequence[Input]], Tensor]


def first_position(model: Any) -> int:
    """Get the index of the first position in a model's position table.

    RoBERTa and similar models start after the padding id.
    """
    table = getattr(model.embeddings, "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return 0 if padding is None else int(padding) + 1


class PackedEncoder:
    """An encoder's forward pass without padding.

    Linear layers process all pieces at once, attention one sequence at a time. On a
    CPU, predictions don't depend on the other sequences of a batch, to the last bit;
    see `rows`.

    model: The encoder.
    dtype: Precision of a copy of the weights, for prediction. None to train the model's
        own weights.
    most (pieces): Size of the largest batch with several sequences.
    """

    def __init__(
        self, model: Any, dtype: torch.dtype | None, *, most: int = 1024
    ) -> None:
        self.model = model
        self.config = model.config
        self.make = MAKES[model.config.model_type]
        self.dtype = dtype
        self.n_heads = int(model.config.num_attention_heads)
        self.first_position = first_position(model)
        modules = find_layers(model)
        self.widen: Any = getattr(model, "embeddings_project", None)
        self.rule = RowRule()
        # Whether sequences of several lengths go through attention together.
        self.is_ragged = False
        self.layers: Sequence[Layer]
        if dtype is None:
            self.layers = [LiveLayer(m) for m in modules]
        else:
            self._freeze(modules, dtype, most)

    def _freeze(
        self, modules: Sequence[LayerModules], dtype: torch.dtype, most: int
    ) -> None:
        """Copy the weights, and find the number of rows that a batch needs."""
        layers = [FrozenLayer(m, dtype) for m in modules]
        products = [product for layer in layers for product in layer.products]
        if self.widen is not None:
            self.widen = FrozenLinear(self.widen, torch.float32)
            products.append(self.widen)
        device = next(self.model.parameters()).device
        self.is_ragged = self.make.attention == "full" and has_ragged(device)
        # On a GPU, rows may differ in their last bits.
        if device.type == "cpu":
            self.rule = find_row_rule(products, most=most)
        for product in products:
            product.chunk = self.rule.chunk
        self.layers = layers

    def __call__(self, inputs: Sequence[Input]) -> Tensor:
        """Encode sequences as concatenated rows (n_pieces, width)."""
        x = self._embed(inputs)
        globals_at = [torch.from_numpy(i.global_at).to(x.device) for i in inputs]
        lengths = [len(i.ids) for i in inputs]
        for number, layer in enumerate(self.layers):
            context = self._attend(number, layer, x, lengths, globals_at)
            x = layer.feed_forward(layer.add_context(x, context))
        return x[: sum(lengths)]

    def _embed(self, inputs: Sequence[Input]) -> Tensor:
        device = next(self.model.parameters()).device
        ids = numpy.concatenate([i.ids for i in inputs])
        positions = numpy.concatenate([numpy.arange(len(i.ids)) for i in inputs])
        rows = torch.from_numpy(ids)[None].to(device)
        places = torch.from_numpy(positions + self.first_position)[None].to(device)
        boxes, types = join_boxes(inputs), join_types(inputs)
        placed = None if boxes is None else boxes[None].to(device)
        typed = torch.zeros_like(rows) if types is None else types[None].to(device)
        x = self.make.embed(self.model.embeddings, rows, places, typed, placed)
        embedded: Tensor = x[0]
        if self.dtype is not None:
            n_more = self.rule.count(len(embedded)) - len(embedded)
            embedded = pad(embedded, (0, 0, 0, n_more))
        return embedded if self.widen is None else self.widen(embedded)

    def _attend(
        self,
        number: int,
        layer: Layer,
        x: Tensor,
        lengths: Sequence[int],
        globals_at: Sequence[Tensor],
    ) -> Tensor:
        """Compute the context of each piece (n_pieces, width) from its own sequence.

        The context of padding rows is zero.
        """
        parts = [part.view(len(x), self.n_heads, -1) for part in layer.project(x)]
        contexts = []
        start = done = 0
        if self.is_ragged and len(set(lengths)) > 1:
            start = sum(lengths)
            q, k, v = (part[:start] for part in parts)
            context = attend_ragged(q, k, v, lengths)
            contexts.append(context.flatten(1))
            lengths = ()
        for length, same in groupby(lengths):
            n = len(list(same))
            stop = start + n * length
            q, k, v = (
                part[start:stop].view(n, length, *part.shape[1:]) for part in parts
            )
            rows, at = x[start:stop].view(n, length, -1), globals_at[done : done + n]
            if self.make.attention == "banded":
                context = self._attend_banded(number, layer, rows, (q, k, v), at)
            elif self._is_blocked(length):
                context = self._attend_blocked(q, k, v)
            else:
                context = attend(q, k, v, dropout=self._dropout)
            contexts.append(context.reshape(n * length, -1))
            start, done = stop, done + n
        contexts.append(contexts[0].new_zeros(len(x) - start, contexts[0].shape[1]))
        return torch.cat(contexts)

    def _attend_banded(
        self,
        number: int,
        layer: Layer,
        x: Tensor,
        qkv: Sequence[Tensor],
        globals_at: Sequence[Tensor],
    ) -> Tensor:
        contexts = []
        for rows, at, q, k, v in zip(x, globals_at, *qkv, strict=True):
            context = attend_banded(
                q,
                k,
                v,
                window=self.config.attention_window[number],
                global_at=at,
                dropout=self._dropout,
            )
            of_globals = layer.attend_globally(
                rows, at, n_heads=self.n_heads, dropout=self._dropout
            )
            contexts.append(context.index_copy(0, at, of_globals))
        return torch.stack(contexts)

    def _attend_blocked(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        block, n_random = self.config.block_size, self.config.num_random_blocks
        contexts = [
            attend_blocked(*one, block=block, n_random=n_random)
            for one in zip(q, k, v, strict=True)
        ]
        return torch.stack(contexts)

    def _is_blocked(self, length: int) -> bool:
        """Check whether a sequence is too long for full attention."""
        config = self.config
        return (
            self.make.attention == "blocked"
            and config.attention_type == "block_sparse"
            and is_blocked(length, config.block_size, config.num_random_blocks)
        )

    @property
    def _dropout(self) -> float:
        """Dropout rate of the attention weights."""
        if self.dtype is not None or not self.model.training:
            return 0.0
        names = ("attention_probs_dropout_prob", "attention_dropout")
        return next(getattr(self.config, n) for n in names if hasattr(self.config, n))


def join_boxes(inputs: Sequence[Input]) -> Tensor | None:
    """Concatenate the boxes of all pieces (n_pieces, 4); None without boxes."""
    boxes = [i.boxes for i in inputs if i.boxes is not None]
    return torch.from_numpy(numpy.concatenate(boxes)) if boxes else None


def join_types(inputs: Sequence[Input]) -> Tensor | None:
    """Concatenate the token types of all pieces (n_pieces); None without types.

    Inputs without types have the first type, as alone.
    """
    if all(i.types is None for i in inputs):
        return None
    types = [
        numpy.zeros(len(i.ids), dtype="int64") if i.types is None else i.types
        for i in inputs
    ]
    return torch.from_numpy(numpy.concatenate(types))
