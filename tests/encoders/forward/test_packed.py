"""The packed forward against transformers' own, on the same random weights."""

import numpy
import pytest
import torch
from transformers import AutoConfig, AutoModel
from transformers.utils import logging

from spacy_clinical.encoders.forward.banded import attend_banded
from spacy_clinical.encoders.forward.blocked import attend_blocked, is_blocked
from spacy_clinical.encoders.forward.makes import can_pack
from spacy_clinical.encoders.forward.packed import PackedEncoder
from spacy_clinical.pieces.batches import Input

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
TINY = {
    "vocab_size": 100,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 210,
    "pad_token_id": 1,
}
# Two layers, and four heads as wide as the published ones: more would only take longer.
BASE = {
    "vocab_size": 100,
    "hidden_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "max_position_embeddings": 4098,
    "pad_token_id": 1,
}
DISTILBERT = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}
KINDS = {
    "bert": {},
    "distilbert": DISTILBERT,
    "electra": {"embedding_size": 16},
    "roberta": {"type_vocab_size": 1},
    "camembert": {"type_vocab_size": 1},
    "xlm-roberta": {"type_vocab_size": 1},
    # Another window in each layer.
    "longformer": {"attention_window": [16, 8], "type_vocab_size": 1},
    "big_bird": {"block_size": 4, "num_random_blocks": 3, "hidden_act": "gelu_new"},
}
# Around the borders of the windows and blocks, and of BigBird's 44 pieces, up to
# which its attention is full.
LENGTHS = [1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 25, 43, 44, 45, 48, 49, 64, 65, 200]


def make_model(kind, shape, **settings):
    """A random encoder whose biases are not zero, as they are at first."""
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, **{**shape, **settings})
    model = AutoModel.from_config(config).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.data.normal_(std=0.1)
    model.pooler = None
    return model


@pytest.fixture(scope="module", params=KINDS)
def model(request):
    shape = TINY
    if request.param == "distilbert":
        # It has names of its own for the rest.
        names = ("vocab_size", "max_position_embeddings", "pad_token_id")
        shape = {name: TINY[name] for name in names}
    return make_model(request.param, shape, **KINDS[request.param])


def make_inputs(lengths, *, n_global=1, n_ids=100):
    rng = numpy.random.default_rng(1)
    return [
        Input(
            rng.integers(5, n_ids, size=n),
            numpy.unique([0, *rng.integers(0, n, size=n_global - 1)]),
        )
        for n in lengths
    ]


def run_plainly(model, one):
    """transformers' own forward pass over one sequence, without padding."""
    logging.set_verbosity_error()
    ids = torch.from_numpy(one.ids)[None].to(model.device)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if model.config.model_type == "longformer":
        inputs["global_attention_mask"] = torch.zeros_like(ids)
        inputs["global_attention_mask"][0, one.global_at] = 1
    if model.config.model_type == "big_bird":
        # It stays at full attention after one short sequence.
        model.set_attention_type("block_sparse")
    return model(**inputs).last_hidden_state[0]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, None], ids=["frozen", "live"])
@pytest.mark.parametrize("n_global", [1, 5])
def test_rows_equal_those_of_transformers(model, device, dtype, n_global):
    model.to(device)
    inputs = make_inputs(LENGTHS, n_global=n_global)
    with torch.no_grad():
        rows = PackedEncoder(model, dtype)(inputs).split(LENGTHS)
        for one, ours in zip(inputs, rows, strict=True):
            theirs = run_plainly(model, one)
            assert float((ours - theirs).abs().max()) < 1e-4
    model.to("cpu")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rows_do_not_depend_on_the_batch_or_what_came_before(model, dtype):
    inputs = make_inputs([200, 3, 45, 45, 44, 1, 45, 200])
    tolerance = 1e-5 if dtype == torch.float32 else 0.1
    encode = PackedEncoder(model, dtype)
    with torch.no_grad():
        alone = [encode([one]) for one in inputs]
        for order in ([0, 1, 2, 3, 4, 5, 6, 7], [5, 0, 4], [7, 6, 5, 4, 3, 2, 1, 0]):
            batch = [inputs[i] for i in order]
            rows = encode(batch).split([len(one.ids) for one in batch])
            for i, ours in zip(order, rows, strict=True):
                assert float((ours - alone[i]).abs().max()) < tolerance


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize(
    ("dtype", "near"), [(torch.float32, 1e-5), (torch.bfloat16, 0.05)]
)
@pytest.mark.parametrize("device", DEVICES)
def test_sequences_of_all_lengths_at_once_have_the_same_rows(device, dtype, near):
    encoder = PackedEncoder(make_model("bert", TINY).to(device), dtype)
    inputs = make_inputs(LENGTHS)
    assert encoder.is_ragged == (device == "cuda")
    rows = []
    with torch.no_grad():
        for encoder.is_ragged in (False, True):
            rows.append(encoder(inputs).float())
    torch.testing.assert_close(*rows, rtol=0, atol=near)


@pytest.mark.parametrize("length", [9, 65])
@pytest.mark.learns
def test_gradients_equal_those_of_transformers(model, length):
    [one] = make_inputs([length], n_global=3)
    weights = torch.randn(length, 32)

    def gradients(rows):
        model.zero_grad()
        (rows * weights).sum().backward()
        return {
            name: p.grad.clone()
            for name, p in model.named_parameters()
            if p.grad is not None
        }

    theirs = gradients(run_plainly(model, one))
    ours = gradients(PackedEncoder(model, None)([one]))
    assert len(ours) > 20
    for name, gradient in ours.items():
        # Sums over many pieces: in float32, as exact as they are large.
        largest = max(1.0, float(theirs[name].abs().max()))
        assert float((gradient - theirs[name]).abs().max()) < 1e-5 * largest, name


@pytest.mark.learns
def test_dropout_is_for_training_only(model):
    inputs = make_inputs([65])
    encode = PackedEncoder(model, None)
    with torch.no_grad():
        still = encode(inputs)
        assert torch.equal(still, encode(inputs))
        model.train()
        assert float((still - encode(inputs)).abs().max()) > 0.01
        model.eval()


@pytest.mark.parametrize(
    ("kind", "settings", "lengths"),
    [
        ("bert", {}, [1, 510, 511, 512]),
        ("longformer", {"attention_window": 512, "type_vocab_size": 1}, [1, 512, 513]),
        ("longformer", {"attention_window": 512, "type_vocab_size": 1}, [4094, 4096]),
        ("big_bird", {"hidden_act": "gelu_new"}, [704, 705]),
        ("big_bird", {"hidden_act": "gelu_new"}, [4095, 4096]),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_rows_equal_those_of_transformers_at_the_published_lengths(
    kind, settings, lengths
):
    model = make_model(kind, BASE, **settings)
    inputs = make_inputs(lengths, n_global=4)
    with torch.no_grad():
        rows = PackedEncoder(model, torch.float32)(inputs).split(lengths)
        for one, ours in zip(inputs, rows, strict=True):
            assert float((ours - run_plainly(model, one)).abs().max()) < 1e-4


def test_bigbird_keeps_its_attention_type():
    model = make_model("big_bird", TINY, **KINDS["big_bird"])
    long, short = make_inputs([100, 10])
    encode = PackedEncoder(model, torch.float32)
    with torch.no_grad():
        before = encode([long])
        encode([short])
        assert torch.equal(encode([long]), before)
        # Full attention, as transformers computes after a short one, is not the same.
        model.set_attention_type("original_full")
        assert float((run_plainly_full(model, long) - before).abs().max()) > 1e-3
        assert torch.equal(PackedEncoder(model, torch.float32)([long]), before)


def run_plainly_full(model, one):
    return model(torch.from_numpy(one.ids)[None]).last_hidden_state[0]


def test_a_band_shows_each_piece_its_neighbors_and_the_global_pieces():
    # Equal scores: each piece gets the mean of the values that it sees.
    length, values = 12, torch.eye(12)[:, None]
    zeros = torch.zeros(length, 1, 12)
    at = torch.tensor([0, 9])
    seen = attend_banded(zeros, zeros, values, window=4, global_at=at)[:, 0] > 0
    for i in range(length):
        expected = {*range(max(0, i - 2), min(length, i + 3)), 0, 9}
        assert set(torch.nonzero(seen[i])[:, 0].tolist()) == expected


def test_blocks_show_each_piece_its_neighbors_the_first_and_the_last():
    length, values = 31, torch.eye(31)[:, None]
    zeros = torch.zeros(length, 1, 31)
    weights = attend_blocked(zeros, zeros, values, block=2, n_random=3)[:, 0]
    for i in range(length):
        block = i // 2
        blocks = {block - 1, block, block + 1, 0, 15}
        if block in (0, 15):
            blocks = set(range(16))
        found = {j // 2 for j in torch.nonzero(weights[i])[:, 0].tolist()}
        assert found == {b for b in blocks if 0 <= b <= 15}
        # The first block stands for the three random ones, too.
        factor = 1 if block in (0, 15) else 4
        assert float(weights[i, 0] / weights[i, 30]) == pytest.approx(factor)


def test_is_blocked_as_published():
    assert not is_blocked(704, 64, 3)
    assert is_blocked(705, 64, 3)


def test_other_architectures_are_left_to_transformers():
    assert can_pack(make_model("bert", TINY))
    assert not can_pack(
        make_model("bert", TINY, position_embedding_type="relative_key")
    )
    assert not can_pack(make_model("bert", TINY, is_decoder=True))
    assert not can_pack(make_model("deberta", TINY))
