"""Keep the rows of a product the same, however many rows share it.

Libraries compute products of few rows by other code than products of many, which adds
up in another order: a note's scores would depend on the notes beside it. In oneDNN's
bfloat16 on AMX, for one, 17 to 512 rows differ from 4,096 in some elements of 100,000.
No list of processors would stay true, so each product is tried once.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

# Numbers of rows that batches may be filled up to.
LEAST = (1, 2, 16, 64, 256, 512, 1024, 2048)
# Numbers of rows that are tried.
COUNTS = sorted({*LEAST, 8, 17, 33, 65, 129, 257, 385, 513, 777, 1025, 1537, 3001})
# Rows of a product where no number of them is enough.
CHUNK = 2048


class RowRule(NamedTuple):
    """How many rows a batch has to have.

    least: Smaller batches are filled up.
    chunk: Products take so many rows at a time, and batches are a multiple of it;
        0 for all rows at once.
    """

    least: int = 1
    chunk: int = 0

    def count(self, n_rows: int) -> int:
        """Count the rows that a batch of `n_rows` is padded to."""
        if self.chunk:
            return -(-n_rows // self.chunk) * self.chunk
        return max(n_rows, self.least)


class Product(Protocol):
    """What `find_row_rule` asks of a linear layer.

    key: Equal for layers that are computed by the same code.
    """

    n_inputs: int
    dtype: torch.dtype

    @property
    def key(self) -> tuple[object, ...]:
        """Shape, precision and what else the code depends on."""

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply (n_rows, n_inputs)."""


_KNOWN: dict[tuple[object, ...], RowRule] = {}


def find_row_rule(products: Iterable[Product], *, most: int) -> RowRule:
    """Find how many rows a batch needs on this processor.

    Products of the same shape and precision are tried once in a process.

    most (rows): Largest batch that several sequences share.
    """
    rule = RowRule()
    for product in products:
        key = (*product.key, most, torch.get_num_threads())
        if key not in _KNOWN:
            _KNOWN[key] = _try_out(product, most)
        least, chunk = _KNOWN[key]
        rule = RowRule(max(rule.least, least), max(rule.chunk, chunk))
    return rule


def _try_out(product: Product, most: int) -> RowRule:
    # A generator of its own: predicting must not change what a seed gives.
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(most, product.n_inputs, generator=generator).to(product.dtype)
    with torch.no_grad():
        whole = product(x)
        # The last rows, so that their place is tried too.
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
    """Multiply so many rows at a time, for 0 all at once."""
    if not chunk or len(x) <= chunk:
        return multiply(x)
    return torch.cat([multiply(part) for part in x.split(chunk)])
