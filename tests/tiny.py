"""Tiny random checkpoints with the file sets of the published ones."""

import json
import string
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers.implementations import ByteLevelBPETokenizer
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    BertConfig,
    BertModel,
    BertTokenizerFast,
    DistilBertTokenizerFast,
    RobertaTokenizerFast,
)

WORDS = ["the", "patient", "denies", "chest", "pain", "fever", "mg", "and", "of", "no"]
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
N_POSITIONS = 64
# What the configuration of each architecture needs beside the sizes. RoBERTa and
# Longformer count positions from the padding id (1) on.
FROM_PADDING = {"max_position_embeddings": N_POSITIONS + 2, "type_vocab_size": 1}
KINDS = {
    "bert": {},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
    "electra": {"embedding_size": 32},
    "roberta": FROM_PADDING,
    "deberta": {},
    "longformer": {**FROM_PADDING, "attention_window": [16, 16]},
}
BYTE_LEVEL = ("roberta", "deberta", "longformer")


def make_token_classifier(
    folder: Path, kind: str, labels: Sequence[str], *, sharpness: float = 1.0
) -> Path:
    """Save a token-classification checkpoint with the given labels.

    sharpness: Factor on the head's weights, to keep logits apart.
    """
    torch.manual_seed(7)
    if kind in BYTE_LEVEL:
        tokenizer = RobertaTokenizerFast(*write_merges(folder))
    else:
        kinds = {"distilbert": DistilBertTokenizerFast}
        tokenizer_class = kinds.get(kind, BertTokenizerFast)
        tokenizer = tokenizer_class(write_vocab(folder), do_lower_case=True)
    settings = {"max_position_embeddings": N_POSITIONS, **KINDS[kind]}
    config = AutoConfig.for_model(
        kind,
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        **(settings if kind == "distilbert" else {**SIZES, **settings}),
    )
    model = AutoModelForTokenClassification.from_config(config)
    with torch.no_grad():
        model.classifier.weight.mul_(sharpness)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def make_bare_bert(folder: Path) -> Path:
    """Save an encoder as Bio_ClinicalBERT is published: cased vocab.txt, .bin only,
    no tokenizer_config.json, no `architectures` in config.json."""
    torch.manual_seed(7)
    write_vocab(folder, cased=True)
    n_ids = len((folder / "vocab.txt").read_text(encoding="utf8").split("\n"))
    config = BertConfig(vocab_size=n_ids, max_position_embeddings=N_POSITIONS, **SIZES)
    torch.save(BertModel(config).state_dict(), folder / "pytorch_model.bin")
    values = {**config.to_dict(), "model_type": "bert"}
    values.pop("architectures", None)
    (folder / "config.json").write_text(json.dumps(values), encoding="utf8")
    return folder


def write_vocab(folder: Path, *, cased: bool = False) -> str:
    """Write a vocab.txt: words, and characters to spell all others with."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = string.ascii_letters if cased else string.ascii_lowercase
    characters = letters + string.digits + string.punctuation
    words = [*WORDS, "Patient", "Pain"] if cased else WORDS
    vocab = [*SPECIALS, *characters, *(f"##{c}" for c in characters), *words, "##ing"]
    path = folder / "vocab.txt"
    path.write_text("\n".join(vocab), encoding="utf8")
    return str(path)


def write_merges(folder: Path) -> tuple[str, str]:
    """Write vocab.json and merges.txt of a byte-level BPE."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(
        [" ".join(WORDS)] * 3,
        vocab_size=400,
        min_frequency=1,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )
    vocab, merges = tokenizer.save_model(str(folder))
    return vocab, merges
