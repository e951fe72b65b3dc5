"""Full attention, with the fastest code for the processor."""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate

import torch
from torch import Tensor
from torch.nn.functional import pad, scaled_dot_product_attention

from spacy_clinical.encoders.forward.linear import has_onednn, multiply
from spacy_clinical.encoders.forward.precision import is_amd, read_processor

# Maximum number of attention scores in memory at once.
MAX_SCORES = 1 << 22
# Number of sequences to test fused attention with, and their lengths (pieces).
TRIED_SEQUENCES = 5
TRIED_LENGTHS = (3, 14, 33, 100, 200, 252, 384)
# Scores that are computed at once, and how many of an incomplete group are slower than
# a group that is padded.
LANES = 16
MANY_OVER = 6


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    bias: Tensor | None = None,
    dropout: float = 0.0,
) -> Tensor:
    """Compute attention in sequences of equal length.

    q (n_sequences, n_queries, n_heads, head_width): Queries, not scaled.
    k, v (n_sequences, n_keys, n_heads, head_width): Keys and values.
    bias (n_queries, n_keys): Added to the scores; minus infinity masks a key.
    dropout: Dropout rate of the attention weights.
    RETURNS (n_sequences, n_queries, n_heads, head_width): The context of each query.
    """
    q, k, v = (part.transpose(1, 2) for part in (q, k, v))
    if torch.is_grad_enabled():
        context = scaled_dot_product_attention(
            q, k, v, attn_mask=bias, dropout_p=dropout
        )
    elif is_slow_in_sdpa(q):
        context = _attend_by_products(q, k, v, bias)
    elif len(q) == 1 or is_same_alone(q):
        context = _attend_fused(q, k, v, bias)
    else:
        context = _attend_alone(q, k, v, bias)
    return context.transpose(1, 2)


def has_ragged(device: torch.device) -> bool:
    """Check whether torch has attention for sequences of several lengths that is fast.

    It is torch's on a GPU, from 2.5 on. On a CPU, it is slower than length by length.
    """
    return device.type == "cuda" and hasattr(torch.nested, "nested_tensor_from_jagged")


def attend_ragged(q: Tensor, k: Tensor, v: Tensor, lengths: Sequence[int]) -> Tensor:
    """Compute attention in sequences of any lengths at once; see `has_ragged`.

    On a GPU, one call for all sequences costs less than one for those of each length.

    q, k, v (n_pieces, n_heads, head_width): Queries, not scaled, keys and values of all
        sequences, one after the other.
    lengths (pieces): Of the sequences.
    RETURNS (n_pieces, n_heads, head_width): The context of each query.
    """
    borders = torch.tensor([0, *accumulate(lengths)], device=q.device)
    q, k, v = (
        torch.nested.nested_tensor_from_jagged(
            part, borders, min_seqlen=min(lengths), max_seqlen=max(lengths)
        ).transpose(1, 2)
        for part in (q, k, v)
    )
    context: Tensor = scaled_dot_product_attention(q, k, v)
    return context.transpose(1, 2).values()


def is_same_alone(q: Tensor) -> bool:
    """Check whether a sequence gives bit-identical results alone and in a batch.

    torch's fused attention also chooses its code by the number of sequences and
    threads. It is tested once for each shape of heads. On a GPU, bits may differ.

    q (n_sequences, n_heads, n_queries, head_width): Queries.
    """
    if q.device.type != "cpu":
        return True
    return _try_out(q.dtype, q.shape[1], q.shape[3], torch.get_num_threads())


@cache
def _try_out(dtype: torch.dtype, n_heads: int, width: int, n_threads: int) -> bool:
    generator = torch.Generator().manual_seed(0)
    for length in TRIED_LENGTHS:
        shape = 3, TRIED_SEQUENCES, n_heads, length, width
        q, k, v = torch.randn(shape, generator=generator).to(dtype)
        together = _attend_fused(q, k, v, None)
        if not torch.equal(together, _attend_alone(q, k, v, None)):
            return False
    return True


def _attend_alone(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    parts = zip(q.split(1), k.split(1), v.split(1), strict=True)
    contexts = [_attend_fused(*one, bias) for one in parts]
    return torch.cat(contexts)


def _attend_fused(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    """Compute attention by torch's fused code.

    In bfloat16, it computes the scores that are over after the last full group one by one:
    31 keys take twice as long as 32. So keys are padded, and the padding is masked.
    """
    n_over = k.shape[2] % LANES
    is_slow = q.device.type == "cpu" and q.dtype == torch.bfloat16
    if is_slow and bias is None and n_over >= MANY_OVER:
        bias = _mask_padding(k.shape[2], LANES - n_over, q.dtype)
        # Heads come after rows in memory.
        k, v = (
            pad(part.transpose(1, 2), (0, 0, 0, 0, 0, LANES - n_over)).transpose(1, 2)
            for part in (k, v)
        )
    return scaled_dot_product_attention(q, k, v, attn_mask=bias)


@cache
def _mask_padding(n_keys: int, n_padding: int, dtype: torch.dtype) -> Tensor:
    mask = torch.zeros(1, n_keys + n_padding, dtype=dtype)
    mask[:, n_keys:] = float("-inf")
    return mask


def is_slow_in_sdpa(q: Tensor) -> bool:
    """Check whether plain products are faster than torch's fused attention.

    Fused attention uses MKL. On AMD, MKL runs at half its speed. Without AMX, it is not
    faster in bfloat16 than in float32.
    """
    return q.device.type == "cpu" and has_onednn(q.dtype) and _is_slow_processor()


@cache
def _is_slow_processor() -> bool:
    processor = read_processor()
    return is_amd(processor) and not processor.get("amx_bf16", False)


def _attend_by_products(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    q = q * q.shape[-1] ** -0.5
    context = torch.empty(q.shape, dtype=q.dtype)
    for one in range(len(q)):
        parts = q[one], k[one], v[one], bias, context[one]
        if q.dtype == torch.float32:
            _attend_by_head(*parts)
        else:
            _attend_by_batch(*parts)
    return context


def _attend_by_head(
    q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, context: Tensor
) -> None:
    """Compute attention head by head, so that scores stay in the cache.

    q, k, v (n_heads, length, head_width): Queries, keys and values.
    context (n_heads, length, head_width): The output, written in place.
    """
    step = max(1, MAX_SCORES // k.shape[1])
    for head in range(len(q)):
        keys, values = k[head].contiguous(), v[head].t().contiguous()
        for start in range(0, q.shape[1], step):
            rows = slice(start, start + step)
            scores = multiply(q[head, rows].contiguous(), keys)
            if bias is not None:
                scores += bias[rows]
            weights = torch.softmax(scores, dim=-1)
            context[head, rows] = multiply(weights, values)


def _attend_by_batch(
    q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, context: Tensor
) -> None:
    """Compute attention of all heads at once, which oneDNN supports in bfloat16."""
    keys, values = k.transpose(1, 2).contiguous(), v.contiguous()
    step = max(1, MAX_SCORES // (len(q) * k.shape[1]))
    for start in range(0, q.shape[1], step):
        rows = slice(start, start + step)
        scores = torch.bmm(q[:, rows].contiguous(), keys)
        if bias is not None:
            scores += bias[rows]
        context[:, rows] = torch.bmm(torch.softmax(scores, dim=-1), values)
