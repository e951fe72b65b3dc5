import numpy
import pytest
import spacy
import torch

from spacy_clinical.architectures.encoder import build_hf_encoder, get_shim, plan_for
from spacy_clinical.architectures.window_reader import build_window_reader
from spacy_clinical.encoders.attribution import attribute
from spacy_clinical.pieces.text import read_note
from tests.conftest import load_blank
from tests.tiny import KINDS, make_document_classifier

TEXT = "The patient denies chest pain and fever . " * 12


@pytest.fixture(scope="module", params=sorted(KINDS.keys() - {"deberta"}))
def checkpoint(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return make_document_classifier(folder, request.param, ["401", "428"])


def encode(checkpoint, **settings):
    settings = {"precision": "fp32", **settings}
    model = build_hf_encoder(str(checkpoint), **settings)
    model.initialize()
    return model


def read_texts(encoder, texts, summary):
    return build_window_reader(encoder, summary=summary, size=256).predict(texts)


def test_windows_vectors_are_transformers_rows(checkpoint):
    model = encode(checkpoint, size=40, stride=30)
    shim = get_shim(model)
    note = read_note(load_blank()(TEXT))
    plan = plan_for(shim, [note])
    assert len(plan.inputs) > 2
    [read] = read_texts(model, [note], "first")
    reference = shim.loaded.model.eval()
    for vector, window in zip(read.X, plan.inputs, strict=True):
        [framed], _ = shim.frame([window])
        extra = {}
        if reference.config.model_type == "longformer":
            mask = torch.zeros(1, len(framed.ids), dtype=torch.long)
            mask[0, 0] = 1
            extra["global_attention_mask"] = mask
        if reference.config.model_type == "big_bird":
            reference.set_attention_type("original_full")
        with torch.no_grad():
            rows = reference(torch.from_numpy(framed.ids)[None], **extra)[0][0]
        assert vector == pytest.approx(rows[0].numpy(), abs=1e-4)


def test_many_texts_give_what_one_gives(checkpoint):
    model = encode(checkpoint, size=40, stride=30)
    nlp = spacy.blank("en")
    notes = [read_note(nlp(t)) for t in ("", TEXT, "fever", TEXT[:100], " ")]
    together = read_texts(model, notes, "mean")
    for note, read in zip(notes, together, strict=True):
        [alone] = read_texts(model, [note], "mean")
        assert read.windows == alone.windows
        assert pytest.approx(alone.X, abs=1e-5) == read.X
    assert [len(read.X) for read in together][::4] == [0, 0]


def test_shares_add_up_to_the_score(checkpoint):
    """Integrated gradients: to what it is above the score of embeddings of zero."""
    model = encode(checkpoint)
    shim = get_shim(model)
    note = read_note(load_blank()("the patient denies chest pain"))
    [framed], _ = shim.frame(plan_for(shim, [note]).inputs)
    weights = numpy.random.default_rng(0).normal(size=shim.width).astype("float32")

    def backprop_score(rows):
        d_rows = numpy.zeros_like(rows)
        d_rows[0] = weights
        return d_rows

    shares = attribute(shim.runtime, framed, backprop_score, steps=256)
    assert shares.shape == framed.ids.shape

    def score(factor):
        table = shim.runtime.model.get_input_embeddings()
        hook = table.register_forward_hook(lambda m, i, rows: rows * factor)
        rows = shim.runtime.encode_live([framed]).detach().numpy()
        hook.remove()
        return float(rows[0] @ weights)

    assert shares.sum() == pytest.approx(score(1.0) - score(0.0), abs=0.02)
    assert all(p.grad is None for p in shim.runtime.model.parameters())


def test_one_step_is_gradient_times_input(checkpoint):
    model = encode(checkpoint)
    shim = get_shim(model)
    note = read_note(load_blank()("no fever and chest pain"))
    [framed], _ = shim.frame(plan_for(shim, [note]).inputs)

    def backprop_score(rows):
        return numpy.ones_like(rows) * numpy.arange(shim.width, dtype="float32")

    shares = attribute(shim.runtime, framed, backprop_score, steps=1)
    table = shim.runtime.model.get_input_embeddings()
    seen = []

    def watch(module, inputs, rows):
        rows = rows.detach().requires_grad_()
        seen.append(rows)
        return rows

    hook = table.register_forward_hook(watch)
    rows = shim.runtime.encode_live([framed])
    hook.remove()
    (rows * torch.arange(shim.width)).sum().backward()
    expected = (seen[0].grad * seen[0]).sum(-1)[0]
    assert shares == pytest.approx(expected.detach().numpy(), abs=1e-4)
