"""Longformer's attention: a sliding window, and global pieces."""

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
    """Compute attention of each piece to its neighbors and the global pieces.

    The context of the global pieces themselves is not computed here.

    q, k, v (length, n_heads, head_width): Queries, keys and values, not scaled.
    window (pieces): Number of neighbors on both sides together.
    global_at (n_global): Positions of the global pieces, ascending.
    dropout: Dropout rate of the attention weights.
    RETURNS (length, n_heads, head_width): The context of each piece.
    SOURCE: Beltagy, Peters & Cohan 2020, Longformer; the numbers are those of
        transformers' LongformerSelfAttention.
    """
    length, side = len(q), window // 2
    band = _make_band(side, q)
    k_global, v_global = k[global_at], v[global_at]
    contexts = []
    # A block of queries attends to the block before, its own and the next one:
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
    """Make a bias (side, 3 * side) that masks keys outside the window."""
    queries = torch.arange(side, device=like.device)[:, None]
    keys = torch.arange(-side, 2 * side, device=like.device)
    is_far = (keys - queries).abs() > side
    return like.new_zeros(side, 3 * side).masked_fill(is_far, -torch.inf)
