"""Matrix products whose rows don't depend on the number of rows in a batch.

Libraries use different code for products of few and of many rows, with a different
order of summation. So a note's scores would depend on the other notes of its batch.
With oneDNN's bfloat16 on AMX, for example, 17 to 512 rows differ from 4,096 in some of
100,000 elements. A list of processors would soon be outdated, so each product is tested
once.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from spacy_clinical.encoders.remembered import recall, remember

# Numbers of rows to which batches may be padded.
LEAST = (1, 2, 16, 64, 256, 512, 1024, 2048)
# Numbers of rows to test.
COUNTS = sorted({*LEAST, 8, 17, 33, 65, 129, 257, 385, 513, 777, 1025, 1537, 3001})
# Rows of a product if no minimum number is enough.
CHUNK = 2048


class RowRule(NamedTuple):
    """The number of rows that a batch must have.

    least: Minimum number; smaller batches are padded.
    chunk: Rows per product; batches are padded to a multiple of it. 0 for all rows at
        once.
    """

    least: int = 1
    chunk: int = 0

    def count(self, n_rows: int) -> int:
        """Count the rows that a batch of `n_rows` is padded to."""
        if self.chunk:
            return -(-n_rows // self.chunk) * self.chunk
        return max(n_rows, self.least)


class Product(Protocol):
    """Interface of a linear layer for `find_row_rule`.

    n_inputs: Width of the input.
    dtype: Precision.
    device: Where it multiplies.
    key: Key that is equal for layers that are computed by the same code.
    """

    n_inputs: int
    dtype: torch.dtype

    @property
    def device(self) -> torch.device: ...

    @property
    def key(self) -> tuple[object, ...]:
        """Shape, precision and other properties that the code depends on."""

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply (n_rows, n_inputs)."""


_RULES: dict[tuple[object, ...], RowRule] = {}


def find_row_rule(products: Iterable[Product], *, most: int) -> RowRule:
    """Find the number of rows that a batch needs on this processor.

    Products of the same shape and precision are tested once on a processor; see
    `remembered`.

    products: The linear layers.
    most (rows): Size of the largest batch with several sequences.
    """
    rule = RowRule()
    for product in products:
        key = (*product.key, most, torch.get_num_threads())
        if key not in _RULES:
            known = _recall(key, product)
            _RULES[key] = known or _try_out(product, most)
            if known is None:
                remember("rows", key, product.device, _RULES[key])
        least, chunk = _RULES[key]
        rule = RowRule(max(rule.least, least), max(rule.chunk, chunk))
    return rule


def _recall(key: tuple[object, ...], product: Product) -> RowRule | None:
    match recall("rows", key, product.device):
        case [int(least), 0] if least in LEAST:
            return RowRule(least=least)
        case [1, int(chunk)] if chunk == CHUNK:
            return RowRule(chunk=chunk)
    return None


def _try_out(product: Product, most: int) -> RowRule:
    # Its own generator, so that prediction doesn't change seeded random numbers.
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(most, product.n_inputs, generator=generator).to(product.dtype)
    with torch.no_grad():
        whole = product(x)
        # The last rows, to test the effect of their position too.
        unlike = [
            n
            for n in COUNTS
            if n < most and not torch.equal(product(x[-n:]), whole[-n:])
        ]
    enough = [n for n in LEAST if n > max(unlike, default=0) and n <= most]
    return RowRule(least=enough[0]) if enough else RowRule(chunk=CHUNK)


def multiply_in_chunks(
    multiply: Callable[[Tensor], Tensor], x: Tensor, chunk: int
) -> Tensor:
    """Multiply `chunk` rows at a time; for 0, all rows at once."""
    if not chunk or len(x) <= chunk:
        return multiply(x)
    return torch.cat([multiply(part) for part in x.split(chunk)])
