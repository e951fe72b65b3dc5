"""Conversion of pickled weights to safetensors, without running code in the pickle."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from spacy_clinical.checkpoints.files import PICKLE, SAFE
from spacy_clinical.encoders.faults import CODE, find_weights, read_pickled_shapes
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
