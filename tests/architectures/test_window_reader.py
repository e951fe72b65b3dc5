import numpy
import pytest
import spacy
import torch

from spacy_clinical.architectures.encoder import build_hf_encoder, get_shim
from spacy_clinical.architectures.window_reader import (
    backprop_summary,
    cut_text,
    plan_texts,
    read_texts,
    summarize,
)
from spacy_clinical.encoders.attribution import attribute
from spacy_clinical.pieces.text import NoteText, read_note
from tests.tiny import KINDS, make_document_classifier

# Every piece is a character of the text.
LETTERS = numpy.stack([numpy.arange(20), numpy.arange(1, 21)], axis=1)


def kept(windows):
    return [i for w in windows for i in range(w.keep_start, w.keep_stop)]


def test_sentences_are_windows():
    note = NoteText("x" * 20, sections=[0], sentences=[0, 7, 9], tokens=list(range(20)))
    windows = cut_text(note, LETTERS, unit="sentence", size=10, stride=8)
    assert [(w.start, w.stop) for w in windows[:2]] == [(0, 7), (7, 9)]
    # The last one is too long for a window.
    assert windows[2].start == 9
    assert len(windows) == 4
    assert max(w.stop - w.start for w in windows) <= 10
    assert kept(windows) == list(range(20))


def test_a_section_starts_a_sentence():
    note = NoteText(
        "x" * 20, sections=[0, 4], sentences=[0, 12], tokens=list(range(20))
    )
    windows = cut_text(note, LETTERS, unit="sentence", size=20, stride=20)
    assert [(w.start, w.stop) for w in windows] == [(0, 4), (4, 12), (12, 20)]


def test_windows_are_as_long_as_may_be():
    note = NoteText("x" * 20, sections=[0], sentences=[0, 9], tokens=list(range(20)))
    windows = cut_text(note, LETTERS, unit="window", size=12, stride=10)
    assert kept(windows) == list(range(20))
    assert len(windows) == 2


@pytest.mark.parametrize(("size", "stop"), [(12, 12), (20, 20), (30, 20)])
def test_only_the_first_window_is_read_where_that_is_asked_for(size, stop):
    note = NoteText("x" * 20, sections=[0], sentences=[0, 9], tokens=list(range(20)))
    [window] = cut_text(note, LETTERS, unit="first", size=size, stride=10)
    assert window == (0, stop, 0, stop)


@pytest.mark.parametrize("unit", ["window", "sentence", "first"])
def test_an_empty_text_has_no_windows(unit):
    nothing = numpy.zeros((0, 2), dtype="int64")
    assert cut_text(NoteText(""), nothing, unit=unit, size=5, stride=4) == []


def test_without_sentences_windows_are_cut_at_words():
    note = NoteText("x" * 20, tokens=[0, 5, 10, 15])
    windows = cut_text(note, LETTERS, unit="sentence", size=12, stride=12)
    assert [(w.start, w.stop) for w in windows] == [(0, 10), (10, 20)]


@pytest.mark.parametrize("summary", ["first", "mean", "unit_mean"])
def test_gradient_of_a_summary(summary):
    random = numpy.random.default_rng(0)
    rows, d_row = random.normal(size=(3, 4)), random.normal(size=4)
    d_rows = backprop_summary(d_row, rows, summary)
    for place in numpy.ndindex(rows.shape):
        step = numpy.zeros_like(rows)
        step[place] = 1e-6
        change = summarize(rows + step, summary) - summarize(rows - step, summary)
        assert d_rows[place] == pytest.approx(change @ d_row / 2e-6, abs=1e-6)


def test_unit_means_have_length_one():
    rows = numpy.random.default_rng(0).normal(size=(3, 4))
    assert numpy.linalg.norm(summarize(rows, "unit_mean")) == pytest.approx(1)


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


def test_windows_vectors_are_transformers_rows(checkpoint):
    model = encode(checkpoint, size=40, stride=30)
    shim = get_shim(model)
    note = read_note(spacy.blank("en")(TEXT))
    plan = plan_texts(shim, [note], "window")
    assert len(plan.inputs) > 2
    [read] = read_texts(model, [note], unit="window", summary="first")
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
    together = read_texts(model, notes, unit="window", summary="mean")
    for note, read in zip(notes, together, strict=True):
        [alone] = read_texts(model, [note], unit="window", summary="mean")
        assert read.windows == alone.windows
        assert pytest.approx(alone.X, abs=1e-5) == read.X
    assert [len(read.X) for read in together][::4] == [0, 0]


def test_shares_add_up_to_the_score(checkpoint):
    """Integrated gradients: to what it is above the score of embeddings of zero."""
    model = encode(checkpoint)
    shim = get_shim(model)
    note = read_note(spacy.blank("en")("the patient denies chest pain"))
    [framed], _ = shim.frame(plan_texts(shim, [note], "window").inputs)
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
    note = read_note(spacy.blank("en")("no fever and chest pain"))
    [framed], _ = shim.frame(plan_texts(shim, [note], "window").inputs)

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
