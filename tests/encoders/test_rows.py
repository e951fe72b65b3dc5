"""A note's rows are the same to the last bit, whatever shares the batch."""

import numpy
import pytest
import torch

from spacy_clinical.encoders import rows
from spacy_clinical.encoders.forward import attention, packed
from spacy_clinical.encoders.forward.layers import FrozenLayer
from spacy_clinical.encoders.forward.linear import FrozenLinear
from spacy_clinical.encoders.forward.packed import PackedEncoder
from spacy_clinical.encoders.rows import CHUNK, RowRule, find_row_rule
from spacy_clinical.encoders.runtime import Runtime
from tests.encoders.forward.test_packed import (
    BASE,
    KINDS,
    TINY,
    make_inputs,
    make_model,
)

LENGTHS = [1, 2, 9, 9, 30, 62, 200, 45, 44, 3, 3, 3, 17, 100, 9, 1] * 2
PADDED = {"deberta": {}, "lilt": {"hidden_size": 48}}
DISTILBERT = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}


def make_runtime(kind, precision):
    shape = dict(TINY)
    if kind == "distilbert":
        names = ("vocab_size", "max_position_embeddings", "pad_token_id")
        shape = {**{name: TINY[name] for name in names}, **DISTILBERT}
    settings = {**KINDS, **PADDED, "layoutlm": {}}[kind]
    return Runtime(
        make_model(kind, {**shape, **settings}), pad_id=1, precision=precision
    )


def list_batches():
    """Batches of several sizes in note order, and in two other orders."""
    order = numpy.arange(len(LENGTHS))
    other = numpy.random.default_rng(0).permutation(order)
    for some, size in ((order, 2), (other, 7), (other, 32), (order[::-1], 32)):
        for start in range(0, len(some), size):
            yield some[start : start + size].tolist()


def assert_same_in_all_batches(runtime):
    inputs = make_inputs(LENGTHS, n_global=2)
    alone = [next(iter(runtime.predict([one])))[1] for one in inputs]
    for batch in list_batches():
        for i, found in runtime.predict([inputs[i] for i in batch]):
            numpy.testing.assert_array_equal(found, alone[batch[i]])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("kind", [*KINDS, *PADDED, "layoutlm"])
def test_rows_are_the_same_to_the_last_bit(kind, precision):
    assert_same_in_all_batches(make_runtime(kind, precision))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_rows_of_the_shipped_shape_are_the_same_to_the_last_bit(precision):
    shape = {**BASE, "hidden_size": 384, "intermediate_size": 1536}
    shape["num_attention_heads"] = 12
    runtime = Runtime(make_model("bert", shape), pad_id=1, precision=precision)
    inputs = make_inputs([3, 17, 40, 130, 130, 250])
    together = dict(runtime.predict(inputs))
    for i, one in enumerate(inputs):
        [(_, alone)] = runtime.predict([one])
        numpy.testing.assert_array_equal(together[i], alone)


def nudge(y):
    """Change the last bits of some elements, as another order of sums does."""
    bits = torch.int16 if y.dtype == torch.bfloat16 else torch.int32
    y = y.clone()
    y.view(bits)[..., ::7] ^= 1
    return y


@pytest.fixture
def other_code(monkeypatch):
    """Let products of few rows come out like those of AMX: by other code.

    RETURNS: A function that says below how many rows; None for another code for each
        number of rows.
    """
    multiply = FrozenLinear._multiply

    def pretend(below):
        def multiply_by_number(self, x):
            y = multiply(self, x)
            is_other = len(x) % 2 == 1 if below is None else len(x) < below
            return nudge(y) if is_other else y

        monkeypatch.setattr(rows, "_RULES", {})
        monkeypatch.setattr(FrozenLinear, "_multiply", multiply_by_number)

    return pretend


@pytest.mark.parametrize(
    ("below", "precision"),
    [*((n, "fp32") for n in (2, 18, 513, 1000, None)), (18, "bf16"), (None, "bf16")],
)
def test_other_code_for_few_rows_changes_nothing(other_code, below, precision):
    other_code(below)
    assert_same_in_all_batches(make_runtime("bert", precision))


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        (0, RowRule(1, 0)),
        (2, RowRule(2, 0)),
        (18, RowRule(64, 0)),
        (512, RowRule(512, 0)),
        (513, RowRule(1024, 0)),
        (3002, RowRule(1, CHUNK)),
        (None, RowRule(1, CHUNK)),
    ],
)
def test_a_batch_is_filled_up_only_as_far_as_it_needs(other_code, below, expected):
    other_code(below)
    product = FrozenLinear(torch.nn.Linear(16, 8), torch.float32)
    assert find_row_rule([product], most=4096) == expected


def test_the_rule_of_a_batch_counts_its_rows():
    assert [RowRule(64).count(n) for n in (1, 64, 65)] == [64, 64, 65]
    assert [RowRule(1, 100).count(n) for n in (1, 100, 101)] == [100, 100, 200]


def test_products_of_one_shape_are_tried_once(monkeypatch):
    monkeypatch.setattr(rows, "_RULES", {})
    tried = []
    monkeypatch.setattr(
        rows, "_try_out", lambda product, most: tried.append(product) or RowRule()
    )
    model = make_model("bert", TINY)
    for _ in range(2):
        PackedEncoder(model, torch.float32)
    # 32 to 32, 32 to 64 with its activation, and 64 to 32.
    assert len(tried) == 3
    PackedEncoder(model, torch.bfloat16)
    assert len(tried) == 6


def test_trying_products_leaves_the_random_numbers_alone(monkeypatch):
    monkeypatch.setattr(rows, "_RULES", {})
    torch.manual_seed(3)
    expected = torch.randn(2)
    torch.manual_seed(3)
    PackedEncoder(make_model_quietly(), torch.float32)
    assert torch.equal(torch.randn(2), expected)


def make_model_quietly():
    state = torch.get_rng_state()
    model = make_model("bert", TINY)
    torch.set_rng_state(state)
    return model


def test_sequences_are_attended_to_alone_where_a_batch_would_change_them(monkeypatch):
    """Fused attention chooses its code by the number of sequences, too."""
    fused = attention.scaled_dot_product_attention

    def depend_on_number(q, *others, **settings):
        context = fused(q, *others, **settings)
        return nudge(context) if len(q) > 1 else context

    monkeypatch.setattr(attention, "is_slow_in_sdpa", lambda q: False)
    monkeypatch.setattr(attention, "scaled_dot_product_attention", depend_on_number)
    attention._try_out.cache_clear()
    try:
        assert_same_in_all_batches(make_runtime("bert", "fp32"))
    finally:
        attention._try_out.cache_clear()


def test_rows_that_fill_up_a_batch_are_not_given_out(monkeypatch):
    monkeypatch.setattr(packed, "find_row_rule", lambda products, most: RowRule(512))
    model = make_model("longformer", TINY, **KINDS["longformer"])
    inputs = make_inputs([5, 30], n_global=2)
    with torch.no_grad():
        found = PackedEncoder(model, torch.float32)(inputs)
        monkeypatch.undo()
        expected = PackedEncoder(model, torch.float32)(inputs)
    assert found.shape == (35, 32)
    assert float((found - expected).abs().max()) < 1e-5


def test_all_products_of_a_layer_are_tried():
    names = {"query", "key", "value", "out", "up", "down"}
    layer = FrozenLayer(packed.find_layers(make_model("bert", TINY))[0], torch.float32)
    held = {
        name for name, part in vars(layer).items() if isinstance(part, FrozenLinear)
    }
    assert held == names
    assert len(layer.products) == len(names)
