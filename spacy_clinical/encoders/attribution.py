"""Attribution of a score to wordpieces."""

from collections.abc import Callable
from typing import Any

import torch

from spacy_clinical.encoders.runtime import Runtime
from spacy_clinical.pieces.batches import Input
from spacy_clinical.types import Floats1d, Floats2d


def attribute(
    runtime: Runtime,
    window: Input,
    backprop_score: Callable[[Floats2d], Floats2d],
    *,
    steps: int = 1,
) -> Floats1d:
    """Attribute a score to the wordpieces of a window.

    One step computes gradient times input, a linear estimate of how much the score
    would fall if a piece's embedding were zero. More steps compute integrated gradients,
    the mean gradient on the path from zero embeddings. Their shares add up to the score
    minus that of a window of zeros, up to the error of the approximation.

    runtime: The encoder.
    window: The window, with special tokens.
    backprop_score: Function from the encoder's rows (window length, width) to the
        gradient of the score for them.
    steps: Number of steps.
    RETURNS (window length): The share of each wordpiece.
    SOURCE: Shrikumar et al. 2016, arXiv 1605.01713; Sundararajan et al. 2017, arXiv
        1703.01365.
    """
    table = runtime.model.get_input_embeddings()
    total: Any = 0.0
    for step in range(steps):
        factor = 1.0 if steps == 1 else (step + 0.5) / steps
        embedded: list[Any] = []

        def scale(module: Any, inputs: Any, rows: Any, factor: float = factor) -> Any:
            embedded.append(rows.detach())  # noqa: B023
            embedded.append((rows.detach() * factor).requires_grad_())  # noqa: B023
            return embedded[1]  # noqa: B023

        hook = table.register_forward_hook(scale)
        try:
            rows = runtime.encode_live([window])
        finally:
            hook.remove()
        d_rows = torch.from_numpy(backprop_score(rows.detach().float().cpu().numpy()))
        [gradient] = torch.autograd.grad(rows, [embedded[1]], d_rows.to(rows))
        total = total + (gradient * embedded[0]).sum(-1)[0] / steps
    shares: Floats1d = total.float().cpu().numpy()
    return shares
