"""BigBird's attention: neighboring blocks, and the first and last block."""

import math
from functools import partial

import torch
from torch import Tensor

from spacy_clinical.encoders.forward.attention import attend

# Blocks of queries that are computed together, with a mask for each.
TOGETHER = 4


def is_blocked(length: int, block: int, n_random: int) -> bool:
    """Check whether a sequence is long enough for blocks; others get full attention."""
    return length > (5 + 2 * n_random) * block


def attend_blocked(
    q: Tensor, k: Tensor, v: Tensor, *, block: int, n_random: int
) -> Tensor:
    """Compute attention of each block to its neighbors, the first and the last block.

    The first and the last block attend to everything. Instead of the paper's random
    blocks, transformers uses the first block again in evaluation. It then counts
    (n_random + 1) times, which adds a constant to its scores. Here this is done in
    training too, so that training and prediction agree.

    q, k, v (length, n_heads, head_width): Queries, keys and values, not scaled.
    block (pieces): Size of a block. The last one may be shorter.
    n_random: Number of random blocks of the checkpoint.
    RETURNS (length, n_heads, head_width): The context of each piece.
    SOURCE: Zaheer et al. 2020, Big Bird; the numbers are those of transformers'
        BigBirdBlockSparseAttention in evaluation.
    """
    length = len(q)
    last = (length - 1) // block * block
    see_all = partial(attend, k=k[None], v=v[None])
    contexts = [see_all(q[None, :block])[0]]
    for start in range(block, last, TOGETHER * block):
        stop = min(last, start + TOGETHER * block)
        low, high = max(block, start - block), min(last, stop + block)
        seen = [slice(0, block), slice(low, high), slice(last, length)]
        bias = _make_bias(q, start, stop, low, high, length - last, block, n_random)
        context = attend(
            q[None, start:stop],
            torch.cat([k[part] for part in seen])[None],
            torch.cat([v[part] for part in seen])[None],
            bias=bias,
        )
        contexts.append(context[0])
    contexts.append(see_all(q[None, last:])[0])
    return torch.cat(contexts)


def _make_bias(
    like: Tensor,
    start: int,
    stop: int,
    low: int,
    high: int,
    n_last: int,
    block: int,
    n_random: int,
) -> Tensor:
    """Make a bias that masks blocks that aren't neighbors, and weights the first one.

    RETURNS (stop - start, block + high - low + n_last): The bias.
    """
    queries = torch.arange(start, stop, device=like.device)[:, None] // block
    keys = torch.arange(low, high, device=like.device) // block
    is_far = (keys - queries).abs() > 1
    first = like.new_full((stop - start, block), math.log(n_random + 1))
    band = like.new_zeros(is_far.shape).masked_fill(is_far, -torch.inf)
    return torch.cat([first, band, like.new_zeros(stop - start, n_last)], dim=1)
