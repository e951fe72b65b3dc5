"""Several processes for one service. They are forked, so that they share the weights."""

import gc
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import uvicorn
from spacy.language import Language

from spacy_clinical.errors import CodedOSError, CodedRuntimeError, Errors
from spacy_clinical.service.engine import Engine
from spacy_clinical.service.metrics import forget_process
from spacy_clinical.service.metrics_folder import reserve_space
from spacy_clinical.service.server import (
    STOPPING,
    make_server,
    reload_pipeline,
    stop_on_signals,
)

# Workers that end sooner have failed to start, and so will others.
MIN_SECONDS = 2.0
MAX_FAILURES = 5
SIGNALS = (*STOPPING, signal.SIGHUP)
_log = logging.getLogger(__name__)


def check_system() -> None:
    """Check that workers can be forked.

    RAISES OSError: C998, if they can't.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        raise CodedOSError(Errors.C998)


class Workers:
    """Processes that answer requests to one socket, and are replaced if they die.

    SIGTERM and SIGINT end them: each answers the requests that it has begun; they also end
    so if this process dies. On SIGHUP, the pipeline is loaded again; new processes take
    over, and the old ones end so.

    engine: With the pipelines, which isn't started in this process.
    opened: The socket.
    n_workers: The number of processes.
    load: Loads the pipeline for notes again.
    """

    def __init__(
        self,
        engine: Engine,
        opened: socket.socket,
        n_workers: int,
        load: Callable[[], Language],
    ) -> None:
        check_system()
        self.engine = engine
        self.opened = opened
        self.n_workers = n_workers
        self.load = load
        self._running: dict[BaseProcess, float] = {}
        self._leaving: set[BaseProcess] = set()
        self._is_stopping = False
        self._is_reloading = False
        self._n_failures = 0

    def run(self) -> None:
        """Run until a signal ends the service.

        RAISES RuntimeError: C999, if workers end as soon as they start.
        """
        for number in STOPPING:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._ask_to_reload)
        try:
            _keep_shared()
            self._fill()
            while self._running or self._leaving:
                self._wait()
        finally:
            for process in (*self._running, *self._leaving):
                process.terminate()
            for process in (*self._running, *self._leaving):
                process.join()

    def _wait(self) -> None:
        everyone = [*self._running, *self._leaving]
        # Signals only set flags, so that none comes between a look and a wait.
        wait([process.sentinel for process in everyone], timeout=0.2)
        for process in everyone:
            if not process.is_alive():
                self._clean_up(process)
        if self._is_stopping:
            self._dismiss()
        elif self._is_reloading:
            self._is_reloading = False
            if reload_pipeline(self.load, self.engine.replace):
                _keep_shared()
                self._dismiss()
        if not self._is_stopping:
            self._fill()

    def _fill(self) -> None:
        while len(self._running) < self.n_workers:
            context = multiprocessing.get_context("fork")
            process = context.Process(target=self._work, name="spacy-clinical worker")
            # Until a new process has handlers of its own, signals to it wait.
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
            process.start()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            self._running[process] = time.monotonic()

    def _clean_up(self, process: BaseProcess) -> None:
        process.join()
        forget_process(process.pid or 0)
        self._leaving.discard(process)
        started = self._running.pop(process, None)
        if started is None or self._is_stopping:
            return
        _log.error("A worker ended with status %s, and is replaced", process.exitcode)
        is_early = time.monotonic() - started < MIN_SECONDS
        self._n_failures = self._n_failures + 1 if is_early else 0
        if self._n_failures >= MAX_FAILURES:
            raise CodedRuntimeError(Errors.C999.format(n=self._n_failures))

    def _dismiss(self) -> None:
        """Let all workers end when they have answered what they have begun."""
        for process in self._running:
            process.terminate()
        self._leaving.update(self._running)
        self._running.clear()

    def _work(self) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        server = make_server(self.engine)
        stop_on_signals(server)
        # The first count makes the files of this process.
        self.engine.metrics.open.set(0)
        reserve_space()
        watching = threading.Thread(
            target=_end_with_parent, args=[server], name="parent", daemon=True
        )
        watching.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        server.run(sockets=[self.opened])

    def _stop(self, *_: object) -> None:
        self._is_stopping = True

    def _ask_to_reload(self, *_: object) -> None:
        self._is_reloading = True


def _end_with_parent(server: uvicorn.Server) -> None:
    """End a server when the parent has died, which would have ended it."""
    parent = multiprocessing.parent_process()
    # Its sentinel won't do: workers that were forked later hold it, too.
    while parent is not None and os.getppid() == parent.pid:
        time.sleep(1)
    server.should_exit = True


def _keep_shared() -> None:
    """Keep workers from writing to memory that they share, when they look for garbage."""
    gc.collect()
    gc.freeze()
