"""Encoders in forked worker processes: shared weights and one thread.

A forked child doesn't have the threads of its parent, and would wait for them forever
(spaCy#13345 and others). If several processes share the cores, more threads only slow
them down. To change this, call `torch.set_num_threads` in the workers.

A child shares memory with its parent until one of them writes to it, which never
happens to weights. So weights for prediction are prepared before the fork, not in each
child.
"""

import os
from multiprocessing import parent_process
from typing import Protocol
from weakref import WeakSet

import torch


class Forkable(Protocol):
    """An object that can be prepared for forks."""

    def prepare(self) -> None:
        """Prepare everything that children will use."""


_PREPARED: "WeakSet[Forkable]" = WeakSet()


def prepare_before_fork(what: Forkable) -> None:
    """Call an object's `prepare` before each fork of this process, while it exists."""
    _PREPARED.add(what)


def _prepare() -> None:
    for what in list(_PREPARED):
        what.prepare()


def _use_one_thread() -> None:
    torch.set_num_threads(1)


# This runs before anything is computed in a child.
os.register_at_fork(before=_prepare, after_in_child=_use_one_thread)

# Spawned workers import this module again.
if parent_process() is not None:
    _use_one_thread()
