"""The folder of a vocabulary: a manifest, and files that are mapped into memory."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from spacy.strings import hash_string  # type: ignore[attr-defined]

from spacy_clinical.concepts.strings import Strings
from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.files.digests import find_sha256
from spacy_clinical.files.json_text import read_json
from spacy_clinical.files.regular import read_regular, show_path
from spacy_clinical.types import Ints1d

MANIFEST = "manifest.json"
# Raised whenever the files or the keys in them are made in another way.
FORMAT = 1
_MAX_MANIFEST = 1 << 20
_SHA256 = re.compile("[0-9a-f]{64}")
# Texts; of each the file .bin, and the file .npy with their ends.
TEXTS = ("ids", "names", "types", "details")
# Arrays, and what they hold: see `build.py`.
ARRAYS: dict[str, type[np.generic]] = {
    "first_names": np.int32,
    "name_concepts": np.int32,
    "type_ends": np.int32,
    "type_numbers": np.int32,
    "id_hashes": np.uint64,
    "id_concepts": np.int32,
    "key_hashes": np.uint64,
    "key_names": np.int32,
    "loose_hashes": np.uint64,
    "loose_names": np.int32,
}
_FILES = frozenset(
    {f"{name}.npy" for name in (*TEXTS, *ARRAYS)} | {f"{name}.bin" for name in TEXTS}
)


class Manifest(NamedTuple):
    """A description of a vocabulary and of what it was made of.

    sha256: Of the manifest itself, which has those of all files: so it stands for the
        whole vocabulary.
    sources: Names, digests and formats of the files that it was made from.
    files: Size (bytes) and digest of each file.
    """

    name: str
    version: str
    license: str
    url: str
    n_concepts: int
    n_names: int
    sha256: str
    sources: list[dict[str, Any]]
    filters: dict[str, Any]
    files: Mapping[str, Mapping[str, Any]]


def hash_text(text: str) -> int:
    """Hash a text to 64 bits, the same on all machines."""
    return int(hash_string(text))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a vocabulary.

    RAISES ValueError: C906, if there is none or it is broken; C908, if the vocabulary
        has another format than this version reads.
    """
    try:
        data = read_regular(folder / MANIFEST, max_bytes=_MAX_MANIFEST)
    except OSError as error:
        reason = f"{MANIFEST} can't be read ({error.strerror or name_type(error)})"
        raise _make_error(folder, reason) from None
    try:
        values = read_json(data)
        found = values["format"]
        if isinstance(found, int) and found != FORMAT:
            raise CodedValueError(
                Errors.C908.format(path=show_path(folder), found=found, known=FORMAT)
            )
        return _parse(values, hashlib.sha256(data).hexdigest())
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, CodedValueError):
            raise
        reason = f"{MANIFEST} is broken ({name_type(error)})"
        raise _make_error(folder, reason) from None


def _parse(values: dict[str, Any], sha256: str) -> Manifest:
    files = values["files"]
    manifest = Manifest(
        name=values["name"],
        version=values["version"],
        license=values["license"],
        url=values["url"],
        n_concepts=values["n_concepts"],
        n_names=values["n_names"],
        sha256=sha256,
        sources=list(values["sources"]),
        filters=dict(values["filters"]),
        files=files,
    )
    counts: list[Any] = [manifest.n_concepts, manifest.n_names]
    are_files = all(
        isinstance(file["bytes"], int) and _SHA256.fullmatch(file["sha256"])
        for file in files.values()
    )
    if (
        set(files) != _FILES
        or not are_files
        or not all(isinstance(text, str) for text in manifest[:4])
        or not all(isinstance(source, dict) for source in manifest.sources)
        or not all(isinstance(count, int) and count > 0 for count in counts)
    ):
        raise ValueError
    return manifest


def check_sizes(folder: Path, manifest: Manifest) -> None:
    """Check that all files are there, with their sizes.

    RAISES ValueError: C907, with the first one that isn't.
    """
    for name, file in sorted(manifest.files.items()):
        try:
            size = (folder / name).stat().st_size
        except OSError as error:
            raise make_damage(folder, f"{name}: {error.strerror}") from None
        if size != file["bytes"]:
            reason = f"{name} has {size} bytes instead of {file['bytes']}"
            raise make_damage(folder, reason)


def check_digests(folder: Path, manifest: Manifest) -> None:
    """Check the digests of all files.

    RAISES ValueError: C907, with the first file that was changed.
    """
    check_sizes(folder, manifest)
    for name, file in sorted(manifest.files.items()):
        if find_sha256(folder / name) != file["sha256"]:
            raise make_damage(folder, f"{name} was changed")


def map_array(folder: Path, name: str, kind: type[np.generic]) -> Ints1d:
    """Map an array into memory.

    folder: Of the vocabulary.
    name: Of the array.
    kind: Type of its values.
    RAISES ValueError: C907, if the file isn't such an array.
    """
    try:
        array = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    # A broken head may raise anything.
    except Exception as error:
        reason = f"{name}.npy can't be read ({name_type(error)})"
        raise make_damage(folder, reason) from None
    if array.ndim != 1 or array.dtype != kind:
        raise make_damage(folder, f"{name}.npy has another type or shape")
    # Slices of plain arrays are faster than those of np.memmap.
    return np.asarray(array)


def map_texts(folder: Path, name: str) -> Strings:
    """Map texts into memory.

    folder: Of the vocabulary.
    name: Of the texts.
    RAISES ValueError: C907, if the files don't fit each other.
    """
    ends = map_array(folder, name, np.int64)
    path = folder / f"{name}.bin"
    n_bytes = path.stat().st_size
    # Empty files can't be mapped.
    data = np.memmap(path, np.uint8, "r") if n_bytes else np.zeros(0, np.uint8)
    if not len(ends) or ends[0] != 0 or ends[-1] != n_bytes:
        raise make_damage(folder, f"{name}.npy doesn't fit {name}.bin")
    return Strings(np.asarray(data), ends)


def make_damage(folder: Path, reason: str) -> CodedValueError:
    """Make the error (C907) about a file that is damaged."""
    return CodedValueError(Errors.C907.format(path=show_path(folder), reason=reason))


def _make_error(folder: Path, reason: str) -> CodedValueError:
    return CodedValueError(Errors.C906.format(path=show_path(folder), reason=reason))
