"""Description of the processor and GPU that torch uses."""

import os
import platform
from typing import NamedTuple

import torch

from spacy_clinical.encoders.forward.precision import prefers_bfloat16, read_processor


class Machine(NamedTuple):
    """The processor and GPU that torch uses.

    processor: Name of the processor.
    n_processors: Number of logical processors.
    n_threads: Number of threads that torch uses.
    prefers_bfloat16: Whether the processor is much faster in bfloat16.
    gpu: Name of the GPU; "" if there is none.
    """

    processor: str
    n_processors: int
    n_threads: int
    prefers_bfloat16: bool
    gpu: str


def read_machine() -> Machine:
    """Describe this machine."""
    name = read_processor().get("cpu_name") or platform.processor()
    return Machine(
        processor=str(name or platform.machine()),
        n_processors=os.cpu_count() or 1,
        n_threads=torch.get_num_threads(),
        prefers_bfloat16=prefers_bfloat16(torch.device("cpu")),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else "",
    )
