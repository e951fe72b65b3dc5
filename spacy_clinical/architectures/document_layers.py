"""Layers of a head over windows of a note."""

from collections.abc import Callable
from typing import Any

from thinc.api import Model

from spacy_clinical.types import Floats1d, Floats2d


def build_hidden() -> Model[Floats2d, Floats2d]:
    """Build the layer between the encoder and the labels of a published head.

    It returns its input unchanged until `set_hidden` sets its weights.
    """
    return Model(
        "hidden", forward_hidden, params={"W": None, "b": None}, attrs={"function": ""}
    )


def set_hidden(model: Model[Any, Any], W: Floats2d, b: Any, function: str) -> None:
    """Set the layer's weights W (nO, nI) and b (nO), and a Thinc activation."""
    model.set_param("W", model.ops.asarray2f(W))
    model.set_param("b", model.ops.asarray1f(b))
    model.attrs["function"] = function


def forward_hidden(
    model: Model[Floats2d, Floats2d], X: Any, is_train: bool
) -> tuple[Any, Callable[[Any], Any]]:
    """Compute f(X W + b) (n, nO) of X (n, nI)."""
    if not model.attrs["function"]:
        return X, lambda dY: dY
    ops, W = model.ops, model.get_param("W")
    Z, Y = _activate(model, X)

    def backprop(dY: Any) -> Any:
        dZ = backprop_activation(ops, model.attrs["function"], dY, Z, Y)
        model.inc_grad("W", ops.gemm(dZ, X, trans1=True))
        model.inc_grad("b", dZ.sum(axis=0))
        return ops.gemm(dZ, W)

    return Y, backprop


def _activate(model: Model[Any, Any], X: Any) -> tuple[Any, Any]:
    """Compute the input and the output of the activation."""
    Z = model.ops.gemm(X, model.get_param("W"), trans2=True) + model.get_param("b")
    return Z, activate(model.ops, model.attrs["function"], Z)


def activate(ops: Any, function: str, Z: Any) -> Any:
    """Apply an activation: "tanh", or one of Thinc's operations."""
    return ops.xp.tanh(Z) if function == "tanh" else getattr(ops, function)(Z)


def backprop_activation(ops: Any, function: str, dY: Any, Z: Any, Y: Any) -> Any:
    """Compute the gradient of an activation's input.

    dY: Gradient of its output.
    Z, Y: Its input and output.
    """
    if function == "tanh":
        return dY * (1 - Y * Y)
    if function == "relu":
        return dY * (Z > 0)
    return getattr(ops, f"backprop_{function}")(dY, Z)


def find_input_gradient(
    hidden: Model[Any, Any], output: Model[Any, Any], x: Floats1d, column: int
) -> Floats1d:
    """Compute the gradient of one logit for a window's vector, not for the weights.

    x (width): The window's vector.
    column: Index among all columns of the head.
    RETURNS (width): The gradient.
    """
    ops = output.ops
    d_row = ops.asarray2f(output.get_param("W")[column][None])
    if hidden.attrs["function"]:
        Z, Y = _activate(hidden, ops.asarray2f(x[None]))
        dZ = backprop_activation(ops, hidden.attrs["function"], d_row, Z, Y)
        d_row = ops.gemm(dZ, hidden.get_param("W"))
    gradient: Floats1d = ops.to_numpy(d_row)[0]
    return gradient


def build_label_scores() -> Model[Floats2d, Floats2d]:
    """Build a linear layer that can compute only some of its columns.

    attrs["columns"]: The columns to compute; None for all.
    """
    return Model(
        "label_scores",
        forward_label_scores,
        dims={"nO": None, "nI": None},
        params={"W": None, "b": None},
        attrs={"columns": None},
    )


def set_label_scores(model: Model[Any, Any], W: Floats2d, b: Any) -> None:
    """Set the layer's weights W (nO, nI) and b (nO)."""
    for dim, size in zip(("nO", "nI"), W.shape, strict=True):
        model.set_dim(dim, size, force=True)
    model.set_param("W", model.ops.asarray2f(W))
    model.set_param("b", model.ops.asarray1f(b))


def set_published_head(
    hidden: Model[Any, Any], output: Model[Any, Any], head: Any
) -> None:
    """Set the weights of both layers to those of a published head.

    head: An `encoders.published_heads.Head`, which isn't imported here: it needs torch.
    """
    set_label_scores(output, head.W, head.b)
    if head.hidden is not None:
        set_hidden(hidden, head.hidden.W, head.hidden.b, head.hidden.activation)


def forward_label_scores(
    model: Model[Floats2d, Floats2d], X: Any, is_train: bool
) -> tuple[Any, Callable[[Any], Any]]:
    """Compute the logits (n, selected columns) of X (n, nI)."""
    ops = model.ops
    columns = model.attrs["columns"]
    W, b = model.get_param("W"), model.get_param("b")
    is_all = columns is None or columns == list(range(len(b)))
    W_part, b_part = (W, b) if is_all else (W[columns], b[columns])
    Y = ops.gemm(X, W_part, trans2=True) + b_part

    def backprop(dY: Any) -> Any:
        dW, db = ops.gemm(dY, X, trans1=True), dY.sum(axis=0)
        if not is_all:
            dW_part, db_part = dW, db
            dW, db = ops.xp.zeros_like(W), ops.xp.zeros_like(b)
            dW[columns], db[columns] = dW_part, db_part
        model.inc_grad("W", dW)
        model.inc_grad("b", db)
        return ops.gemm(dY, W_part)

    return Y, backprop
