"""Batches of notes across callers, computed off the event loop."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, Generic, NamedTuple, TypeVar

import anyio

from spacy_clinical.service.bodies import make_busy

T = TypeVar("T")
R = TypeVar("R")
# Characters of a token, about; of a text without spaces, too.
CHARS_PER_TOKEN = 5
MAX_BATCH = 256
# A batch may become so many times as large while much more waits.
GROWTH = 4
MAX_WAIT = 120


def estimate_tokens(text: str) -> int:
    """Estimate the number of tokens of a text, without reading it."""
    return len(text) // CHARS_PER_TOKEN + 1


class _Item(NamedTuple):
    """A piece of work that waits. `size` is in tokens."""

    work: Any
    size: int
    result: "asyncio.Future[Any]"


class Ask(Generic[R]):
    """A request of a caller: its results come one by one, in order.

    kind: Only work of the same kind is computed together.
    """

    def __init__(self, kind: Hashable, items: Sequence[_Item], arrived: float) -> None:
        self.kind = kind
        self.arrived = arrived
        self.waiting = deque(items)
        self.results: list[asyncio.Future[R | Exception]] = [
            item.result for item in items
        ]

    @property
    def size(self) -> int:
        """The tokens that wait."""
        return sum(item.size for item in self.waiting)


class Batcher(Generic[T, R]):
    """Collects the work of many callers, and computes it in batches on one thread.

    compute: Called on the thread with work of one kind; returns a result for each, or
        the exception that it failed with.
    executor: The thread.
    batch_tokens (tokens): Of a batch while little waits. It grows with the queue, up to
        `GROWTH` times: large batches are faster, and then all wait anyway. Work that is
        larger is computed alone.
    wait (seconds): How long the first work of a batch waits for others.
    max_queue (tokens): Of all that waits.
    """

    def __init__(
        self,
        compute: Callable[[Hashable, list[T]], Sequence[R | Exception]],
        executor: Executor,
        *,
        batch_tokens: int,
        wait: float,
        max_queue: int,
    ) -> None:
        self.compute = compute
        self.executor = executor
        self.batch_tokens = batch_tokens
        self.wait = wait
        self.max_queue = max_queue
        # Of what waits. Metrics read both on other threads.
        self.n_tokens = self.n_waiting = 0
        self._asks: deque[Ask[R]] = deque()
        self._arrival = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        # Tokens a second, of late.
        self._speed = 0.0

    def start(self) -> None:
        """Start to compute, on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop, and cancel what waits."""
        for ask in list(self._asks):
            self.drop(ask)
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def check_room(self, size: int = 0) -> None:
        """Check that there is room for more work.

        size (tokens): Of the work.
        RAISES Problem: C983, if there isn't, with an estimate of when there will be.
        """
        if self._asks and self.n_tokens + size > self.max_queue:
            seconds = self.n_tokens / self._speed if self._speed else 1.0
            shown = max(1, min(MAX_WAIT, math.ceil(seconds)))
            raise make_busy(f"{self.n_waiting} notes wait", shown)

    def submit(self, kind: Hashable, works: Sequence[tuple[T, int]]) -> Ask[R]:
        """Put work into the queue.

        kind: See `Ask`.
        works: Each with its size in tokens.
        RAISES Problem: C983, if there is no room for it.
        """
        size = sum(size for _, size in works)
        self.check_room(size)
        loop = asyncio.get_running_loop()
        items = [_Item(work, size, loop.create_future()) for work, size in works]
        ask: Ask[R] = Ask(kind, items, time.monotonic())
        if items:
            self._asks.append(ask)
            self.n_tokens += size
            self.n_waiting += len(items)
            self._arrival.set()
        return ask

    def drop(self, ask: Ask[R]) -> None:
        """Drop what waits of a caller that is gone. What is being computed is lost."""
        if ask in self._asks:
            self._asks.remove(ask)
            self.n_tokens -= ask.size
            self.n_waiting -= len(ask.waiting)
            ask.waiting.clear()
        for result in ask.results:
            result.cancel()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._gather()
            kind, items = self._take()
            if not items:
                continue
            start = time.monotonic()
            works = [item.work for item in items]
            results: Sequence[R | Exception]
            try:
                results = await loop.run_in_executor(
                    self.executor, self.compute, kind, works
                )
            # Whatever fails, the other batches are computed.
            except Exception as error:
                results = [error] * len(items)
            seconds = time.monotonic() - start
            self._measure(sum(item.size for item in items), seconds)
            for item, result in zip(items, results, strict=True):
                # As a value: asyncio logs exceptions that are left over.
                if not item.result.done():
                    item.result.set_result(result)

    async def _gather(self) -> None:
        """Wait until there is a batch: enough work, or work that has waited enough."""
        while True:
            self._arrival.clear()
            if not self._asks:
                await self._arrival.wait()
                continue
            left = self._asks[0].arrived + self.wait - time.monotonic()
            if left <= 0 or self.n_tokens >= self.batch_tokens:
                return
            with anyio.move_on_after(left):
                await self._arrival.wait()

    def _take(self) -> tuple[Hashable, list[_Item]]:
        """Take a batch from the queue, one piece from each caller in turn.

        So a caller with thousands of notes doesn't hold up one with a single note.
        """
        kind = self._asks[0].kind
        turn = deque(ask for ask in self._asks if ask.kind == kind)
        items: list[_Item] = []
        room = min(GROWTH * self.batch_tokens, self.n_tokens // GROWTH)
        left = max(self.batch_tokens, room)
        served: list[Ask[R]] = []
        while turn and len(items) < MAX_BATCH:
            ask = turn.popleft()
            if items and ask.waiting[0].size > left:
                break
            item = ask.waiting.popleft()
            items.append(item)
            left -= item.size
            self.n_tokens -= item.size
            self.n_waiting -= 1
            if ask.waiting:
                turn.append(ask)
            if ask not in served:
                served.append(ask)
        for ask in served:
            self._asks.remove(ask)
            if ask.waiting:
                self._asks.append(ask)
        return kind, items

    def _measure(self, n_tokens: int, seconds: float) -> None:
        speed = n_tokens / max(seconds, 1e-6)
        self._speed = speed if not self._speed else 0.8 * self._speed + 0.2 * speed
