"""Load a checkpoint's tokenizer only from copies of its own files."""

import base64
import binascii
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PretrainedConfig

from spacy_clinical.checkpoints.files import (
    CONFIG,
    TOKENIZER,
    CheckpointFiles,
)
from spacy_clinical.encoders.configs import (
    IGNORED,
    TOKENIZER_CONFIG,
    clean_tokenizer_config,
)
from spacy_clinical.encoders.tokenizer import PieceTokenizer
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.json_text import write_json

TOKENIZER_JSON = "tokenizer.json"
# Maximum factor by which a normalizer may lengthen a text. Published ones add a few
# characters, or 18 for the longest compatibility form of Unicode.
MAX_GROWTH = 64
MAX_PARTS = 64
MAX_PATTERN = 2000
# Letters, digits, punctuation, compatibility forms of Unicode, and several spaces.
PROBE = (
    "".join(map(chr, range(32, 127)))
    + "\u00e9\ufdfa\ufb03\u2460\u3000  \n\t\u05d0\U0001f915"
)


def load_tokenizer(
    files: CheckpointFiles, config: PretrainedConfig, **settings: Any
) -> PieceTokenizer:
    """Load a tokenizer.

    files: The checkpoint's files.
    config: The checkpoint's config.
    settings: Settings that override those of the files, such as do_lower_case.
    RAISES ValueError: C003, if it is broken; C006, if it gives no offsets; C018, if it
        makes texts far longer.
    """
    if TOKENIZER_JSON in files:
        values = files.read_json(TOKENIZER_JSON)
        _refuse_growth(files, values.get("normalizer"), values.get("pre_tokenizer"))
    with tempfile.TemporaryDirectory() as folder:
        _copy(files, config, Path(folder))
        tokenizer = AutoTokenizer.from_pretrained(
            folder,
            use_fast=True,
            trust_remote_code=False,
            local_files_only=True,
            **settings,
        )
    tokenizer.name_or_path = files.name
    loaded = PieceTokenizer(tokenizer)
    # Tokenizers without a tokenizer.json can only be checked after loading.
    _refuse_growth(files, *loaded.describe_parts())
    if loaded.find_growth(PROBE) > MAX_GROWTH:
        raise _make_growth_error(files)
    return loaded


def _copy(files: CheckpointFiles, config: PretrainedConfig, folder: Path) -> None:
    """Copy a tokenizer's files to a folder, without keys that name other files."""
    for name in TOKENIZER:
        if name not in files:
            continue
        if name == TOKENIZER_CONFIG:
            values = clean_tokenizer_config(files.read_json(name))
            (folder / name).write_text(write_json(values), encoding="utf8")
        else:
            shutil.copyfile(files.paths[name], folder / name)
    values = {k: v for k, v in files.read_json(CONFIG).items() if k not in IGNORED}
    values["model_type"] = config.model_type
    (folder / CONFIG).write_text(write_json(values), encoding="utf8")


def _make_growth_error(files: CheckpointFiles) -> ValueError:
    fault = f"it makes texts more than {MAX_GROWTH} times as long"
    return CodedValueError(Errors.C018.format(name=files.name, fault=fault))


def _refuse_growth(files: CheckpointFiles, *parts: Any) -> None:
    """Raise an error for parts that could make texts far longer."""
    growth = 1
    for n_parts, part in enumerate(_list_parts(parts), start=1):
        growth *= _bound_growth(part)
        patterns = [part.get("pattern"), part.get("content")]
        patterns += [p.get("Regex") for p in patterns if isinstance(p, dict)]
        too_long = any(isinstance(p, str) and len(p) > MAX_PATTERN for p in patterns)
        if growth > MAX_GROWTH or n_parts > MAX_PARTS or too_long:
            raise _make_growth_error(files)


def _list_parts(parts: Any) -> Iterator[dict[str, Any]]:
    """Yield the normalizers and pre-tokenizers in nested sequences."""
    pending = list(parts)
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending += part
        elif isinstance(part, dict):
            yield part
            pending += [v for k, v in part.items() if isinstance(v, list)]


def _bound_growth(part: dict[str, Any]) -> int:
    """Compute the maximum factor by which a normalizer can lengthen a text."""
    kind = part.get("type")
    if kind == "Replace":
        content, pattern = part.get("content"), part.get("pattern")
        length = len(content) if isinstance(content, str) else 0
        # A pattern with an empty match inserts between characters.
        is_plain = isinstance(pattern, dict) and bool(pattern.get("String"))
        return max(1, length) if is_plain else 1 + length
    if kind == "Prepend":
        prepend = part.get("prepend")
        return max(1, len(prepend)) if isinstance(prepend, str) else 1
    if kind == "Precompiled":
        return _bound_charsmap(part.get("precompiled_charsmap"))
    return 1


def _bound_charsmap(charsmap: Any) -> int:
    """Find the longest replacement (bytes) in SentencePiece's table of characters.

    SOURCE: sentencepiece's builder: the size of a trie, the trie, and texts that end in
    zero bytes.
    """
    try:
        data = base64.b64decode(charsmap or "", validate=True)
    except (binascii.Error, TypeError, ValueError):
        return MAX_GROWTH + 1
    texts = data[4 + int.from_bytes(data[:4], "little") :]
    longest = max(map(len, texts.split(b"\0")), default=0)
    # The longest published one has 18 characters.
    return 1 if longest <= MAX_GROWTH else longest
