"""Published heads of checkpoints, separated from their encoders."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy
import torch

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.types import Floats1d, Floats2d

Activation = Literal["tanh", "relu", "gelu", "gelu_approx"]

# Names in the configs of transformers.
ACTIVATIONS: dict[str, Activation] = {
    "tanh": "tanh",
    "relu": "relu",
    "gelu": "gelu",
    "gelu_new": "gelu_approx",
    "gelu_pytorch_tanh": "gelu_approx",
}


@dataclass(frozen=True)
class Hidden:
    """A layer between an encoder's first row and a document head.

    W (width, width), b (width): Weights.
    activation: Activation after the layer.
    """

    W: Floats2d
    b: Floats1d
    activation: Activation


@dataclass(frozen=True)
class Block:
    """A feed-forward layer before the head of BigBird's question answering: two linear
    layers, whose output is added to the input and normalized.

    W_up (n_inner, width), b_up (n_inner): The first layer.
    W_down (width, n_inner), b_down (width): The second.
    scale, shift (width), eps: Normalization.
    activation: Activation after the first layer.
    """

    W_up: Floats2d
    b_up: Floats1d
    W_down: Floats2d
    b_down: Floats1d
    scale: Floats1d
    shift: Floats1d
    eps: float
    activation: Activation


@dataclass(frozen=True)
class Head:
    """A published linear head over the encoder's last layer.

    labels: What it labels: tokens, documents, or the borders of answers.
    W (n_labels, width), b (n_labels): Weights.
    columns: Labels of the logits.
    hidden: Layer before it, in a document head.
    problem: The "problem_type" of config.json; "" if it has none.
    block: Layer before it, in BigBird's question answering.
    """

    labels: Literal["tokens", "documents", "answers"]
    W: Floats2d
    b: Floats1d
    columns: list[str]
    hidden: Hidden | None = None
    problem: str = ""
    block: Block | None = None


def cut_token_head(name: str, model: Any) -> Head:
    """Get the head of a token-classification model.

    name: Name of the checkpoint, for errors.
    model: The model.
    RAISES ValueError: C007, if the head isn't a linear layer.
    """
    linear = getattr(model, "classifier", None)
    if not _is_linear(linear):
        raise CodedValueError(Errors.C007.format(name=name, kind=type(model).__name__))
    W, b = _read_linear(linear)
    return Head("tokens", W, b, _read_columns(model, len(W)))


def cut_document_head(name: str, model: Any) -> Head | None:
    """Get the head of a sequence-classification model.

    Transformers has three kinds: the encoder's pooler with a linear layer (BERT), two
    linear layers with ReLU between them (DistilBERT), and a head of two layers
    (RoBERTa, Longformer, BigBird, ELECTRA).

    RETURNS: The head; None for other kinds, whose encoders can still be used.
    """
    classifier: Any = getattr(model, "classifier", None)
    if hasattr(classifier, "out_proj"):
        functions = {"big_bird": model.config.hidden_act, "electra": "gelu"}
        function = functions.get(model.config.model_type, "tanh")
        dense, output = classifier.dense, classifier.out_proj
    elif hasattr(model, "pre_classifier"):
        dense, output, function = model.pre_classifier, classifier, "relu"
    else:
        pooler = getattr(model.base_model, "pooler", None)
        dense, output, function = getattr(pooler, "dense", None), classifier, "tanh"
    layers = (dense, output)
    if function not in ACTIVATIONS or not all(map(_is_linear, layers)):
        return None
    (W_hidden, b_hidden), (W, b) = map(_read_linear, layers)
    hidden = Hidden(W_hidden, b_hidden, ACTIVATIONS[function])
    problem = str(getattr(model.config, "problem_type", None) or "")
    columns = _read_columns(model, len(W))
    return Head("documents", W, b, columns, hidden, problem)


def cut_answer_head(name: str, model: Any) -> Head:
    """Get the head of a question-answering model: the logits of start and end.

    name: Name of the checkpoint, for errors.
    model: The model.
    RAISES ValueError: C960, if the head is of another kind.
    """
    block, inner = None, getattr(model, "qa_classifier", model)
    linear: Any = getattr(inner, "qa_outputs", None)
    is_known = _is_linear(linear) and linear.out_features == 2
    if inner is not model and is_known:
        block = _read_block(inner, model.config)
        is_known = block is not None
    if not is_known:
        kind = type(model).__name__
        raise CodedValueError(Errors.C960.format(name=name, kind=kind))
    W, b = _read_linear(linear)
    return Head("answers", W, b, ["start", "end"], block=block)


def _read_block(classifier: Any, config: Any) -> Block | None:
    """Get the layer before BigBird's head; None for other layers."""
    up = getattr(getattr(classifier, "intermediate", None), "dense", None)
    down = getattr(getattr(classifier, "output", None), "dense", None)
    if (
        not (_is_linear(up) and _is_linear(down))
        or config.hidden_act not in ACTIVATIONS
    ):
        return None
    norm = classifier.output.LayerNorm
    scale, shift = (w.detach().numpy().copy() for w in (norm.weight, norm.bias))
    layers = (*_read_linear(up), *_read_linear(down))
    return Block(*layers, scale, shift, norm.eps, ACTIVATIONS[config.hidden_act])


def _is_linear(layer: Any) -> bool:
    return isinstance(layer, torch.nn.Linear)


def _read_linear(linear: Any) -> tuple[Floats2d, Floats1d]:
    W = linear.weight.detach().numpy().copy()
    bias: Any = linear.bias
    b = numpy.zeros(len(W)) if bias is None else bias.detach().numpy().copy()
    return W, b


def _read_columns(model: Any, n_labels: int) -> list[str]:
    labels = model.config.id2label
    return [labels[i] for i in range(n_labels)]
