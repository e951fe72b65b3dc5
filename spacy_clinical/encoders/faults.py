"""Checks of a checkpoint's files, before libraries read them."""

import pickle
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from spacy_clinical.checkpoints.files import (
    CONFIG,
    INDEXES,
    SAFE,
    VOCABULARIES,
    WEIGHTS,
    CheckpointFiles,
    is_plain_name,
    open_regular,
    refuse_export,
    walk,
)
from spacy_clinical.encoders.storage import (
    PACKED,
    PLAIN,
    read_packed,
    unpack_shapes,
)
from spacy_clinical.errors import CodedValueError, Errors

# Maximum size of a safetensors header (bytes); 1,000 layers need less.
MAX_HEADER = 2**24
CODE = "is truncated or has code instead of plain weights (it was not run)"
BROKEN = "is truncated or has no weights"
DAMAGED = "has damaged int8 embeddings"
ADAPTER = "adapter_config.json"


@dataclass(frozen=True)
class Contents:
    """Contents of a checkpoint's weight files, from their headers.

    shapes: Shapes of the tensors by name.
    n_bytes: Total size of the files.
    is_packed: Whether model.safetensors has embeddings in int8.
    """

    shapes: dict[str, tuple[int, ...]]
    n_bytes: int
    is_packed: bool = False

    @property
    def largest(self) -> int:
        """Largest dimension of any tensor."""
        return max((n for shape in self.shapes.values() for n in shape), default=0)


def check_files(files: CheckpointFiles) -> Contents:
    """Check that a checkpoint has all files besides config.json, and that they are
    readable.

    RAISES ValueError: C003, with the first file that is missing or unreadable; C022, if
        an index names a file outside the folder; C032, if it is an ONNX export; C868,
        if weights are stored in an unknown way.
    """
    if (files.folder / ADAPTER).exists():
        raise files.refuse(f"{ADAPTER} says that it is an adapter for another model")
    for name in sorted(files.paths):
        if name.endswith(".json"):
            files.read_json(name)
    if not any(name in files for name in VOCABULARIES if name != "merges.txt"):
        raise files.refuse(
            "the tokenizer's vocabulary (tokenizer.json or vocab.txt) is missing"
        )
    has_merges = "tokenizer.json" in files or "merges.txt" in files
    if "vocab.json" in files and not has_merges:
        raise files.refuse("merges.txt is missing")
    names = list(_list_weights(files))
    if not names and any(name.endswith(".onnx") for name, _ in walk(files.folder)):
        config = files.read_json(CONFIG) if CONFIG in files else {}
        raise refuse_export(files.name, config.get("_name_or_path"))
    if not names:
        raise files.refuse(
            "the weights (model.safetensors or pytorch_model.bin) are missing"
        )
    shapes, n_bytes, is_packed = {}, 0, False
    for name in names:
        of_file, is_packed = read_shapes(files, name)
        shapes.update(of_file)
        n_bytes += files.paths[name].stat().st_size
    return Contents(shapes, n_bytes, is_packed)


def _list_weights(files: CheckpointFiles) -> Iterator[str]:
    """Yield the weight files that transformers will read."""
    for whole, index in zip(WEIGHTS, INDEXES, strict=True):
        if whole in files:
            yield whole
            return
        if index in files:
            places = files.read_json(index).get("weight_map")
            if not isinstance(places, dict):
                raise files.refuse(f"{index} is truncated or isn't JSON")
            kind = Path(whole).suffix
            names = list(places.values())
            if not all(is_plain_name(n) and n.endswith(kind) for n in names):
                fault = f"{index} names a file outside the folder, or not of weights"
                raise CodedValueError(Errors.C022.format(name=files.name, fault=fault))
            names = sorted(set(names))
            files.add(names)
            yield from names
            return


def read_shapes(
    files: CheckpointFiles, name: str
) -> tuple[dict[str, tuple[int, ...]], bool]:
    """Read the shapes in a file of weights.

    files: The checkpoint's files.
    name: Name of the file.
    RETURNS: Shapes of the tensors by name, and whether there are embeddings in int8.
    RAISES ValueError: C003, if it is broken; C868, if it is stored in an unknown way.
    """
    path = files.paths[name]
    if name.endswith(".safetensors"):
        try:
            kind, types = _read_header(path)
        except (SafetensorError, OSError, ValueError, RuntimeError):
            raise files.refuse(f"{name} {BROKEN}") from None
        if kind in PLAIN:
            return {key: shape for key, (_, shape) in types.items()}, False
        # transformers reads the parts of weights in several files.
        if kind != PACKED or name != SAFE:
            raise CodedValueError(Errors.C868.format(name=files.name, file=name))
        try:
            return unpack_shapes(types), True
        except ValueError:
            raise files.refuse(f"{name} {DAMAGED}") from None
    try:
        return read_pickled_shapes(path), False
    except pickle.UnpicklingError:
        raise files.refuse(f"{name} {CODE}") from None
    # A manipulated pickle may raise anything.
    except Exception:
        raise files.refuse(f"{name} {BROKEN}") from None


def _read_header(path: Path) -> tuple[str, dict[str, tuple[str, tuple[int, ...]]]]:
    """Read the header of a safetensors file.

    RETURNS: The format in its metadata, and the types and shapes of tensors by name.
    RAISES ValueError: If it has no header. Broken files raise the library's errors.
    """
    with open_regular(path) as handle:
        length = int.from_bytes(handle.read(8), "little")
    if length > min(MAX_HEADER, path.stat().st_size):
        raise ValueError("no header")
    with safe_open(path, framework="pt") as weights:
        kind = (weights.metadata() or {}).get("format", "")
        slices = {name: weights.get_slice(name) for name in weights.keys()}  # noqa: SIM118
        return kind, {
            name: (part.get_dtype(), tuple(part.get_shape()))
            for name, part in slices.items()
        }


def read_packed_weights(files: CheckpointFiles) -> dict[str, torch.Tensor]:
    """Read weights with embeddings in int8, whose shapes `read_shapes` has checked.

    RETURNS: All weights in float32.
    RAISES ValueError: C003, if a scale isn't a positive number or 0.
    """
    try:
        return read_packed(files.paths[SAFE])
    except ValueError:
        raise files.refuse(f"{SAFE} {DAMAGED}") from None


def read_pickled_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Read the shapes of pickled weights, without running code in the pickle.

    RAISES UnpicklingError: If it contains code.
    RAISES ValueError: If it would need far more memory than its size on disk. Broken
        files raise torch's errors.
    """
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
        # PyTorch's archives aren't compressed.
        if sum(part.file_size for part in parts) > size:
            raise ValueError("it would unpack to more than it is")
    state: Any = torch.load(path, map_location="meta", weights_only=True)
    tensors = {
        str(name): tensor
        for name, tensor in find_weights(state).items()
        if isinstance(tensor, torch.Tensor)
    }
    # Some weights have two names. But a single number can also be expanded to any
    # shape.
    if sum(tensor.nbytes for tensor in tensors.values()) > 4 * size + 2**20:
        raise ValueError("its tensors are larger than it is")
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def find_weights(state: Any) -> dict[str, Any]:
    """Get the weights by name; some checkpoints have them under "state_dict".

    RAISES ValueError: If there are none.
    """
    inner = state.get("state_dict", state) if isinstance(state, dict) else None
    if not isinstance(inner, dict):
        raise ValueError("no weights by name")
    weights: dict[str, Any] = inner
    return weights
