"""How fast the machine multiplies matrices: the limit of all contestants.

The products are those of BERT base's feed-forward layers on 1,024 pieces. Stages are
named by precision and kind: torch's linear layer, and oneDNN's with weights in its
own order, where torch has it.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn.functional import linear

N_ROWS, WIDTH, INNER = 1024, 768, 3072
GFLOP = 2 * N_ROWS * WIDTH * INNER / 1e9
N_REPEATS = 20
# A GPU must not wait for the next product to be asked for.
PRODUCTS_AT_ONCE = {"cpu": 1, "cuda": 100}
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def main() -> None:
    order = json.loads(sys.stdin.readline())
    torch.set_num_threads(order["threads"])
    device = torch.device(order["device"])
    print(json.dumps({"device": str(device)}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"gflops": measure(device)}), flush=True)


def measure(device: torch.device) -> dict[str, float]:
    """Measure the best of several products: GFLOP/s by precision and kind."""
    rates = {}
    with torch.no_grad():
        for precision, dtype in PRECISIONS.items():
            for kind, multiply in make_products(device, dtype):
                seconds = min(_time(multiply, device) for _ in range(N_REPEATS))
                rates[f"{precision} {kind}"] = GFLOP / seconds
    return rates


def make_products(
    device: torch.device, dtype: torch.dtype
) -> Iterator[tuple[str, Callable[[], Any]]]:
    x = torch.randn(N_ROWS, WIDTH, device=device).to(dtype)
    weight = torch.randn(INNER, WIDTH, device=device).to(dtype)
    yield "linear", lambda: linear(x, weight)
    ops: Any = torch.ops.mkldnn
    if device.type != "cpu" or not hasattr(ops, "_reorder_linear_weight"):
        return
    if dtype == torch.bfloat16 and not ops._is_mkldnn_bf16_supported():
        return
    packed = ops._reorder_linear_weight(weight, N_ROWS)
    yield "packed", lambda: ops._linear_pointwise(x, packed, None, "none", [], "")


def _time(multiply: Callable[[], Any], device: torch.device) -> float:
    n = PRODUCTS_AT_ONCE[device.type]
    start = time.perf_counter()
    for _ in range(n):
        multiply()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return (time.perf_counter() - start) / n


if __name__ == "__main__":
    main()
