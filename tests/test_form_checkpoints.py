"""The scripts that make the LayoutLMs from which training on forms starts."""

import runpy
import sys
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoTokenizer,
    LayoutLMConfig,
    LayoutLMForTokenClassification,
)

from spacy_clinical.checkpoints import get_checkpoint

SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from grow_form_checkpoint import place_layers  # noqa: E402
from make_form_checkpoint import load_words, mark_capitals  # noqa: E402
from ship_form_model import blend  # noqa: E402


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A tiny LayoutLM of two layers, with the words of the shipped one."""
    folder = tmp_path_factory.mktemp("small")
    tokenizer = AutoTokenizer.from_pretrained(
        get_checkpoint("layoutlm_forms_sm").location
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LayoutLMConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        id2label={0: "O", 1: "B-ANSWER"},
        label2id={"O": 0, "B-ANSWER": 1},
    )
    LayoutLMForTokenClassification(config).save_pretrained(folder)
    return folder


def run(monkeypatch, name, *arguments):
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    runpy.run_path(str(SCRIPTS / name), run_name="__main__")


def compute(folder):
    model = LayoutLMForTokenClassification.from_pretrained(folder).eval()
    pieces = torch.arange(2000, 2012)[None]
    left = torch.arange(0, 480, 40)
    boxes = torch.stack([left, left // 2, left + 30, left // 2 + 12], dim=1)[None]
    with torch.no_grad():
        return model(input_ids=pieces, bbox=boxes).logits


def test_a_deeper_model_starts_with_what_the_trained_one_says(
    small, tmp_path, monkeypatch
):
    run(monkeypatch, "grow_form_checkpoint.py", small, tmp_path, "--layers", 4)
    deep = LayoutLMConfig.from_pretrained(tmp_path)
    assert (deep.num_hidden_layers, deep.attention_probs_dropout_prob) == (4, 0.0)
    assert deep.id2label == {0: "O", 1: "B-ANSWER"}
    assert torch.allclose(compute(small), compute(tmp_path), atol=1e-4)


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [(2, 4, [0, 0, 1, 1]), (4, 6, [0, 0, 1, 2, 2, 3]), (3, 3, [0, 1, 2])],
)
def test_every_layer_is_taken_in_turn(before, after, places):
    assert place_layers(before, after) == places


def test_a_mark_stands_behind_words_in_capitals(small):
    tokenizer = AutoTokenizer.from_pretrained(small)
    for _ in range(2):
        # Marking again changes nothing.
        mark_capitals(tokenizer.backend_tokenizer)
    encoding = tokenizer("DATE: Date of R&D, NO. 12AB", add_special_tokens=False)
    mark = "\u00a7"
    assert encoding.tokens() == [
        *("date", mark, ":", "date", "of", "r", "&", "d", ","),
        *("no", mark, ".", "12", "##ab", mark),
    ]
    # A mark is a piece of its word.
    spans = [encoding.token_to_chars(i) for i in (0, 1, 2)]
    assert spans == [(0, 4), (3, 4), (4, 5)]


def test_words_are_loaded_from_what_the_package_ships():
    encoder = get_checkpoint("layoutlm_forms_sm").location
    words = load_words(encoder)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    assert words.shape[0] == len(tokenizer)
    assert words.dtype == torch.float32
    assert words.std() > 0


def test_weights_are_averaged_with_those_before_training(small):
    start = LayoutLMForTokenClassification.from_pretrained(small)
    model = LayoutLMForTokenClassification.from_pretrained(small)
    with torch.no_grad():
        model.classifier.weight.add_(1.0)
    blend(model, start, 0.75)
    moved = model.classifier.weight - start.classifier.weight
    assert torch.allclose(moved, torch.full_like(moved, 0.75), atol=1e-6)
    same = model.layoutlm.encoder.layer[0].output.dense.weight
    assert torch.allclose(same, start.layoutlm.encoder.layer[0].output.dense.weight)
    start.config.id2label = {0: "O", 1: "B-OTHER"}
    with pytest.raises(ValueError, match="different labels"):
        blend(model, start, 0.75)
