"""The weight of sparse similarity in checkpoints of BioSyn."""

import math
from pathlib import Path

import torch

from spacy_clinical.errors import CodedValueError, Errors, name_type

FILE = "sparse_weight.pt"


def read_sparse_weight(folder: Path) -> float:
    """Read the factor on sparse similarity, without running code from the file.

    The pickled sparse encoder beside it, sparse_encoder.pk, is never opened.

    folder: Of the checkpoint.
    RETURNS: The factor; 0 if there is no such file.
    RAISES ValueError: C926, if the file holds something else.
    """
    path = folder / FILE
    if not path.is_file():
        return 0.0
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
        weight = float(torch.as_tensor(loaded).reshape(-1).sum())
        is_one = torch.as_tensor(loaded).numel() == 1 and math.isfinite(weight)
    # A file of others may raise anything.
    except Exception as error:
        raise CodedValueError(
            Errors.C926.format(name=FILE, reason=name_type(error))
        ) from None
    if not is_one:
        raise CodedValueError(Errors.C926.format(name=FILE, reason="not one number"))
    return weight
