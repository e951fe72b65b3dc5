"""Every setting of an encoder acts under a head over tokens and one over texts."""

import inspect

import numpy
import pytest
import torch
from thinc.api import Adam

from spacy_clinical.architectures.document_classifier import build_document_classifier
from spacy_clinical.architectures.document_layers import set_label_scores
from spacy_clinical.architectures.encoder import build_hf_encoder, get_shim
from spacy_clinical.architectures.token_classifier import build_token_classifier
from spacy_clinical.encoders.settings import EncoderSettings
from spacy_clinical.forms import make_form_doc
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.pieces.text import read_note
from tests.conftest import load_blank
from tests.tiny import make_token_classifier

TEXT = "The patient denies chest pain and fever . "
TITLES = "section_titles"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}

    def find(kind):
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            labels = ["O", "B-Age", "I-Age"]
            made[kind] = make_token_classifier(folder, kind, labels, sharpness=20.0)
        return str(made[kind])

    return find


class Head:
    """A model over an encoder, and what it sees and gives for a Doc."""

    def __init__(self, head, folder, **settings):
        torch.manual_seed(0)
        numpy.random.seed(0)
        self.head = head
        self.encoder = build_hf_encoder(folder, **{"precision": "fp32", **settings})
        build = {"tokens": build_token_classifier, "texts": build_document_classifier}
        self.model = build[head](self.encoder, dropout=0.0)
        self.encoder.initialize()
        width = self.encoder.get_dim("nO")
        W = numpy.random.default_rng(0).normal(size=(3, width)).astype("float32")
        if head == "tokens":
            output = self.model.get_ref("output_layer")
            output.set_dim("nO", 3)
            self.model.initialize()
            output.set_param("W", W)
        else:
            set_label_scores(self.model.get_ref("output"), W, W[:, 0])
        self.shim = get_shim(self.encoder)
        for module in self.shim.loaded.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0

    def read(self, doc):
        return doc if self.head == "tokens" else read_note(doc)

    def watch(self, name):
        """Note what a method of the runtime is given."""
        seen, method = [], getattr(self.shim.runtime, name)

        def note(inputs, **options):
            seen.append((inputs, options))
            return method(inputs, **options)

        setattr(self.shim.runtime, name, note)
        return seen

    def predict(self, doc):
        seen = self.watch("predict")
        [scored] = self.model.predict([self.read(doc)])
        X = scored.X if self.head == "tokens" else scored.logits
        return seen[-1][0], X

    def learn(self, doc):
        seen = self.watch("begin_update")
        scored, backprop = self.model.begin_update([self.read(doc)])
        rows = scored[0].X if self.head == "tokens" else scored[0].logits
        backprop([numpy.ones_like(rows)])
        before = {k: v.detach().clone() for k, v in self.parameters()}
        self.model.finish_update(Adam(0.1))
        moved = {k for k, v in self.parameters() if not torch.equal(v, before[k])}
        return seen, moved

    def parameters(self):
        return self.shim.loaded.model.named_parameters()


def make_doc(n=6):
    doc = load_blank()(n * TEXT)
    doc.spans["questions"] = [doc[2:4], doc[12:13]]
    doc.spans[TITLES] = [doc[10:11]]
    return doc


def make_form():
    words = [
        Word(w, (20.0 + 40 * i, 5.0, 50.0 + 40 * i, 9.0))
        for i, w in enumerate(["pain", "and", "fever"])
    ]
    return make_form_doc(load_blank().vocab, [FormPage(400.0, 200.0, "px", words)])


heads = pytest.mark.parametrize("head", ["tokens", "texts"])


@heads
def test_size_and_stride(folders, head):
    doc = make_doc()
    lengths = {}
    for settings in ({}, {"size": 20}, {"size": 20, "stride": 5}):
        inputs, _ = Head(head, folders("bert"), **settings).predict(doc)
        lengths[str(settings)] = [len(given.ids) for given in inputs]
    one, some, many = lengths.values()
    assert len(one) < len(some) < len(many)
    assert max(some) == max(many) == 22


@heads
def test_batch_pieces_and_precision(folders, head):
    made = Head(head, folders("bert"), size=10, batch_pieces=12)
    assert made.shim.runtime.batch_pieces == 12
    _, X = made.predict(make_doc())
    low = Head(head, folders("bert"), size=10, precision="bf16")
    _, less_exact = low.predict(make_doc())
    assert low.shim.runtime.dtype == torch.bfloat16
    assert 0 < abs(X - less_exact).max() < 1.0


@heads
@pytest.mark.parametrize(
    ("setting", "tokens"),
    [("sections", [10]), ("first", []), ("questions", [2, 3, 12]), ([0, 7], [0, 7])],
)
def test_global_attention(folders, head, setting, tokens):
    made = Head(head, folders("longformer"), global_attention=setting)
    [window], X = made.predict(make_doc(2))
    _, first_only = Head(head, folders("longformer"), global_attention="first").predict(
        make_doc(2)
    )
    if tokens:
        assert not numpy.array_equal(X, first_only)
    # A window's first piece, and those of the tokens.
    text = read_note(make_doc(2))
    pieces = made.shim.loaded.tokenizer.encode([text.text])[0]
    at = [
        i + 1
        for i, (start, end) in enumerate(pieces.offsets)
        for token in tokens
        if start < text.tokens[token][1] and text.tokens[token][0] < end
    ]
    assert window.global_at.tolist() == [0, *at]


@heads
@pytest.mark.parametrize("learn_rate_scale", [0.0, 1.0])
@pytest.mark.learns
def test_mask_rate(folders, head, learn_rate_scale):
    settings = {"mask_rate": 0.5, "learn_rate_scale": learn_rate_scale}
    made = Head(head, folders("bert"), **settings)
    mask_id = made.shim.loaded.tokenizer.mask_id
    seen, _ = made.learn(make_doc())
    [window] = seen[-1][0]
    again, _ = made.learn(make_doc())
    hidden = window.ids == mask_id
    assert 0.2 < hidden.mean() < 0.8
    assert not numpy.array_equal(hidden, again[-1][0][0].ids == mask_id)
    [window], _ = made.predict(make_doc())
    assert mask_id not in window.ids


@heads
@pytest.mark.learns
def test_learn_rate_scale_frozen_and_mixed_precision(folders, head):
    seen, moved = Head(head, folders("bert"), mixed_precision=True).learn(make_doc())
    assert seen[-1][1] == {"mixed_precision": True}
    assert any("word_embeddings" in name for name in moved)
    _, moved = Head(head, folders("bert"), frozen=["word_embeddings"]).learn(make_doc())
    assert moved
    assert not any("word_embeddings" in name for name in moved)
    _, moved = Head(head, folders("bert"), learn_rate_scale=0.0).learn(make_doc())
    assert not moved


@heads
def test_storage(folders, head, tmp_path):
    sizes = []
    for storage in ("float32", "float16"):
        made = Head(head, folders("bert"), storage=storage)
        made.shim.save(tmp_path / storage)
        sizes.append((tmp_path / storage / "model.safetensors").stat().st_size)
    assert sizes[1] < 0.6 * sizes[0]


@heads
def test_boxes(folders, head):
    outputs = []
    for boxes in ("token", "segment"):
        [window], X = Head(head, folders("layoutlm"), boxes=boxes).predict(make_form())
        outputs.append((window.boxes.tolist(), X))
    assert outputs[0][0][1] == [50, 25, 125, 45]
    assert outputs[0][0] != outputs[1][0]
    assert not numpy.array_equal(outputs[0][1], outputs[1][1])


@heads
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("bert", {"global_attention": "questions"}),
        ("bert", {"global_attention": [0]}),
        ("bert", {"boxes": "segment"}),
        ("longformer", {"boxes": "segment"}),
    ],
)
def test_what_could_do_nothing_is_refused(folders, head, kind, settings):
    [name] = settings
    with pytest.raises(ValueError, match=rf"\[C031\] '{name}'"):
        Head(head, folders(kind), **settings)


def test_these_are_all_settings():
    """A setting that is added needs a test here."""
    source = inspect.getsource(inspect.getmodule(Head))
    for name in EncoderSettings.__dataclass_fields__:
        assert source.count(name) > 1, name
    signature = inspect.signature(build_hf_encoder)
    assert [*signature.parameters][1:] == [*EncoderSettings.__dataclass_fields__]
