import copy

import numpy
import pytest
import spacy
import torch
from thinc.api import Adam

from spacy_clinical.encoders import arrays
from spacy_clinical.encoders.arrays import put_array, view_as_array
from spacy_clinical.heads.labels import bio_labels
from tests.conftest import add_ner
from tests.tiny import make_token_classifier

DEVICES = ["cpu", *["cuda"] * torch.cuda.is_available()]


@pytest.fixture
def shim(tmp_path):
    checkpoint = make_token_classifier(tmp_path / "b", "bert", bio_labels(["Drug"]))
    nlp = add_ner(spacy.blank("en"), checkpoint)
    nlp.initialize()
    return nlp.get_pipe("clinical_ner").model.get_ref("encoder").shims[0]


@pytest.mark.parametrize("device", DEVICES)
def test_arrays_are_views(device):
    tensor = torch.zeros(2, 3, device=device)
    array = view_as_array(tensor)
    array += 2
    put_array(tensor, array)
    assert tensor.sum() == 12
    if device == "cpu" or arrays.has_cupy_gpu:
        assert view_as_array(tensor) is not array
        array += 1
        assert tensor.sum() == 18


def test_other_arrays_are_copied():
    tensor = torch.zeros(2, 3)
    array = numpy.ones((2, 3), dtype="float32")
    put_array(tensor, array)
    array += 1
    assert tensor.sum() == 6
    turned = torch.zeros(3, 2).t()
    put_array(turned, numpy.arange(6, dtype="float32").reshape(2, 3))
    assert turned.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_step_is_that_of_torch_and_copies_nothing(shim, monkeypatch):
    model = shim.loaded.model
    theirs = copy.deepcopy(model)
    optimizer = torch.optim.Adam(theirs.parameters(), lr=0.01, eps=1e-8)
    ours = Adam(0.01, eps=1e-8, L2=0, grad_clip=0, use_averages=False)
    monkeypatch.setattr(torch.Tensor, "copy_", lambda *args: pytest.fail("a copy"))
    before = [p.data_ptr() for p in model.parameters()]
    for step in range(3):
        generator = torch.Generator().manual_seed(step)
        for own, other in zip(model.parameters(), theirs.parameters(), strict=True):
            own.grad = torch.randn(own.shape, generator=generator)
            other.grad = own.grad.clone()
        shim.finish_update(ours)
        optimizer.step()
    assert [p.data_ptr() for p in model.parameters()] == before
    for own, other in zip(model.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(own, other, atol=1e-4, rtol=1e-4)
