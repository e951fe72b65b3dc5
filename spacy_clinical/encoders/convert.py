"""Turn pickled weights into safetensors, without running what the pickle says."""

import os
import pickle
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from spacy_clinical.errors import Errors

PICKLE, SAFE = "pytorch_model.bin", "model.safetensors"


def convert_weights(folder: Path) -> bool:
    """Write model.safetensors beside pytorch_model.bin, and check that they agree.

    RETURNS: Whether there was something to do.
    RAISES ValueError: C003, if the weights can't be read as plain arrays.
    """
    source, target = folder / PICKLE, folder / SAFE
    if target.is_file() or not source.is_file():
        return False
    try:
        state = torch.load(source, map_location="cpu", weights_only=True)
        weights = {
            name: tensor.clone().contiguous()
            for name, tensor in _find_weights(state).items()
            if isinstance(tensor, torch.Tensor)
        }
    except (
        pickle.UnpicklingError,
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
    ) as error:
        fault = (
            f"{PICKLE} is truncated or holds code, not plain weights: it was not run"
        )
        message = Errors.C003.format(name=folder, fault=fault)
        raise ValueError(message) from error
    partial = folder / f".{SAFE}.part"
    save_file(weights, partial, metadata={"format": "pt"})
    os.replace(partial, target)
    return True


def _find_weights(state: Any) -> dict[str, Any]:
    """Some checkpoints hold their weights a level down."""
    if not isinstance(state, dict):
        raise ValueError("no weights by name")
    inner = state.get("state_dict", state)
    found: dict[str, Any] = inner
    return found
