"""Weights of an encoder on disk, in the kinds of the setting `storage`.

With "int8_embeddings", the embedding table of wordpieces, half of a small encoder, has
one byte for a weight: each block of a row is its integers times its scale. The scale has
eight significant bits, so these products are exact in float32, and a table that is loaded
and saved again stays the same to the last bit. All other weights are in float16.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from spacy_clinical.encoders.settings import Storage
from spacy_clinical.errors import CodedValueError, Errors

# "format" in the metadata of model.safetensors. transformers reads the first ones, and
# refuses the last one.
PLAIN = frozenset({"", "pt", "tf", "flax", "mlx"})
PACKED = "spacy_clinical.int8_embeddings.v1"
# Ends of the names of a packed table's two parts, and their types in safetensors.
INTEGERS, SCALES = ".int8", ".scales"
_TYPES = {INTEGERS: "I8", SCALES: "BF16"}
_LARGEST = 127
# Columns in a block. Whole rows have less exact labels: a large number in a row makes the
# steps of all others large.
_BLOCK = 64


def pack_weights(
    model: Any, storage: Storage, *, name: str
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Make the tensors and metadata of model.safetensors.

    model: The encoder.
    storage: Precision of the weights.
    name: Name of the encoder, for errors.
    RAISES ValueError: C869, if a table can't be stored in int8.
    """
    is_packed = storage == "int8_embeddings"
    dtype = torch.float32 if storage == "float32" else torch.float16
    tables = _list_tables(model) if is_packed else set()
    weights = {}
    for key, tensor in model.state_dict().items():
        if key not in tables:
            weights[key] = tensor.to("cpu", dtype).contiguous()
            continue
        integers, scales = pack_table(tensor.cpu())
        if not scales.isfinite().all():
            raise CodedValueError(
                Errors.C869.format(name=name, table=key, storage=storage)
            )
        weights[f"{key}{INTEGERS}"], weights[f"{key}{SCALES}"] = integers, scales
    return weights, {"format": PACKED if is_packed else "pt"}


def pack_table(table: Tensor) -> tuple[Tensor, Tensor]:
    """Quantize each block of a row symmetrically.

    table (n_rows, width): The table.
    RETURNS: The integers (n_rows, width), between -127 and 127, and the scales
        (n_rows, n_blocks), which aren't finite where a block isn't. A row is one block
        if its width isn't a multiple of a block's.
    """
    n_rows, width = table.shape
    n_blocks = width // _BLOCK if width % _BLOCK == 0 else 1
    blocks = table.float().reshape(n_rows, n_blocks, -1)
    scales = (blocks.abs().amax(dim=2) / _LARGEST).bfloat16()
    steps = scales.float().unsqueeze(2)
    # Blocks of zeros have the scale 0.
    ratios = torch.where(steps > 0, blocks / steps, 0.0)
    integers = ratios.round().clamp(-_LARGEST, _LARGEST).to(torch.int8)
    return integers.view(n_rows, width), scales


def unpack_table(integers: Tensor, scales: Tensor) -> Tensor:
    """Restore a table in float32 from the output of `pack_table`."""
    n_rows, width = integers.shape
    blocks = integers.float().view(n_rows, scales.shape[1], -1)
    return blocks.mul_(scales.float().unsqueeze(2)).view(n_rows, width)


def unpack_shapes(shapes: Mapping[str, tuple[str, tuple[int, ...]]]) -> dict[str, Any]:
    """Find the shapes of weights in a packed file.

    shapes: Types and shapes of the file's tensors by name.
    RETURNS: Shapes of the restored weights by name.
    RAISES ValueError: Without a code, if a part of a table is missing, or its type or
        shape is wrong.
    """
    found = {}
    for key, (_, shape) in shapes.items():
        base = key.removesuffix(SCALES)
        if key.endswith(SCALES) and f"{base}{INTEGERS}" in shapes:
            continue
        base = key.removesuffix(INTEGERS)
        if base != key:
            parts = {end: shapes.get(f"{base}{end}", ("", ())) for end in _TYPES}
            if any(parts[end][0] != kind for end, kind in _TYPES.items()):
                raise ValueError("a part of a table is missing or has a wrong type")
            if base in shapes or not _fit(shape, parts[SCALES][1]):
                raise ValueError("a table doesn't have one scale for each block")
        found[base] = shape
    return found


def _fit(shape: tuple[int, ...], shape_of_scales: tuple[int, ...]) -> bool:
    """Check whether a table has as many scales as blocks."""
    if len(shape) != 2 or len(shape_of_scales) != 2 or 0 in (*shape, *shape_of_scales):
        return False
    return shape[0] == shape_of_scales[0] and shape[1] % shape_of_scales[1] == 0


def read_packed(path: Path) -> dict[str, Tensor]:
    """Read a packed model.safetensors, whose shapes `unpack_shapes` has checked.

    RETURNS: All weights in float32.
    RAISES ValueError: Without a code, if a scale isn't a positive number or 0.
    """
    weights = {}
    with safe_open(path, framework="pt") as file:
        names = set(file.keys())
        for key in sorted(names):
            base = key.removesuffix(INTEGERS)
            if base != key:
                scales = file.get_tensor(f"{base}{SCALES}")
                if not (scales.isfinite() & (scales >= 0)).all():
                    raise ValueError("a scale isn't a positive number")
                weights[base] = unpack_table(file.get_tensor(key), scales)
            elif f"{key.removesuffix(SCALES)}{INTEGERS}" not in names:
                weights[key] = file.get_tensor(key).float()
    return weights


def _list_tables(model: Any) -> set[str]:
    """List the names of the weights that are stored in int8."""
    table = model.get_input_embeddings()
    return {
        f"{name}.weight" for name, module in model.named_modules() if module is table
    }
