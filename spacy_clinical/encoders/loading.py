"""Load a checkpoint from the hub or a folder, and check that it is complete."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from transformers import (
    AutoModel,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PretrainedConfig,
)
from transformers.utils import logging as transformers_logging

from spacy_clinical.checkpoints import Checkpoint
from spacy_clinical.checkpoints.files import CheckpointFiles, list_files
from spacy_clinical.checkpoints.hub import find_folder
from spacy_clinical.encoders.configs import check_size, read_config, read_kind
from spacy_clinical.encoders.faults import Contents, check_files, read_packed_weights
from spacy_clinical.encoders.published_heads import (
    Head,
    cut_answer_head,
    cut_document_head,
    cut_token_head,
)
from spacy_clinical.encoders.tokenizer import PieceTokenizer, is_failure
from spacy_clinical.encoders.tokenizer_files import load_tokenizer
from spacy_clinical.errors import CodedError, CodedValueError, Errors, Warnings, warn

TOKENS, DOCUMENTS = "ForTokenClassification", "ForSequenceClassification"
ANSWERS = "ForQuestionAnswering"
LOADERS = {
    TOKENS: AutoModelForTokenClassification,
    DOCUMENTS: AutoModelForSequenceClassification,
    ANSWERS: AutoModelForQuestionAnswering,
}
HEADS = {
    TOKENS: cut_token_head,
    DOCUMENTS: cut_document_head,
    ANSWERS: cut_answer_head,
}
# Encoders that use the position of words on a page, and those that also use its image,
# whose licenses forbid commercial use.
BOXED = frozenset({"layoutlm", "lilt"})
LOOKING = frozenset({"layoutlmv2", "layoutlmv3"})
# Minimum share of the embedding table that a complete vocabulary fills.
MIN_USED_ROWS = 0.9


@dataclass(frozen=True)
class LoadedCheckpoint:
    """An encoder with its tokenizer, and its head if it was published with one.

    model: The encoder.
    tokenizer: Its tokenizer.
    head: Its published head; None if it has none.
    max_pieces: Maximum input length, including special tokens.
    commit: Commit of the files on the hub; "" if it is unknown.
    """

    model: torch.nn.Module
    tokenizer: PieceTokenizer
    head: Head | None
    max_pieces: int
    commit: str = ""


def load_checkpoint(
    checkpoint: Checkpoint, *, only_inside: bool = False
) -> LoadedCheckpoint:
    """Load an encoder with its tokenizer and, if it has one, its head.

    A checkpoint's own code is never run, and its files are checked before libraries
    read them.

    only_inside: Whether to refuse links that lead out of its folder.
    RAISES ValueError: C003 to C009, C017 to C019, C021 to C024 or C868, with the
        checkpoint and the fault.
    """
    folder, commit = find_folder(checkpoint)
    files = list_files(checkpoint.name, folder, only_inside=only_inside)
    with _quiet_transformers():
        kind = read_kind(files)
        if kind in LOOKING:
            raise CodedValueError(Errors.C019.format(name=files.name, kind=kind))
        contents = check_files(files)
        with _coded_errors(files, "config.json can't be used"):
            config = read_config(files, kind, contents)
        _check_task(checkpoint, config)
        with _coded_errors(files, "its tokenizer files can't be used"):
            tokenizer = _load_tokenizer(checkpoint, files, config)
        with _coded_errors(files, "its files don't fit each other or its config.json"):
            model, head = _load_model(files, config, contents)
    _check_vocabulary(checkpoint, tokenizer, model)
    max_pieces = min(checkpoint.max_pieces or 10**9, count_positions(model))
    return LoadedCheckpoint(model, tokenizer, head, max_pieces, commit)


def knows_boxes(model: Any) -> bool:
    """Check whether an encoder uses the position of words on a page."""
    return model.config.model_type in BOXED


def _check_task(checkpoint: Checkpoint, config: PretrainedConfig) -> None:
    is_encoder = hasattr(config, "vocab_size") and not config.is_encoder_decoder
    if not is_encoder or not hasattr(config, "max_position_embeddings"):
        raise CodedValueError(
            Errors.C017.format(name=checkpoint.name, kind=config.model_type)
        )


def _check_vocabulary(
    checkpoint: Checkpoint, tokenizer: PieceTokenizer, model: Any
) -> None:
    """Check the tokenizer against the embedding table, which may have spare rows."""
    n_ids, n_rows = tokenizer.n_ids, model.get_input_embeddings().num_embeddings
    if not MIN_USED_ROWS * n_rows <= n_ids <= n_rows:
        raise CodedValueError(
            Errors.C005.format(name=checkpoint.name, n_ids=n_ids, n_rows=n_rows)
        )
    fault = tokenizer.find_fault()
    if fault:
        raise CodedValueError(Errors.C018.format(name=checkpoint.name, fault=fault))


def count_positions(model: Any) -> int:
    """Count the positions of an encoder: its maximum input length.

    RoBERTa and similar models start counting positions after the padding id, so their
    tables have extra rows.
    """
    positions = int(model.config.max_position_embeddings)
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return positions if padding is None else positions - padding - 1


def _load_tokenizer(
    checkpoint: Checkpoint, files: CheckpointFiles, config: PretrainedConfig
) -> PieceTokenizer:
    case = {} if checkpoint.lower_case is None else _casing(checkpoint.lower_case)
    tokenizer = load_tokenizer(files, config, **case)
    if checkpoint.lower_case is None and tokenizer.lowers_cased_vocab:
        warn(Warnings.W001.format(name=checkpoint.name))
        return load_tokenizer(files, config, **_casing(False))
    return tokenizer


def _casing(lower_case: bool) -> dict[str, bool]:
    return {"do_lower_case": lower_case}


def _load_model(
    files: CheckpointFiles, config: PretrainedConfig, contents: Contents
) -> tuple[Any, Head | None]:
    """Load the encoder without its pooler, and a published head separately."""
    architectures = getattr(config, "architectures", None) or [""]
    suffix, loader = "", AutoModel
    for suffix_of_head, loader_of_head in LOADERS.items():
        if architectures[0].endswith(suffix_of_head):
            suffix, loader = suffix_of_head, loader_of_head
    model_class = check_size(files, config, loader, contents)
    folder: str | None = str(files.folder)
    weights: dict[str, Any] = {}
    if contents.is_packed:
        folder = None
        weights["state_dict"] = read_packed_weights(files)
    # The loaders for any class import all of them.
    model, info = model_class.from_pretrained(
        folder,
        **weights,
        config=config,
        trust_remote_code=False,
        local_files_only=True,
        output_loading_info=True,
    )
    # Only document heads use the pooler.
    missing = [
        key
        for key in info["missing_keys"]
        if suffix == DOCUMENTS or "pooler" not in key
    ]
    if missing:
        raise CodedValueError(
            Errors.C004.format(
                name=files.name, n=len(missing), example=sorted(missing)[0]
            )
        )
    model = model.float().eval()
    head = None
    if suffix:
        head = HEADS[suffix](files.name, model)
        model = model.base_model
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    return model, head


@contextlib.contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Silence messages of transformers; the relevant facts are checked here."""
    before = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)


@contextlib.contextmanager
def _coded_errors(files: CheckpointFiles, fault: str) -> Iterator[None]:
    """Convert errors of libraries to C003, with the checkpoint's name.

    fault: Description of the fault, for errors without a code.
    """
    try:
        yield
    # With manipulated files, libraries raise almost anything, and the tokenizers
    # library panics.
    except BaseException as error:
        if not is_failure(error) or isinstance(error, CodedError):
            raise
        raise files.refuse(f"{fault} ({type(error).__name__})") from error
