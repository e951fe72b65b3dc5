"""A checkpoint's own tokenizer, reduced to what the package needs of it."""

import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Encoding
from transformers import PreTrainedTokenizerFast

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.types import Ints1d

PARALLELISM = "TOKENIZERS_PARALLELISM"
# A rare spelling of "no", to recognize our own value by.
NO = "n"
# Published ones have one before and one after a text.
MAX_SPECIALS = 16


def is_failure(error: BaseException) -> bool:
    """Check whether the tokenizers library failed: by its own error or a panic, which is
    no Exception and can't be imported."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _before_fork() -> None:
    # A forked worker must not wait for threads that stay in its parent. The
    # tokenizers library sees to that itself, but prints a notice in each worker
    # unless it was told so.
    os.environ.setdefault(PARALLELISM, NO)


def _after_fork_in_parent() -> None:
    if os.environ[PARALLELISM] == NO:
        del os.environ[PARALLELISM]


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent)


class PieceTokenizer:
    """Cut texts into wordpieces, all of them, with their character offsets.

    Truncation and padding that the checkpoint's tokenizer.json may ask for are
    turned off: windows are cut later, and nothing is dropped.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        if not getattr(tokenizer, "is_fast", False):
            raise CodedValueError(Errors.C006.format(kind=type(tokenizer).__name__))
        self._tokenizer = tokenizer
        self._backend: Any = tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Cut texts into wordpieces, without special tokens, in one call.

        RAISES ValueError: C025, if the tokenizer fails on one of them.
        """
        try:
            return self._encode(texts)
        except BaseException as error:
            if not is_failure(error):
                raise
            message = Errors.C025.format(
                name=self._tokenizer.name_or_path,
                n_texts=len(texts),
                n_chars=sum(map(len, texts)),
                kind=type(error).__name__,
            )
        # Without what it comes from: a panic's words quote the text.
        raise CodedValueError(message)

    def _encode(self, texts: Sequence[str]) -> list[Encoding]:
        encodings: list[Encoding] = self._backend.encode_batch(
            list(texts), add_special_tokens=False
        )
        return encodings

    def strings(self, ids: Ints1d) -> list[str]:
        """Look up how the vocabulary writes the pieces."""
        strings: list[str] = self._tokenizer.convert_ids_to_tokens(ids.tolist())
        return strings

    @cached_property
    def specials(self) -> tuple[list[int], list[int]]:
        """The special tokens before and after a window ([CLS] and [SEP])."""
        encoding = self._backend.encode("a")
        mask = encoding.special_tokens_mask
        text = [i for i, special in enumerate(mask) if not special]
        ids = encoding.ids
        if not text:
            return ids, []
        return ids[: text[0]], ids[text[-1] + 1 :]

    def find_fault(self) -> str:
        """Find why it can't cut every text into known pieces; "" if it can."""
        try:
            before, after = self.specials
            encodings = self._encode(["a", "\u05d0 \U0001f915 Qx-7"])
        except BaseException as error:
            if not is_failure(error):
                raise
            return f"it fails on plain words ({type(error).__name__})"
        if not encodings[0].ids:
            return "it makes nothing of a plain word"
        if not before or not after:
            return "it has no special tokens for the start and end of a text"
        if len(before) + len(after) > MAX_SPECIALS:
            return "it has too many special tokens for the start and end of a text"
        if max(before + after) >= self.n_ids:
            return "its special tokens aren't in its vocabulary"
        return ""

    def describe_parts(self) -> list[dict[str, Any]]:
        """Describe its normalizers and pre-tokenizers, as tokenizer.json does."""
        parts = (self._backend.normalizer, self._backend.pre_tokenizer)
        described: list[dict[str, Any]] = []
        for part in parts:
            # None of the parts that Python can add by itself is in a file.
            if part is not None:
                described.append(json.loads(part.__getstate__()))
        return described

    def find_growth(self, text: str) -> float:
        """Find how many times as long its normalizer makes a text."""
        normalizer = self._backend.normalizer
        if normalizer is None:
            return 1.0
        return len(normalizer.normalize_str(text)) / len(text)

    @property
    def pad_id(self) -> int:
        return int(self._tokenizer.pad_token_id or 0)

    @property
    def mask_id(self) -> int | None:
        """What stands for a hidden wordpiece, if the checkpoint has that."""
        mask_id = self._tokenizer.mask_token_id
        return None if mask_id is None else int(mask_id)

    @property
    def n_ids(self) -> int:
        """One more than the largest id that can come out."""
        return int(max(self._backend.get_vocab(with_added_tokens=True).values())) + 1

    @property
    def lowers_cased_vocab(self) -> bool:
        """Whether it lower-cases texts though its vocabulary has cased words.

        SOURCE: clinicalBERT issues 26 and 38: BertTokenizer lower-cases unless a
        tokenizer_config.json says otherwise, and the published folders have none.
        """
        normalizer = self._backend.normalizer
        if normalizer is None or normalizer.normalize_str("A") != "a":
            return False
        words = self._backend.get_vocab(with_added_tokens=False)
        return any(word != word.lower() for word in words if word.isalpha())

    def save(self, folder: Path) -> None:
        self._tokenizer.save_pretrained(str(folder))
