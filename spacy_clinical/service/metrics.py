"""Counts and times for Prometheus. No label and no value is made of what was sent."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from spacy_clinical.service.metrics_folder import FOLDER_VARIABLE

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The metrics of a service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self.registry, "namespace": "spacy_clinical"}
        self.requests = Counter(
            "requests", "Requests", ["route", "method", "status"], **own
        )
        self.latency = Histogram(
            "request_seconds",
            "Seconds from the head of a request to the end of its answer",
            ["route"],
            buckets=_SECONDS,
            **own,
        )
        self.notes = Counter("notes", "Notes that were computed", **own)
        self.words = Counter("words", "Words of notes that were computed", **own)
        self.failures = Counter(
            "failures", "Notes and requests that failed, by code", ["code"], **own
        )
        self.batch_notes = Histogram(
            "batch_notes", "Notes of a batch", buckets=_SIZES, **own
        )
        self.batch_seconds = Histogram(
            "batch_seconds", "Seconds for a batch", buckets=_SECONDS, **own
        )
        self.open = Gauge(
            "open_requests",
            "Requests that are being answered",
            multiprocess_mode="livesum",
            **own,
        )
        self.queue_notes = Gauge(
            "queue_notes", "Notes that wait", multiprocess_mode="livesum", **own
        )
        self.queue_tokens = Gauge(
            "queue_tokens",
            "Tokens of the notes that wait",
            multiprocess_mode="livesum",
            **own,
        )
        self._queue: Any = None

    def watch_queue(self, queue: Any) -> None:
        """Take the size of the queue from a batcher, whenever metrics are read."""
        self._queue = queue

    @contextmanager
    def time_batch(self, n_notes: int) -> Iterator[None]:
        """Measure the time of a batch."""
        start = time.perf_counter()
        yield
        self.batch_notes.observe(n_notes)
        self.batch_seconds.observe(time.perf_counter() - start)
        self.update_queue()

    def count_notes(self, answers: Sequence[Any]) -> None:
        """Count notes with their words and failures.

        answers: Those of `work.compute`.
        """
        self.notes.inc(len(answers))
        for answer in answers:
            self.words.inc(answer.n_words)
            if answer.code:
                self.failures.labels(answer.code).inc()

    def count_request(
        self, route: str, method: str, status: int, seconds: float
    ) -> None:
        """Count a request that was answered."""
        self.requests.labels(route, method, str(status)).inc()
        self.latency.labels(route).observe(seconds)

    def update_queue(self) -> None:
        """Take the size of the queue."""
        if self._queue is not None:
            self.queue_notes.set(self._queue.n_waiting)
            self.queue_tokens.set(self._queue.n_tokens)

    def write(self) -> bytes:
        """Write the metrics, of all processes of the service."""
        self.update_queue()
        registry = self.registry
        if FOLDER_VARIABLE in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return generate_latest(registry)


def forget_process(process_id: int) -> None:
    """Leave out what a process that has ended had open or waiting."""
    if FOLDER_VARIABLE in os.environ:
        mark_process_dead(process_id)
