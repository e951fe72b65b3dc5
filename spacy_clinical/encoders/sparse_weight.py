"""The weight of sparse similarity in checkpoints of BioSyn."""

import io
import math
from pathlib import Path

import torch

from spacy_clinical.checkpoints.files import SPARSE_WEIGHT
from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.files.regular import read_regular

# One number, in a file of some hundred bytes.
_MAX_BYTES = 1 << 16


def read_sparse_weight(folder: Path) -> float:
    """Read the factor on sparse similarity, without running code from the file.

    The pickled sparse encoder beside it, sparse_encoder.pk, is never opened.

    folder: Of the checkpoint.
    RETURNS: The factor; 0 if there is no such file.
    RAISES ValueError: C926, if the file holds something else.
    """
    path = folder / SPARSE_WEIGHT
    if not path.exists():
        return 0.0
    try:
        data = io.BytesIO(read_regular(path, max_bytes=_MAX_BYTES))
        loaded = torch.load(data, map_location="cpu", weights_only=True)
        weight = float(torch.as_tensor(loaded).reshape(-1).sum())
        is_one = torch.as_tensor(loaded).numel() == 1 and math.isfinite(weight)
    # A file of others may raise anything.
    except Exception as error:
        raise CodedValueError(
            Errors.C926.format(name=SPARSE_WEIGHT, reason=name_type(error))
        ) from None
    if not is_one:
        reason = "not one number"
        raise CodedValueError(Errors.C926.format(name=SPARSE_WEIGHT, reason=reason))
    return weight
