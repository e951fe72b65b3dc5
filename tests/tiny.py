"""Tiny random checkpoints with the file sets of the published ones."""

import json
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from tokenizers.implementations import ByteLevelBPETokenizer
from transformers import (
    AutoConfig,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizerFast,
    BigBirdTokenizerFast,
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
    "big_bird": {"block_size": 4, "num_random_blocks": 3, "hidden_act": "gelu_new"},
}
# Those that are told where words are.
BOXED = {
    "layoutlm": {"max_2d_position_embeddings": 1024},
    "lilt": {"max_2d_position_embeddings": 1024, "hidden_size": 48, **FROM_PADDING},
}
BYTE_LEVEL = ("roberta", "deberta", "longformer", "lilt")


@contextmanager
def always_the_same() -> Iterator[None]:
    """Draw the same weights each time, and leave torch's random numbers alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        yield


@always_the_same()
def make_token_classifier(
    folder: Path,
    kind: str,
    labels: Sequence[str],
    *,
    sharpness: float = 1.0,
    **settings: Any,
) -> Path:
    """Save a token-classification checkpoint with the given labels.

    sharpness: Factor on the head's weights, to keep logits apart.
    settings: Of the configuration, such as more positions.
    """
    tokenizer = make_tokenizer(folder, kind)
    config = make_config(kind, tokenizer, labels, **settings)
    model = AutoModelForTokenClassification.from_config(config)
    with torch.no_grad():
        model.classifier.weight.mul_(sharpness)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


@always_the_same()
def make_document_classifier(
    folder: Path,
    kind: str,
    labels: Sequence[str],
    *,
    sharpness: float = 1.0,
    **settings: Any,
) -> Path:
    """Save a sequence-classification checkpoint with the given labels."""
    tokenizer = make_tokenizer(folder, kind)
    model = AutoModelForSequenceClassification.from_config(
        make_config(kind, tokenizer, labels, **settings)
    )
    with torch.no_grad():
        head = model.classifier
        getattr(head, "out_proj", head).weight.mul_(sharpness)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


@always_the_same()
def make_question_answerer(
    folder: Path,
    kind: str,
    *,
    sharpness: float = 1.0,
    labels: Sequence[str] = ("start", "end"),
    **settings: Any,
) -> Path:
    """Save a question-answering checkpoint.

    sharpness: Factor on the head's weights, to keep logits apart.
    settings: Of the configuration, such as more positions.
    """
    tokenizer = make_tokenizer(folder, kind)
    config = make_config(kind, tokenizer, labels, **settings)
    config.sep_token_id = tokenizer.sep_token_id
    model = AutoModelForQuestionAnswering.from_config(config)
    with torch.no_grad():
        getattr(model, "qa_classifier", model).qa_outputs.weight.mul_(sharpness)
        # As if it had been trained: tiny checkpoints start with the same rows.
        types = getattr(model.base_model.embeddings, "token_type_embeddings", None)
        if types is not None:
            types.weight.mul_(20)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


@always_the_same()
def make_core(folder: Path, labels: Sequence[str]) -> Path:
    """Save a checkpoint as CORe is published: cased vocab.txt, .bin only, no
    tokenizer_config.json, no `problem_type`."""
    write_vocab(folder, cased=True)
    n_ids = len((folder / "vocab.txt").read_text(encoding="utf8").split("\n"))
    config = BertConfig(
        vocab_size=n_ids,
        max_position_embeddings=N_POSITIONS,
        architectures=["BertForSequenceClassification"],
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        **SIZES,
    )
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.weight.mul_(20)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(config.to_json_string(), encoding="utf8")
    return folder


def make_config(
    kind: str, tokenizer: Any, labels: Sequence[str], **settings: Any
) -> Any:
    """The configuration of a tiny checkpoint with a head."""
    known = {**KINDS, **BOXED}[kind]
    settings = {"max_position_embeddings": N_POSITIONS, **known, **settings}
    return AutoConfig.for_model(
        kind,
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        **(settings if kind == "distilbert" else {**SIZES, **settings}),
    )


def make_tokenizer(folder: Path, kind: str) -> Any:
    """Make a tokenizer of the sort that an architecture was published with."""
    if kind in BYTE_LEVEL:
        return RobertaTokenizerFast(*write_merges(folder))
    if kind == "big_bird":
        return make_unigram_tokenizer()
    kinds = {"distilbert": DistilBertTokenizerFast}
    tokenizer_class = kinds.get(kind, BertTokenizerFast)
    return tokenizer_class(write_vocab(folder), do_lower_case=True)


def make_unigram_tokenizer() -> BigBirdTokenizerFast:
    """Make what Clinical-BigBird's tokenizer.json holds, with a vocabulary of words."""
    specials = ["<pad>", "</s>", "<s>", "[MASK]", "[SEP]", "[CLS]"]
    characters = string.ascii_letters + string.digits + string.punctuation
    pieces = ["<unk>", *specials, *(f"\u2581{word}" for word in WORDS), "\u2581"]
    pieces = [*pieces, *characters]
    scores = [-5.0 if len(piece) > 1 else -9.0 for piece in pieces]
    model = models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=0)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    ids = {name: pieces.index(name) for name in ("[CLS]", "[SEP]")}
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=list(ids.items()),
    )
    return BigBirdTokenizerFast(tokenizer_object=tokenizer)


@always_the_same()
def make_bare_bert(folder: Path) -> Path:
    """Save an encoder as Bio_ClinicalBERT is published: cased vocab.txt, .bin only,
    no tokenizer_config.json, no `architectures` in config.json."""
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
