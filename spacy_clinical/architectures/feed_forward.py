"""The layer before BigBird's head for question answering."""

from collections.abc import Callable
from typing import Any

from thinc.api import Model

from spacy_clinical.architectures.document_layers import activate, backprop_activation
from spacy_clinical.types import Floats2d

PARAMS = ("W_up", "b_up", "W_down", "b_down", "scale", "shift")


def build_feed_forward() -> Model[Floats2d, Floats2d]:
    """Build two linear layers whose output is added to the input and normalized.

    It returns its input unchanged until `set_feed_forward` sets its weights.
    """
    return Model(
        "feed_forward",
        forward,
        params=dict.fromkeys(PARAMS),
        attrs={"function": "", "eps": 0.0},
    )


def set_feed_forward(model: Model[Any, Any], block: Any) -> None:
    """Set the weights of a published layer, a `published_heads.Block`."""
    for name in PARAMS:
        value = getattr(block, name)
        as_array = model.ops.asarray2f if value.ndim == 2 else model.ops.asarray1f
        model.set_param(name, as_array(value))
    model.attrs["function"], model.attrs["eps"] = block.activation, block.eps


def forward(
    model: Model[Floats2d, Floats2d], X: Any, is_train: bool
) -> tuple[Any, Callable[[Any], Any]]:
    """Compute the normalized sum of X (n, width) and the layers' output."""
    function = model.attrs["function"]
    if not function:
        return X, lambda dY: dY
    ops, xp = model.ops, model.ops.xp
    W_up, b_up, W_down, b_down, scale, shift = map(model.get_param, PARAMS)
    Z = ops.gemm(X, W_up, trans2=True) + b_up
    H = activate(ops, function, Z)
    S = ops.gemm(H, W_down, trans2=True) + b_down + X
    mean = S.mean(axis=1, keepdims=True)
    deviation = xp.sqrt(S.var(axis=1, keepdims=True) + model.attrs["eps"])
    N = (S - mean) / deviation
    Y = N * scale + shift

    def backprop(dY: Any) -> Any:
        model.inc_grad("scale", (dY * N).sum(axis=0))
        model.inc_grad("shift", dY.sum(axis=0))
        dN = dY * scale
        d_mean = dN.mean(axis=1, keepdims=True)
        d_spread = (dN * N).mean(axis=1, keepdims=True)
        dS = (dN - d_mean - N * d_spread) / deviation
        model.inc_grad("W_down", ops.gemm(dS, H, trans1=True))
        model.inc_grad("b_down", dS.sum(axis=0))
        dH = ops.gemm(dS, W_down)
        dZ = backprop_activation(ops, function, dH, Z, H)
        model.inc_grad("W_up", ops.gemm(dZ, X, trans1=True))
        model.inc_grad("b_up", dZ.sum(axis=0))
        return dS + ops.gemm(dZ, W_up)

    return Y, backprop
