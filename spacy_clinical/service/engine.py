"""The pipelines of a service, each with a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, cast

from spacy.language import Language

from spacy_clinical.errors import Errors
from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.service.batches import Ask, Batcher, estimate_tokens
from spacy_clinical.service.bodies import RETRY_AFTER, make_busy
from spacy_clinical.service.forms import FormReading, read_one
from spacy_clinical.service.loaded import prepare, prepare_forms
from spacy_clinical.service.metrics import Metrics
from spacy_clinical.service.problems import Problem
from spacy_clinical.service.settings import Settings
from spacy_clinical.service.work import Answer, Order, Work, compute


class Engine:
    """Computes for all requests of a process.

    nlp: The pipeline for notes. No one else may use it.
    form_nlp: The pipeline for forms; None for no forms.
    settings: The limits.
    metrics: What is counted.
    key: What surrogates and dates follow from.
    """

    def __init__(
        self,
        nlp: Language,
        form_nlp: Language | None,
        settings: Settings,
        metrics: Metrics,
        key: Key,
    ) -> None:
        self.loaded = prepare(nlp)
        self.form_nlp = form_nlp
        if form_nlp is not None:
            prepare_forms(form_nlp)
        self.settings = settings
        self.metrics = metrics
        self.key = key
        self.is_ready = False
        self._threads: list[ThreadPoolExecutor] = []
        self._n_forms = 0
        self._batcher: Batcher[Order, Answer] | None = None

    def start(self) -> None:
        """Start the threads, on the running event loop."""
        self._threads = [ThreadPoolExecutor(1, name) for name in ("notes", "forms")]
        self._batcher = Batcher(
            self._compute,
            self._threads[0],
            batch_tokens=self.settings.batch_tokens,
            wait=self.settings.batch_wait,
            max_queue=self.settings.max_queue,
        )
        self._batcher.start()
        self.metrics.watch_queue(self._batcher)
        self.is_ready = True

    async def stop(self) -> None:
        """Stop the threads, after all requests have been answered."""
        self.is_ready = False
        await self._get_batcher().stop()
        for thread in self._threads:
            thread.shutdown(wait=False, cancel_futures=True)

    def replace(self, nlp: Language) -> None:
        """Replace the pipeline for notes. A batch that has begun ends with the old one."""
        self.loaded = prepare(nlp)

    def check_room(self) -> None:
        """Check that notes can be queued, before they are read.

        RAISES Problem: C983, if there is no room for them.
        """
        self._get_batcher().check_room()

    def submit(self, work: Work, orders: list[Order]) -> Ask[Answer]:
        """Put notes into the queue.

        RAISES Problem: C982, if one is too long; C983, if there is no room for them.
        """
        longest = self.settings.max_note
        if any(len(order.note.text) > longest for order in orders):
            expected = f"at most {longest} characters long (--max-note)"
            message = Errors.C982.format(where="each note", expected=expected)
            raise Problem(413, message)
        works = [(order, estimate_tokens(order.note.text)) for order in orders]
        return self._get_batcher().submit(cast(Hashable, work), works)

    def drop(self, ask: Ask[Answer]) -> None:
        """Drop what waits of a caller that is gone."""
        self._get_batcher().drop(ask)

    async def read_form(
        self, data: bytes, write: Callable[[FormReading], bytes], **options: Any
    ) -> bytes:
        """Read a form, and extract its fields.

        write: Makes what is sent, on the thread that computes.
        options: See `forms.read_one`.
        RAISES Problem: C983, if too many forms wait.
        RAISES ValueError, OSError: Those of `forms.read.read_form`.
        """
        if self._n_forms >= self.settings.max_forms:
            raise make_busy(f"{self._n_forms} forms wait", RETRY_AFTER)
        assert self.form_nlp is not None, "there is no pipeline for forms"
        gone = threading.Event()
        self._n_forms += 1
        reading = asyncio.get_running_loop().run_in_executor(
            self._threads[1],
            partial(read_one, self.form_nlp, data, write, gone, options),
        )
        try:
            return await reading
        finally:
            # The form of a caller that is gone is stopped at its next page.
            gone.set()
            self._n_forms -= 1

    def _get_batcher(self) -> Batcher[Order, Answer]:
        assert self._batcher is not None, "the engine hasn't started"
        return self._batcher

    def _compute(self, work: Hashable, orders: list[Order]) -> list[Answer]:
        with self.metrics.time_batch(len(orders)):
            answers = compute(self.loaded, cast(Work, work), orders)
        self.metrics.count_notes(answers)
        return answers
