"""Longformer's attention: a sliding window, and some pieces that see everything."""

import torch
from torch import Tensor

from spacy_clinical.encoders.forward.attention import attend


def attend_banded(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    window: int,
    global_at: Tensor,
    dropout: float = 0.0,
) -> Tensor:
    """Attend from each piece of a sequence to its neighbors and the global pieces.

    What the global pieces themselves see is not computed here.

    q, k, v (length, n_heads, head_width): Not yet scaled.
    window (pieces): Neighbors on both sides together.
    global_at (n_global): Positions of the global pieces, ascending.
    dropout: Rate on the attention weights.
    RETURNS (length, n_heads, head_width)
    SOURCE: Beltagy, Peters & Cohan 2020, Longformer; the numbers are those of
        transformers' LongformerSelfAttention.
    """
    length, side = len(q), window // 2
    band = _make_band(side, q)
    k_global, v_global = k[global_at], v[global_at]
    contexts = []
    # Blocks of queries see the block before, their own and the one behind:
    #
    #   keys     0 . . . | . . . . | . . . . | . . . .
    #   queries            . x x .               (side = 4, the second block)
    #   seen     - - - - - - - - - - - -
    for start in range(0, length, side):
        stop = min(length, start + side)
        low, high = max(0, start - side), min(length, stop + side)
        bias = band[: stop - start, low - start + side : high - start + side].clone()
        inside = global_at[(global_at >= low) & (global_at < high)]
        bias[:, inside - low] = -torch.inf
        bias = torch.cat([bias.new_zeros(len(bias), len(global_at)), bias], dim=1)
        context = attend(
            q[None, start:stop],
            torch.cat([k_global, k[low:high]])[None],
            torch.cat([v_global, v[low:high]])[None],
            bias=bias,
            dropout=dropout,
        )
        contexts.append(context[0])
    return torch.cat(contexts)


def _make_band(side: int, like: Tensor) -> Tensor:
    """Hide keys that are too far away (side, 3 * side)."""
    queries = torch.arange(side, device=like.device)[:, None]
    keys = torch.arange(-side, 2 * side, device=like.device)
    is_far = (keys - queries).abs() > side
    return like.new_zeros(side, 3 * side).masked_fill(is_far, -torch.inf)
