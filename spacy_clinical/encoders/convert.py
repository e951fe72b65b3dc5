"""Conversion of pickled or packed weights to plain safetensors, without running code in
a pickle."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from spacy_clinical.checkpoints.files import PICKLE, SAFE, list_files
from spacy_clinical.encoders.faults import (
    CODE,
    find_weights,
    read_packed_weights,
    read_pickled_shapes,
    read_shapes,
)
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.atomic import replace_atomic


def convert_weights(folder: Path) -> bool:
    """Convert pytorch_model.bin in a folder to model.safetensors.

    RETURNS: Whether there was a file to convert.
    RAISES ValueError: C003, if the weights can't be read as plain arrays.
    """
    source, target = folder / PICKLE, folder / SAFE
    if target.is_file() or not source.is_file():
        return False
    try:
        read_pickled_shapes(source)
        state = torch.load(source, map_location="cpu", weights_only=True)
        weights = {
            name: tensor.clone().contiguous()
            for name, tensor in find_weights(state).items()
            if isinstance(tensor, torch.Tensor)
        }
    # A manipulated pickle may raise anything.
    except Exception as error:
        fault = f"{PICKLE} {CODE}"
        message = Errors.C003.format(name=folder, fault=fault)
        raise CodedValueError(message) from error
    with replace_atomic(target, is_private=False) as part:
        save_file(weights, part, metadata={"format": "pt"})
    return True


def unpack_weights(folder: Path) -> bool:
    """Replace embeddings in int8 in a folder's model.safetensors by plain float32, which
    transformers can read. The restored weights are exactly those that are loaded.

    RETURNS: Whether there were such embeddings.
    RAISES ValueError: C003 or C868, if the weights can't be read; C022 or C024, as in
        `list_files`.
    """
    files = list_files(str(folder), folder, only_inside=False)
    if SAFE not in files or not read_shapes(files, SAFE)[1]:
        return False
    weights = read_packed_weights(files)
    with replace_atomic(folder / SAFE, is_private=False) as part:
        save_file(weights, part, metadata={"format": "pt"})
    return True
