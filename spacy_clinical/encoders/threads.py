"""How many threads torch computes with in worker processes: one.

The threads of a parent that has computed before do not exist in its forked children,
which would wait for them for ever (spaCy#13345 and others). And where several
processes share the cores, more threads only get into each other's way. A program that
knows better can call `torch.set_num_threads` in its workers.
"""

import os
from multiprocessing import parent_process

import torch


def _use_one_thread() -> None:
    torch.set_num_threads(1)


# Before anything else is computed in a child, such as weights that are read.
os.register_at_fork(after_in_child=_use_one_thread)

# Workers that were not forked import this anew.
if parent_process() is not None:
    _use_one_thread()
