"""Describe the processor and GPU that torch computes with."""

import os
import platform
from typing import NamedTuple

import torch

from spacy_clinical.encoders.forward.precision import prefers_bfloat16, read_processor


class Machine(NamedTuple):
    """Describe the processor and GPU that torch computes with.

    n_threads: That torch uses.
    prefers_bfloat16: Whether the processor multiplies much faster so.
    gpu: "" if there is none.
    """

    processor: str
    n_processors: int
    n_threads: int
    prefers_bfloat16: bool
    gpu: str


def read_machine() -> Machine:
    """Look at the machine."""
    name = read_processor().get("cpu_name") or platform.processor()
    return Machine(
        processor=str(name or platform.machine()),
        n_processors=os.cpu_count() or 1,
        n_threads=torch.get_num_threads(),
        prefers_bfloat16=prefers_bfloat16(torch.device("cpu")),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else "",
    )
