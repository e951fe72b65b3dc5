"""The files of a checkpoint: which names they may have, and how they are read safely.

Checkpoints may be untrusted. What their files say is data: no name in them is
followed out of its folder, nothing is read that isn't a regular file of a bounded size,
and no message quotes what is in it.
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
TOKENIZER = (*SETTINGS_OF_TOKENIZERS, *VOCABULARIES)
# What a saved pipeline's encoder consists of.
SAVED = frozenset({CONFIG, ORIGIN, SAFE, *TOKENIZER})
# What is read of a folder; weights in several files have names of their own.
READ = frozenset({*SAVED, PICKLE, *INDEXES})
# How the hub names the parts of weights in several files.
PART = re.compile(r"(model|pytorch_model)-\d{5}-of-\d{5}\.(safetensors|bin)")

# The largest that are published: a config.json of 0.4 MB with 9,237 labels, a
# tokenizer.json of 34 MB.
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
    """Check whether something is the name of a file in a folder and no path,
    drive, or control character."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= 255
        and not _RESERVED.search(name)
        and name.strip(" .") != ""
        and name[-1] not in " ."
    )


def is_inner_name(name: object) -> bool:
    """Check whether something names a file in a folder or below it, with "/"."""
    return isinstance(name, str) and all(map(is_plain_name, name.split("/")))


def find_limit(name: str) -> int:
    """Find the largest size (bytes) of a file that is read."""
    return _LIMITS.get(name, _LIMIT_OF_WEIGHTS)


def find_inside(folder: Path, name: str) -> Path:
    """Resolve a file of a folder, which may be a link.

    RETURNS: A regular file in the folder or, if that is a snapshot in a cache of the
        hub, among the cache's blobs, which is where its links lead.
    RAISES ValueError: Without a code, saying what is wrong with it.
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
    # Links that lead to themselves are RuntimeErrors in some versions of Python.
    except (OSError, RuntimeError):
        raise ValueError("can't be opened") from None
    if not any(path.is_relative_to(place) for place in places):
        raise ValueError("is a link that leads out of the folder")
    if not stat.S_ISREG(kind):
        raise ValueError("is no regular file")
    return path


def parse_json(data: bytes) -> dict[str, Any]:
    """Parse a JSON object, strictly.

    RAISES ValueError: If it is anything else, isn't UTF-8, nests too deeply, gives a key
        twice, or holds a number that JSON has not (NaN, 1e999).
    """
    try:
        values = json.loads(
            data.decode("utf8"),
            object_pairs_hook=_make_object,
            parse_constant=_refuse_constant,
            parse_float=_parse_float,
        )
    except RecursionError:
        raise ValueError("nests too deeply") from None
    if not isinstance(values, dict):
        raise ValueError("no object")
    return values


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key is given twice")
    return values


def _refuse_constant(constant: str) -> float:
    raise ValueError("no number")


def _parse_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


@dataclass(frozen=True)
class CheckpointFiles:
    """The files of a checkpoint that may be read.

    name: What to call the checkpoint in errors.
    paths: By their names; all are regular files of a bounded size.
    """

    name: str
    folder: Path
    paths: dict[str, Path]

    def __contains__(self, name: str) -> bool:
        return name in self.paths

    def refuse(self, fault: str) -> ValueError:
        """Make the error that says what is wrong with the checkpoint."""
        return CodedValueError(Errors.C003.format(name=self.name, fault=fault))

    def read_json(self, name: str) -> dict[str, Any]:
        """Read one of the files.

        RAISES ValueError: C003, if it isn't a JSON object.
        """
        try:
            with open_regular(self.paths[name]) as handle:
                return parse_json(handle.read(find_limit(name) + 1))
        except (OSError, ValueError):
            raise self.refuse(f"{name} is truncated or isn't JSON") from None

    def add(self, names: Iterable[str]) -> None:
        """Add files whose names stand in another file.

        RAISES ValueError: C003, if one is missing; C022 and C024 as `list_files`.
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
    """Find the files of a checkpoint's folder, by the names that they may have.

    name: What to call the checkpoint in errors.
    only_inside: Whether links that lead out of the folder are refused. A folder that a
        user names may have such; what was saved with a pipeline has none.
    RAISES ValueError: C022, if one is no regular file, or such a link; C024, if one is
        larger than any that is published.
    """
    paths = {
        known: _check_file(name, folder, known, only_inside)
        for known in sorted(READ)
        if os.path.lexists(folder / known)
    }
    return CheckpointFiles(name, folder, paths)


def _check_file(name: str, folder: Path, file: str, only_inside: bool) -> Path:
    try:
        if only_inside:
            path = find_inside(folder, file)
        else:
            path = folder / file
            if not path.is_file():
                raise ValueError("is no regular file")
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
    """List everything in a folder that isn't a folder, without following links.

    YIELDS: Names with "/" and entries, sorted; hidden ones too.
    """
    pending = [("", folder)]
    while pending:
        prefix, inner = pending.pop()
        with os.scandir(inner) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            name = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                pending.append((f"{name}/", Path(entry.path)))
            else:
                yield name, entry
