"""Make a small LayoutLM to train: words it knows from another model, places by waves, and
a tokenizer that marks words in capitals.

Run: python scripts/make_form_checkpoint.py path/to/all-MiniLM-L6-v2 training/forms_init
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, normalizers
from transformers import (
    AutoModel,
    AutoTokenizer,
    LayoutLMConfig,
    LayoutLMModel,
)

from spacy_clinical.encoders.storage import read_packed

TABLE = "word_embeddings.weight"
PLACES = ("x", "y", "h", "w")
# Behind two capitals, where no letter follows. Words are written small after this, and
# labels and titles are in capitals more often than what is filled in.
CAPITALS, MARK = r"(?<=\p{Lu}\p{Lu})(?!\p{L})", "\u00a7"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("source", help="BERT-like checkpoint to take words from")
    parser.add_argument("output", type=Path)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--layers", type=int, default=6)
    args = parser.parse_args()
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(args.source, use_fast=True)
    tokenizer.model_max_length = 512
    mark_capitals(tokenizer.backend_tokenizer)
    words = load_words(args.source)
    config = LayoutLMConfig(
        vocab_size=len(words),
        hidden_size=args.width,
        num_hidden_layers=args.layers,
        num_attention_heads=args.width // 32,
        intermediate_size=4 * args.width,
        max_position_embeddings=512,
        # Attention without it is several times faster on a CPU.
        attention_probs_dropout_prob=0.0,
    )
    model = LayoutLMModel(config)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight.copy_(shrink(words, args.width))
        for name in PLACES:
            table = getattr(model.embeddings, f"{name}_position_embeddings").weight
            table.copy_(make_waves(*table.shape))
    model.save_pretrained(args.output)
    tokenizer.save_pretrained(args.output)
    print(f"{args.output}: {sum(p.numel() for p in model.parameters()):,} parameters")


def load_words(source: str) -> Any:
    """Load the word embeddings of a model (n_words, width), or of an encoder that this
    package has saved."""
    path = Path(source) / "model.safetensors"
    if not path.is_file():
        return AutoModel.from_pretrained(source).get_input_embeddings().weight
    weights = read_packed(path)
    [table] = (w for name, w in weights.items() if name.endswith(TABLE))
    return table


def mark_capitals(tokenizer: Any) -> None:
    """Let a tokenizer that writes all words small put a mark behind those in capitals."""
    if MARK in tokenizer.normalizer.normalize_str("AA"):
        return
    mark = normalizers.Replace(Regex(CAPITALS), MARK)
    tokenizer.normalizer = normalizers.Sequence([mark, tokenizer.normalizer])


def shrink(words: Any, width: int) -> Any:
    """Find the main components of word embeddings: (n_words, width)."""
    centred = words.detach() - words.detach().mean(dim=0)
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    found = centred @ directions[:width].T
    return 0.05 * found / found.std()


def make_waves(n: int, width: int) -> Any:
    """Make rows that are alike where places are near (Vaswani et al. 2017), and mixed."""
    places = torch.arange(n)[:, None]
    periods = torch.logspace(1, 4, width // 2)[None]
    angles = 2 * torch.pi * places / periods
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    mixing, _ = torch.linalg.qr(torch.randn(width, width))
    return 0.03 * waves @ mixing


if __name__ == "__main__":
    main()
