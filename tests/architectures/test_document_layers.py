"""Gradients of the layer before the labels of published heads."""

import numpy
import pytest
from thinc.api import NumpyOps

from spacy_clinical.architectures.document_layers import activate, backprop_activation


@pytest.mark.parametrize("function", ["tanh", "relu", "gelu", "gelu_approx"])
def test_gradients_of_activations(function):
    ops = NumpyOps()
    Z = numpy.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    Y = activate(ops, function, Z)
    dZ = backprop_activation(ops, function, numpy.ones_like(Z), Z, Y)
    step = 1e-3
    higher, lower = (activate(ops, function, Z + s) for s in (step, -step))
    assert dZ == pytest.approx((higher - lower) / (2 * step), abs=1e-3)
