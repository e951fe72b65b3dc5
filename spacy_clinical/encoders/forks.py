"""What encoders do in worker processes: share weights, and compute on one thread.

The threads of a parent that has computed before do not exist in its forked children,
which would wait for them for ever (spaCy#13345 and others). And where several
processes share the cores, more threads only get into each other's way. A program that
knows better can call `torch.set_num_threads` in its workers.

What a process has in memory when it forks, it shares with its children until one of
them writes there: weights never. So they are made ready before, not in each child.
"""

import os
from multiprocessing import parent_process
from typing import Protocol
from weakref import WeakSet

import torch


class Forkable(Protocol):
    """What has something to make ready."""

    def prepare(self) -> None:
        """Make ready what children will use."""


_KNOWN: "WeakSet[Forkable]" = WeakSet()


def prepare_before_fork(what: Forkable) -> None:
    """Call its `prepare` before each fork of this process, as long as it is used."""
    _KNOWN.add(what)


def _prepare() -> None:
    for what in list(_KNOWN):
        what.prepare()


def _use_one_thread() -> None:
    torch.set_num_threads(1)


# Before anything else is computed in a child, such as weights that are read.
os.register_at_fork(before=_prepare, after_in_child=_use_one_thread)

# Workers that were not forked import this anew.
if parent_process() is not None:
    _use_one_thread()
