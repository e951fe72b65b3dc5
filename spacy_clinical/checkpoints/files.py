"""Files of a checkpoint: their allowed names, and safe reading.

Checkpoints may be untrusted. File names in them can't lead out of the folder, only
regular files of a limited size are read, and messages don't quote their content.
"""

import json
import math
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.regular import open_regular

_HUB_ID = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")
_EXPORTED = re.compile(r"[-_.]onnx(?![a-z0-9])", re.IGNORECASE)
CONFIG, ORIGIN, MANIFEST = "config.json", "origin.json", "MANIFEST.json"
SAFE, PICKLE = "model.safetensors", "pytorch_model.bin"
WEIGHTS = (SAFE, PICKLE)
INDEXES = tuple(f"{name}.index.json" for name in WEIGHTS)
SETTINGS_OF_TOKENIZERS = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "spm.model",
    "tokenizer.model",
)
# Of checkpoints that compare names, as BioSyn's: the weight of their characters.
SPARSE_WEIGHT = "sparse_weight.pt"
TOKENIZER = (*SETTINGS_OF_TOKENIZERS, *VOCABULARIES)
# Files of an encoder in a saved pipeline.
SAVED = frozenset({CONFIG, ORIGIN, SAFE, *TOKENIZER})
# Files that are read, besides the parts of weights in several files.
READ = frozenset({*SAVED, PICKLE, *INDEXES})
# The hub's names for the parts of weights in several files.
PART = re.compile(r"(model|pytorch_model)-\d{5}-of-\d{5}\.(safetensors|bin)")

# Maximum sizes (bytes). The largest published files are a config.json of 0.4 MB with
# 9,237 labels and a tokenizer.json of 34 MB.
_LIMITS = {
    ORIGIN: 2**16,
    CONFIG: 2**23,
    MANIFEST: 2**24,
    **dict.fromkeys(SETTINGS_OF_TOKENIZERS, 2**24),
    **dict.fromkeys(INDEXES, 2**24),
    **dict.fromkeys(VOCABULARIES, 2**26),
}
_LIMIT_OF_WEIGHTS = 2**35
_RESERVED = re.compile(r"[\x00-\x1f/\\:*?\"<>|]")


def is_plain_name(name: object) -> bool:
    """Check whether a value is a plain file name, without path, drive or controls."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= 255
        and not _RESERVED.search(name)
        and name.strip(" .") != ""
        and name[-1] not in " ."
    )


def is_inner_name(name: object) -> bool:
    """Check whether a value is a relative path of plain names, separated by "/"."""
    return isinstance(name, str) and all(map(is_plain_name, name.split("/")))


def refuse_export(name: str, source: object = "") -> ValueError:
    """Make the error C032 for a checkpoint that has nothing but an ONNX export.

    name: Its hub id or folder.
    source: What its config.json says that it was made from.
    """
    original = source if isinstance(source, str) and _HUB_ID.fullmatch(source) else ""
    if not original or _EXPORTED.search(original):
        original = _EXPORTED.sub("", name) if _HUB_ID.fullmatch(name) else ""
    is_known = original not in ("", name)
    hint = f"the original: '{original}'" if is_known else "the model it was made from"
    return CodedValueError(Errors.C032.format(name=name, original=hint))


def find_limit(name: str) -> int:
    """Get the maximum size (bytes) of a file."""
    return _LIMITS.get(name, _LIMIT_OF_WEIGHTS)


def find_inside(folder: Path, name: str) -> Path:
    """Resolve a file of a folder, which may be a link.

    RETURNS: A regular file in the folder. In a snapshot of the hub's cache, it may also
        be among the cache's blobs, where the snapshot's links lead.
    RAISES ValueError: If there is no such file. The message has no code and continues
        the file's name: "is missing".
    """
    folder = folder.resolve()
    places = [folder]
    if folder.parent.name == "snapshots":
        places.append(folder.parent.parent / "blobs")
    try:
        path = (folder / name).resolve(strict=True)
        kind = path.stat().st_mode
    except FileNotFoundError:
        raise ValueError("is missing") from None
    # Circular links raise a RuntimeError in some versions of Python.
    except (OSError, RuntimeError):
        raise ValueError("can't be opened") from None
    if not any(path.is_relative_to(place) for place in places):
        raise ValueError("is a link that leads out of the folder")
    if not stat.S_ISREG(kind):
        raise ValueError("isn't a regular file")
    return path


def parse_json(data: bytes) -> dict[str, Any]:
    """Parse a JSON object strictly.

    RAISES ValueError: If it isn't an object or isn't UTF-8, is nested too deeply, has
        duplicate keys, or has a number that JSON can't represent (NaN, 1e999).
    """
    try:
        values = json.loads(
            data.decode("utf8"),
            object_pairs_hook=_make_object,
            parse_constant=_refuse_constant,
            parse_float=_parse_float,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(values, dict):
        raise ValueError("not an object")
    return values


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("duplicate key")
    return values


def _refuse_constant(constant: str) -> float:
    raise ValueError("not a number")


def _parse_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


@dataclass(frozen=True)
class CheckpointFiles:
    """The files of a checkpoint that may be read.

    name: Name of the checkpoint, for errors.
    folder: Its folder.
    paths: Paths by file name. All are regular files of a limited size.
    """

    name: str
    folder: Path
    paths: dict[str, Path]

    def __contains__(self, name: str) -> bool:
        return name in self.paths

    def refuse(self, fault: str) -> ValueError:
        """Make the error C003 for a fault of the checkpoint."""
        return CodedValueError(Errors.C003.format(name=self.name, fault=fault))

    def read_json(self, name: str) -> dict[str, Any]:
        """Read one of the files as JSON.

        RAISES ValueError: C003, if it isn't a JSON object.
        """
        try:
            with open_regular(self.paths[name]) as handle:
                return parse_json(handle.read(find_limit(name) + 1))
        except (OSError, ValueError):
            raise self.refuse(f"{name} is truncated or isn't JSON") from None

    def add(self, names: Iterable[str]) -> None:
        """Add files that are named in another file.

        RAISES ValueError: C003, if a file is missing; C022 or C024, as in `list_files`.
        """
        for name in names:
            if not is_plain_name(name):
                raise CodedValueError(
                    Errors.C022.format(
                        name=self.name,
                        fault="one of its files names a file outside the folder",
                    )
                )
            if not os.path.lexists(self.folder / name):
                raise self.refuse(f"{name} is missing")
            self.paths[name] = _check_file(self.name, self.folder, name, False)


def list_files(name: str, folder: Path, *, only_inside: bool) -> CheckpointFiles:
    """List the files of a checkpoint's folder that have allowed names.

    name: Name of the checkpoint, for errors.
    folder: Its folder.
    only_inside: Whether to refuse links that lead out of the folder. A folder that a
        user gives may have them; a saved pipeline has none.
    RAISES ValueError: C022, if a file isn't a regular file, or is such a link; C024, if
        a file is too large.
    """
    paths = {
        file: _check_file(name, folder, file, only_inside)
        for file in sorted(READ)
        if os.path.lexists(folder / file)
    }
    return CheckpointFiles(name, folder, paths)


def _check_file(name: str, folder: Path, file: str, only_inside: bool) -> Path:
    try:
        if only_inside:
            path = find_inside(folder, file)
        else:
            path = folder / file
            if not path.is_file():
                raise ValueError("isn't a regular file")
    except (OSError, ValueError) as error:
        fault = f"{file} {error}" if isinstance(error, ValueError) else file
        raise CodedValueError(Errors.C022.format(name=name, fault=fault)) from None
    size, limit = path.stat().st_size, find_limit(file)
    if size > limit:
        raise CodedValueError(
            Errors.C024.format(name=name, file=file, size=size, limit=limit)
        )
    return path


def walk(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Walk a folder and its subfolders, without following links.

    YIELDS: Relative paths with "/" and entries of all files, including hidden ones,
        sorted.
    """
    pending = [("", folder)]
    while pending:
        prefix, inner = pending.pop()
        with os.scandir(inner) as entries:
            by_name = sorted(entries, key=lambda entry: entry.name)
        for entry in by_name:
            name = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                pending.append((f"{name}/", Path(entry.path)))
            else:
                yield name, entry
