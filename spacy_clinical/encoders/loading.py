"""Read a checkpoint, from the hub or a folder, and check that it is whole."""

import contextlib
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PretrainedConfig,
)
from transformers.utils import logging as transformers_logging

from spacy_clinical.checkpoints import Checkpoint
from spacy_clinical.encoders.faults import find_fault
from spacy_clinical.encoders.published_heads import (
    Head,
    cut_document_head,
    cut_token_head,
)
from spacy_clinical.encoders.tokenizer import PieceTokenizer
from spacy_clinical.errors import Errors, Warnings, warn

UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, EOFError, ImportError)
# Seconds that the hub has to answer.
TIMEOUT = 10
TOKENS, DOCUMENTS = "ForTokenClassification", "ForSequenceClassification"
LOADERS = {
    TOKENS: AutoModelForTokenClassification,
    DOCUMENTS: AutoModelForSequenceClassification,
}
# Encoders that are told where on a page words are, and those that also look at its
# picture, with licences that forbid commercial use.
BOXED = frozenset({"layoutlm", "lilt"})
LOOKING = frozenset({"layoutlmv2", "layoutlmv3"})
# Share of the embedding table that a whole vocabulary fills.
MIN_USED_ROWS = 0.9


@dataclass(frozen=True)
class LoadedCheckpoint:
    """An encoder, its tokenizer, and its head if it was published with one.

    max_pieces: Longest input, special tokens included.
    """

    model: torch.nn.Module
    tokenizer: PieceTokenizer
    head: Head | None
    max_pieces: int


def load_checkpoint(checkpoint: Checkpoint) -> LoadedCheckpoint:
    """Load an encoder with its tokenizer and, if it has one, its head.

    RAISES ValueError: C003 to C009, C017, C018, naming the checkpoint and what is
        wrong.
    """
    with _quiet_transformers(), _coded_errors(checkpoint):
        where = _where(checkpoint, is_local=_is_local(checkpoint))
        config = AutoConfig.from_pretrained(**where)
        _check_task(checkpoint, config)
        tokenizer = _load_tokenizer(checkpoint, where)
        model, head = _load_model(checkpoint, config, where)
    _check_vocabulary(checkpoint, tokenizer, model)
    max_pieces = min(checkpoint.max_pieces or 10**9, count_positions(model))
    return LoadedCheckpoint(model, tokenizer, head, max_pieces)


def _check_task(checkpoint: Checkpoint, config: PretrainedConfig) -> None:
    if config.model_type in LOOKING:
        raise ValueError(
            Errors.C019.format(name=checkpoint.name, kind=config.model_type)
        )
    is_encoder = hasattr(config, "vocab_size") and not config.is_encoder_decoder
    if not is_encoder or not hasattr(config, "max_position_embeddings"):
        raise ValueError(
            Errors.C017.format(name=checkpoint.name, kind=config.model_type)
        )


def _check_vocabulary(
    checkpoint: Checkpoint, tokenizer: PieceTokenizer, model: Any
) -> None:
    """Compare the tokenizer with the embedding table, which may have spare rows."""
    n_ids, n_rows = tokenizer.n_ids, model.get_input_embeddings().num_embeddings
    if not MIN_USED_ROWS * n_rows <= n_ids <= n_rows:
        raise ValueError(
            Errors.C005.format(name=checkpoint.name, n_ids=n_ids, n_rows=n_rows)
        )
    fault = tokenizer.find_fault()
    if fault:
        raise ValueError(Errors.C018.format(name=checkpoint.name, fault=fault))


def count_positions(model: Any) -> int:
    """How many pieces an encoder has positions for.

    RoBERTa and its kin count positions from the padding id on, so their tables
    have that many rows too many.
    """
    positions = int(model.config.max_position_embeddings)
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return positions if padding is None else positions - padding - 1


def _where(checkpoint: Checkpoint, *, is_local: bool) -> dict[str, Any]:
    return {
        "pretrained_model_name_or_path": checkpoint.location,
        "revision": checkpoint.revision or None,
        "local_files_only": is_local,
    }


def _is_local(checkpoint: Checkpoint) -> bool:
    """Whether to look for a checkpoint on this machine only.

    Without a network, the hub's own library would try again and again for each file.
    """
    if Path(checkpoint.location).is_dir():
        return True
    try:
        HfApi().model_info(
            checkpoint.name, revision=checkpoint.revision or None, timeout=TIMEOUT
        )
    except HfHubHTTPError:
        # The hub has answered; what is wrong comes out when it is asked for files.
        return False
    # Whatever the library that it connects by raises.
    except Exception:
        return True
    return False


def _load_tokenizer(checkpoint: Checkpoint, where: dict[str, Any]) -> PieceTokenizer:
    case = {} if checkpoint.lower_case is None else _casing(checkpoint.lower_case)
    tokenizer = PieceTokenizer(
        AutoTokenizer.from_pretrained(**where, use_fast=True, **case)
    )
    if checkpoint.lower_case is None and tokenizer.lowers_cased_vocab:
        warn(Warnings.W001.format(name=checkpoint.name))
        return PieceTokenizer(
            AutoTokenizer.from_pretrained(**where, use_fast=True, **_casing(False))
        )
    return tokenizer


def _casing(lower_case: bool) -> dict[str, bool]:
    return {"do_lower_case": lower_case}


def _load_model(
    checkpoint: Checkpoint, config: PretrainedConfig, where: dict[str, Any]
) -> tuple[Any, Head | None]:
    """Load the encoder without its pooler, and a published head apart from it."""
    architectures = getattr(config, "architectures", None) or [""]
    suffix, loader = "", AutoModel
    for suffix_of_head, loader_of_head in LOADERS.items():
        if architectures[0].endswith(suffix_of_head):
            suffix, loader = suffix_of_head, loader_of_head
    model, info = loader.from_pretrained(**where, output_loading_info=True)
    # Only document heads read the pooler.
    missing = [
        key
        for key in info["missing_keys"]
        if suffix == DOCUMENTS or "pooler" not in key
    ]
    if missing:
        raise ValueError(
            Errors.C004.format(
                name=checkpoint.name, n=len(missing), example=sorted(missing)[0]
            )
        )
    model = model.float().eval()
    head = None
    if suffix:
        cut = cut_token_head if suffix == TOKENS else cut_document_head
        head = cut(checkpoint.name, model)
        model = model.base_model
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    return model, head


@contextlib.contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Keep transformers' notices back: what matters in them is checked here."""
    before = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)


@contextlib.contextmanager
def _coded_errors(checkpoint: Checkpoint) -> Iterator[None]:
    """Say which checkpoint could not be read, whatever library found out."""
    try:
        yield
    except (pickle.UnpicklingError, SafetensorError, *UNREADABLE) as error:
        if str(error).startswith("[C"):
            raise
        kind = type(error).__name__
        if not Path(checkpoint.location).is_dir():
            revision = checkpoint.revision or "-"
            message = Errors.C009.format(
                name=checkpoint.name, revision=revision, kind=kind
            )
        else:
            fault = find_fault(Path(checkpoint.location)) or (
                f"its files don't fit each other or its config.json ({kind})"
            )
            message = Errors.C003.format(name=checkpoint.name, fault=fault)
        raise ValueError(message) from error
