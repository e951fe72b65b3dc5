"""Parts of a transformer layer, with the same names for all architectures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from spacy_clinical.encoders.forward.attention import attend
from spacy_clinical.encoders.forward.linear import FrozenLinear

# Encoders of this width have rows in float32 between products.
WIDE = 512


@dataclass(frozen=True)
class LayerModules:
    """Modules of a layer with post-layer normalization.

    global_query, global_key, global_value: Projections for global attention, in
        Longformer.
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
    """Interface of a layer for `PackedEncoder`. Inputs are rows (n_pieces, width)."""

    def project(self, x: Tensor) -> Sequence[Tensor]:
        """Compute queries, keys and values."""

    def attend_globally(
        self, x: Tensor, at: Tensor, *, n_heads: int, dropout: float
    ) -> Tensor:
        """Compute the context of global pieces from the whole sequence.

        x (length, width): Rows of the sequence.
        at (n_global): Positions of the global pieces.
        RETURNS (n_global, n_heads, head_width): Their context.
        """

    def add_context(self, x: Tensor, context: Tensor) -> Tensor:
        """Add the context from attention, project and normalize."""

    def feed_forward(self, x: Tensor) -> Tensor:
        """Compute the feed-forward half of the layer."""


class LiveLayer:
    """A trainable layer of transformers' modules."""

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
    """A copy of a layer's weights for prediction, in the fastest layout and precision.

    Products are computed in that precision. Between them, rows are float32, which changes
    fewer labels and costs a wide encoder 3 % of its time. A narrow one computes little in
    its products, and rows in bfloat16 save 12 % of its time.
    """

    def __init__(self, modules: LayerModules, dtype: torch.dtype) -> None:
        m = modules
        self.dtype = dtype
        self.query = FrozenLinear(m.query, dtype)
        is_narrow = self.query.n_inputs < WIDE and self.query.device.type == "cpu"
        # The precision of rows between products.
        self.between = dtype if is_narrow else torch.float32
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
        """Products that are applied to all rows of a batch."""
        return [self.query, self.key, self.value, self.out, self.up, self.down]

    def project(self, x: Tensor) -> Sequence[Tensor]:
        x = x.to(self.dtype)
        return self.query(x), self.key(x), self.value(x)

    def attend_globally(
        self, x: Tensor, at: Tensor, *, n_heads: int, dropout: float
    ) -> Tensor:
        # Few pieces are global, so it is cheaper to multiply their queries by the keys'
        # weights than to project the whole sequence to keys. The same holds for values.
        # The keys' bias can be left out: it adds a constant to all scores of a query.
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
        return self.out_norm(self.out(context) + x.to(self.between))

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
    """Get the modules of a layer of BERT or a similar model."""
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
    """Get the modules of a layer of DistilBERT."""
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
