"""Find out which file of a checkpoint's folder is at fault, after it failed to load."""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
JSON = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    *(f"{name}.index.json" for name in WEIGHTS),
)


def find_fault(folder: Path) -> str:
    """Look at the files of a folder one by one.

    RETURNS: The first that is missing or unreadable, with what is wrong with it; "" if
        all look well.
    """
    return next(_find_faults(folder), "")


def _find_faults(folder: Path) -> Iterator[str]:
    if not (folder / "config.json").is_file():
        yield "config.json is missing"
    for name in JSON:
        if (folder / name).is_file() and not _is_json(folder / name):
            yield f"{name} is truncated or isn't JSON"
    if not any((folder / name).is_file() for name in VOCABULARIES):
        yield "the tokenizer's vocabulary (tokenizer.json or vocab.txt) is missing"
    if (folder / "vocab.json").is_file() and not (
        (folder / "tokenizer.json").is_file() or (folder / "merges.txt").is_file()
    ):
        yield "merges.txt is missing"
    names = list(_list_weights(folder))
    if not names:
        yield "the weights (model.safetensors or pytorch_model.bin) are missing"
    for name in names:
        fault = _find_fault_of_weights(folder / name)
        if fault:
            yield f"{name} {fault}"


def _is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf8")), dict)
    except ValueError:
        return False


def _list_weights(folder: Path) -> Iterator[str]:
    """The files that transformers would read the weights from."""
    for name in WEIGHTS:
        if (folder / name).is_file():
            yield name
            return
        index = folder / f"{name}.index.json"
        if index.is_file():
            shards = json.loads(index.read_text(encoding="utf8"))["weight_map"]
            yield from sorted(set(shards.values()))
            return


def _find_fault_of_weights(path: Path) -> str:
    if not path.is_file():
        return "is missing"
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as weights:
                weights.keys()
        else:
            torch.load(path, map_location="meta", weights_only=True)
    except pickle.UnpicklingError:
        return "is truncated or holds code, not plain weights: it was not run"
    except (SafetensorError, OSError, EOFError, RuntimeError, ValueError):
        return "is truncated or holds no weights"
    return ""
