"""Wrapper of a checkpoint's tokenizer."""

import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from tokenizers import Encoding
from transformers import PreTrainedTokenizerFast

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.types import Ints1d

PARALLELISM = "TOKENIZERS_PARALLELISM"
# A rare spelling of "no", to recognize the value that is set here.
NO = "n"
# Published tokenizers have one before and one after a text.
MAX_SPECIALS = 16


def is_failure(error: BaseException) -> bool:
    """Check whether an error is a failure of the tokenizers library.

    Its panics aren't Exceptions, and their class can't be imported.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _before_fork() -> None:
    # A forked worker must not wait for threads of its parent. The tokenizers library
    # takes care of that, but prints a warning in each worker unless this is set.
    os.environ.setdefault(PARALLELISM, NO)


def _after_fork_in_parent() -> None:
    if os.environ[PARALLELISM] == NO:
        del os.environ[PARALLELISM]


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent)


class PairFrame(NamedTuple):
    """Special tokens around the two texts of a pair.

    before, between, after: Their ids.
    types: Token types of the five parts: before, the first text, between, the second
        text, after.
    """

    before: list[int]
    between: list[int]
    after: list[int]
    types: tuple[int, int, int, int, int]


class PieceTokenizer:
    """Splits texts into wordpieces with character offsets.

    Truncation and padding in the checkpoint's tokenizer.json are turned off, because
    texts are cut into windows later.

    tokenizer: A fast tokenizer of transformers.
    RAISES ValueError: C006, if it isn't a fast tokenizer.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        if not getattr(tokenizer, "is_fast", False):
            raise CodedValueError(Errors.C006.format(kind=type(tokenizer).__name__))
        self._tokenizer = tokenizer
        self._backend: Any = tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Split texts into wordpieces, without special tokens.

        RAISES ValueError: C025, if the tokenizer fails on one of the texts.
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
        # Not chained: the message of a panic quotes the text.
        raise CodedValueError(message)

    def _encode(self, texts: Sequence[str]) -> list[Encoding]:
        encodings: list[Encoding] = self._backend.encode_batch(
            list(texts), add_special_tokens=False
        )
        return encodings

    def strings(self, ids: Ints1d) -> list[str]:
        """Look up the strings of pieces in the vocabulary."""
        strings: list[str] = self._tokenizer.convert_ids_to_tokens(ids.tolist())
        return strings

    @cached_property
    def specials(self) -> tuple[list[int], list[int]]:
        """Ids of the special tokens before and after a window ([CLS] and [SEP])."""
        encoding = self._backend.encode("a")
        mask = encoding.special_tokens_mask
        text = [i for i, special in enumerate(mask) if not special]
        ids = encoding.ids
        if not text:
            return ids, []
        return ids[: text[0]], ids[text[-1] + 1 :]

    @cached_property
    def pair_frame(self) -> PairFrame:
        """The special tokens of a pair of texts.

        A tokenizer that knows no pairs gets BERT's: the first text as if it stood alone,
        then the second with the tokens that end a text.
        """
        encoding = self._backend.encode("a", "a")
        of_text, ids = encoding.sequence_ids, encoding.ids
        first = [i for i, text in enumerate(of_text) if text == 0]
        second = [i for i, text in enumerate(of_text) if text == 1]
        starts, ends = self.specials
        parts = ids[: first[0]], ids[first[-1] + 1 : second[0]], ids[second[-1] + 1 :]
        if not parts[0] or not parts[1] or not parts[2]:
            return PairFrame(starts, ends, ends, (0, 0, 0, 1, 1))
        types = encoding.type_ids
        at = 0, first[0], first[-1] + 1, second[0], second[-1] + 1
        a, b, c, d, e = (int(types[i]) for i in at)
        return PairFrame(*parts, (a, b, c, d, e))

    @property
    def returns_types(self) -> bool:
        """Whether the checkpoint's own inputs have token types."""
        return "token_type_ids" in self._tokenizer.model_input_names

    def find_fault(self) -> str:
        """Find a reason why the tokenizer can't be used; "" if it can."""
        try:
            before, after = self.specials
            encodings = self._encode(["a", "\u05d0 \U0001f915 Qx-7"])
        except BaseException as error:
            if not is_failure(error):
                raise
            return f"it fails on plain words ({type(error).__name__})"
        if not encodings[0].ids:
            return "it finds no pieces in a plain word"
        if not before or not after:
            return "it has no special tokens for the start and end of a text"
        if len(before) + len(after) > MAX_SPECIALS:
            return "it has too many special tokens for the start and end of a text"
        if max(before + after) >= self.n_ids:
            return "its special tokens aren't in its vocabulary"
        return ""

    def describe_parts(self) -> list[dict[str, Any]]:
        """Describe the normalizer and pre-tokenizer in the format of tokenizer.json."""
        parts = (self._backend.normalizer, self._backend.pre_tokenizer)
        described: list[dict[str, Any]] = []
        for part in parts:
            # Parts that are written in Python can't come from a file.
            if part is not None:
                described.append(json.loads(part.__getstate__()))
        return described

    def find_growth(self, text: str) -> float:
        """Compute the factor by which the normalizer lengthens a text."""
        normalizer = self._backend.normalizer
        if normalizer is None:
            return 1.0
        return len(normalizer.normalize_str(text)) / len(text)

    @property
    def pad_id(self) -> int:
        return int(self._tokenizer.pad_token_id or 0)

    @property
    def mask_id(self) -> int | None:
        """Id of the mask token; None if there is none."""
        mask_id = self._tokenizer.mask_token_id
        return None if mask_id is None else int(mask_id)

    @cached_property
    def n_ids(self) -> int:
        """Largest id in the vocabulary, plus one."""
        return int(max(self._backend.get_vocab(with_added_tokens=True).values())) + 1

    @property
    def lowers_cased_vocab(self) -> bool:
        """Whether it lower-cases texts although its vocabulary is cased.

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
