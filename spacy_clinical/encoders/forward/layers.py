"""The parts of a transformer layer, under one set of names for all architectures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from spacy_clinical.encoders.forward.attention import attend
from spacy_clinical.encoders.forward.linear import FrozenLinear


@dataclass(frozen=True)
class LayerModules:
    """The modules of a layer that normalizes after each of its two halves.

    global_query, global_key, global_value: What pieces with global attention are
        projected by, in Longformer.
    """

    query: Any
    key: Any
    value: Any
    out: Any
    out_dropout: nn.Module
    out_norm: Any
    up: Any
    activation: nn.Module
    down: Any
    down_dropout: nn.Module
    down_norm: Any
    global_query: Any = None
    global_key: Any = None
    global_value: Any = None


class Layer(Protocol):
    """What the packed forward asks of a layer. Rows are pieces: (n_pieces, width)."""

    def project(self, x: Tensor) -> Sequence[Tensor]:
        """Queries, keys and values."""

    def attend_globally(
        self, x: Tensor, at: Tensor, *, n_heads: int, dropout: float
    ) -> Tensor:
        """Compute what the pieces at some positions gather from the whole sequence.

        RETURNS (n_global, n_heads, head_width)
        """

    def add_context(self, x: Tensor, context: Tensor) -> Tensor:
        """Finish the first half, from what attention has gathered."""

    def feed_forward(self, x: Tensor) -> Tensor:
        """Compute the second half of the layer."""


class LiveLayer:
    """A layer of transformers' own modules, that can learn."""

    def __init__(self, modules: LayerModules) -> None:
        self.m = modules

    def project(self, x: Tensor) -> Sequence[Tensor]:
        return self.m.query(x), self.m.key(x), self.m.value(x)

    def attend_globally(
        self, x: Tensor, at: Tensor, *, n_heads: int, dropout: float
    ) -> Tensor:
        m = self.m
        parts = (m.global_query(x[at]), m.global_key(x), m.global_value(x))
        q, k, v = (part.view(1, len(part), n_heads, -1) for part in parts)
        return attend(q, k, v, dropout=dropout)[0]

    def add_context(self, x: Tensor, context: Tensor) -> Tensor:
        y: Tensor = self.m.out_norm(self.m.out_dropout(self.m.out(context)) + x)
        return y

    def feed_forward(self, x: Tensor) -> Tensor:
        m = self.m
        y: Tensor = m.down(m.activation(m.up(x)))
        return m.down_norm(m.down_dropout(y) + x)


class FrozenLayer:
    """A copy of a layer's weights, in the order and precision that predict fastest.

    Only products are computed in that precision: rows stay in float32 between them,
    which costs little and keeps more labels.
    """

    def __init__(self, modules: LayerModules, dtype: torch.dtype) -> None:
        m = modules
        self.dtype = dtype
        self.query = FrozenLinear(m.query, dtype)
        self.key = FrozenLinear(m.key, dtype)
        self.value = FrozenLinear(m.value, dtype)
        self.out = FrozenLinear(m.out, dtype)
        self.out_norm = FrozenNorm(m.out_norm)
        self.up = FrozenLinear(m.up, dtype, m.activation)
        self.down = FrozenLinear(m.down, dtype)
        self.down_norm = FrozenNorm(m.down_norm)
        if m.global_query is not None:
            self.global_query = FrozenLinear(m.global_query, dtype)
            self.global_key = m.global_key.weight.detach().to(dtype)
            self.global_value = m.global_value.weight.detach().to(dtype)
            self.global_bias = m.global_value.bias.detach().to(dtype)

    @property
    def products(self) -> list[FrozenLinear]:
        """The products that all rows of a batch go through."""
        return [self.query, self.key, self.value, self.out, self.up, self.down]

    def project(self, x: Tensor) -> Sequence[Tensor]:
        x = x.to(self.dtype)
        return self.query(x), self.key(x), self.value(x)

    def attend_globally(
        self, x: Tensor, at: Tensor, *, n_heads: int, dropout: float
    ) -> Tensor:
        # Few pieces are global: it is cheaper to take their queries back through the
        # keys' weights than to project the whole sequence to keys, and the same for
        # values. The keys' bias adds the same to all scores of a query.
        x = x.to(self.dtype)
        q = self.global_query(x[at]).view(len(at), n_heads, -1)
        to_keys = self.global_key.view(n_heads, -1, x.shape[1])
        to_values = self.global_value.view(n_heads, -1, x.shape[1])
        wanted = torch.einsum("ghd,hdw->ghw", q * q.shape[-1] ** -0.5, to_keys)
        weights = torch.softmax(wanted.flatten(0, 1) @ x.t(), dim=-1)
        gathered = (weights @ x).view(len(at), n_heads, -1)
        context = torch.einsum("ghw,hdw->ghd", gathered, to_values)
        return context + self.global_bias.view(n_heads, -1)

    def add_context(self, x: Tensor, context: Tensor) -> Tensor:
        return self.out_norm(self.out(context) + x)

    def feed_forward(self, x: Tensor) -> Tensor:
        return self.down_norm(self.down(self.up(x.to(self.dtype))) + x)


class FrozenNorm:
    """A copy of a layer normalization."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        self.shape, self.eps = norm.normalized_shape, norm.eps
        self.weight = norm.weight.detach().clone()
        self.bias = norm.bias.detach().clone()

    def __call__(self, x: Tensor) -> Tensor:
        return layer_norm(x, self.shape, self.weight, self.bias, self.eps)


def read_bert(block: Any) -> LayerModules:
    """Read a layer of BERT and its kin."""
    inner, closing = block.attention.self, block.attention.output
    return LayerModules(
        query=inner.query,
        key=inner.key,
        value=inner.value,
        out=closing.dense,
        out_dropout=closing.dropout,
        out_norm=closing.LayerNorm,
        up=block.intermediate.dense,
        activation=block.intermediate.intermediate_act_fn,
        down=block.output.dense,
        down_dropout=block.output.dropout,
        down_norm=block.output.LayerNorm,
        global_query=getattr(inner, "query_global", None),
        global_key=getattr(inner, "key_global", None),
        global_value=getattr(inner, "value_global", None),
    )


def read_distilbert(block: Any) -> LayerModules:
    """Read a layer of DistilBERT."""
    inner = block.attention
    return LayerModules(
        query=inner.q_lin,
        key=inner.k_lin,
        value=inner.v_lin,
        out=inner.out_lin,
        out_dropout=nn.Identity(),
        out_norm=block.sa_layer_norm,
        up=block.ffn.lin1,
        activation=block.ffn.activation,
        down=block.ffn.lin2,
        down_dropout=block.ffn.dropout,
        down_norm=block.output_layer_norm,
    )
