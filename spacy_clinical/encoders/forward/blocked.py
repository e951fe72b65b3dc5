"""BigBird's attention: neighboring blocks, and the first and last one."""

import math
from functools import partial

import torch
from torch import Tensor

from spacy_clinical.encoders.forward.attention import attend

# Blocks of queries that are computed together, though each sees fewer keys.
TOGETHER = 4


def is_blocked(length: int, block: int, n_random: int) -> bool:
    """Check whether a sequence is long enough; shorter ones get full attention."""
    return length > (5 + 2 * n_random) * block


def attend_blocked(
    q: Tensor, k: Tensor, v: Tensor, *, block: int, n_random: int
) -> Tensor:
    """Attend from each block of a sequence to its neighbors, the first and the last.

    The first and the last block see everything. Where the paper draws blocks at
    random, transformers takes the first block again outside of training. It counts
    (n_random + 1) times then, which adds a constant to its scores. That is done here
    in training too, so that a model is used as it was trained.

    q, k, v (length, n_heads, head_width): Not yet scaled.
    block (pieces): The last block of a sequence may be shorter.
    n_random: Number of blocks that the checkpoint draws at random.
    RETURNS (length, n_heads, head_width)
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
    """Hide blocks that are no neighbors, and weigh the first.

    RETURNS (stop - start, block + high - low + n_last)
    """
    queries = torch.arange(start, stop, device=like.device)[:, None] // block
    keys = torch.arange(low, high, device=like.device) // block
    is_far = (keys - queries).abs() > 1
    first = like.new_full((stop - start, block), math.log(n_random + 1))
    band = like.new_zeros(is_far.shape).masked_fill(is_far, -torch.inf)
    return torch.cat([first, band, like.new_zeros(stop - start, n_last)], dim=1)
