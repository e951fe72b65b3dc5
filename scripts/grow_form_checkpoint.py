"""Make a deeper LayoutLM of a trained one, to train on: layers that change nothing yet are
put between its own, and its tokenizer marks words in capitals.

Run: python scripts/grow_form_checkpoint.py \
       spacy_clinical/models/layoutlm_forms_sm training/forms_init --layers 6
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from make_form_checkpoint import mark_capitals
from transformers import (
    AutoTokenizer,
    LayoutLMConfig,
    LayoutLMForTokenClassification,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("source", type=Path, help="trained LayoutLM")
    parser.add_argument("output", type=Path)
    parser.add_argument("--layers", type=int, default=6)
    args = parser.parse_args()
    torch.manual_seed(0)
    small = LayoutLMForTokenClassification.from_pretrained(args.source).float()
    settings = small.config.to_dict()
    n_before = settings["num_hidden_layers"]
    settings["num_hidden_layers"] = args.layers
    # Attention without it is several times faster on a CPU.
    settings["attention_probs_dropout_prob"] = 0.0
    model = LayoutLMForTokenClassification(LayoutLMConfig(**settings)).float()
    own = model.layoutlm.encoder.layer
    rest = {k: v for k, v in small.state_dict().items() if ".encoder.layer." not in k}
    model.load_state_dict(rest, strict=False)
    taken = -1
    for i, place in enumerate(place_layers(n_before, args.layers)):
        own[i].load_state_dict(small.layoutlm.encoder.layer[place].state_dict())
        if place == taken:
            silence(own[i])
        taken = place
    model.save_pretrained(args.output)
    tokenizer = AutoTokenizer.from_pretrained(args.source, use_fast=True)
    mark_capitals(tokenizer.backend_tokenizer)
    tokenizer.save_pretrained(args.output)
    print(f"{args.output}: {sum(p.numel() for p in model.parameters()):,} parameters")


def place_layers(n_before: int, n_after: int) -> list[int]:
    """Which layer of the smaller model each of the larger one comes from."""
    return [i * n_before // n_after for i in range(n_after)]


def silence(layer: Any) -> None:
    """Let a layer add nothing to its input."""
    with torch.no_grad():
        for part in (layer.attention.output, layer.output):
            part.dense.weight.zero_()
            part.dense.bias.zero_()
        # What comes in has been scaled and shifted by the layer before.
        scale, shift = layer.output.LayerNorm.weight, layer.output.LayerNorm.bias
        layer.attention.output.LayerNorm.weight.copy_(scale)
        layer.attention.output.LayerNorm.bias.copy_(shift)


if __name__ == "__main__":
    main()
