"""Facts about a processor that take seconds to find out, remembered between processes.

Each is a small file in the folder for caches. They are only a short cut: what can't be
read is found out again, and what can't be written isn't remembered.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from spacy_clinical.encoders.forward.precision import describe_processor
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.cache import find_cache
from spacy_clinical.files.json_text import read_json, write_json

# To raise where products, or what is found out about them, change.
FORMAT = 2
# Prefixes of variables that choose the code of products.
LIBRARIES = ("ONEDNN_", "DNNL_", "MKL_", "ATEN_", "TORCH_")
MAX_BYTES = 10_000


def recall(kind: str, key: tuple[object, ...], device: torch.device) -> Any:
    """Read what `remember` has written for the same key, processor and libraries.

    kind: What it is about.
    key: What it depends on, besides the device and the libraries.
    RETURNS: Plain data, which callers have to check; None if nothing is known.
    """
    path = _find_file(kind, key, device)
    with suppress(OSError, ValueError):
        if path.stat().st_size <= MAX_BYTES:
            return read_json(path.read_text(encoding="utf8"))
    return None


def remember(
    kind: str, key: tuple[object, ...], device: torch.device, value: Any
) -> None:
    """Write a fact for later processes, if there is a folder for it."""
    path = _find_file(kind, key, device)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open_atomic(path) as file:
            file.write(write_json(value))


def _find_file(kind: str, key: tuple[object, ...], device: torch.device) -> Path:
    settings = sorted(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith(LIBRARIES)
    )
    parts = (
        *(FORMAT, torch.__version__, describe_processor(device)),
        *(os.cpu_count(), torch.get_num_threads(), settings, key),
    )
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    return find_cache() / "processors" / f"{kind}-{digest[:32]}.json"
