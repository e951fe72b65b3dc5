"""Services that run for tests: in a thread, or in a process of their own."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import spacy
import uvicorn
from spacy.language import Language

from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.service.engine import Engine
from spacy_clinical.service.metrics import Metrics
from spacy_clinical.service.server import bind, make_server, name_address
from spacy_clinical.service.settings import Settings

NOTE = "HPI:\nA man with pain. He denies fever.\n\nPLAN: rest"
# Words that a component of the tests does something at.
FAILING, SLOW = "qqfails", "qqslow"
# Seconds that a slow note takes.
DELAY = 0.3
PATIENCE = 60


@Language.component("test_service_odd")
def be_odd(doc):
    """Fail on some notes, with a message that quotes them, and be slow on others."""
    if FAILING in doc.text:
        raise ValueError(doc.text)
    if SLOW in doc.text:
        time.sleep(DELAY)
    return doc


def make_nlp(*more: str) -> Language:
    """A pipeline without weights."""
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    words = ["pain", "fever", "rest"]
    ruler.add_patterns([{"label": "Sign_symptom", "pattern": word} for word in words])
    nlp.add_pipe("clinical_assertion")
    for name in more:
        nlp.add_pipe(name)
    return nlp


def make_form_nlp() -> Language:
    nlp = spacy.blank("en")
    rules = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
    nlp.add_pipe("clinical_form_extractor", config=rules)
    return nlp


class Running(NamedTuple):
    """A service in a thread."""

    url: str
    engine: Engine
    client: httpx.Client
    server: uvicorn.Server

    def stop(self) -> None:
        """Begin to end the service."""
        self.server.should_exit = True


@contextlib.contextmanager
def run_service(
    nlp: Language, form_nlp: Language | None = None, **settings: Any
) -> Iterator[Running]:
    """Run a service in a thread until the context ends."""
    engine = Engine(nlp, form_nlp, Settings(**settings), Metrics(), Key(b"k" * 32))
    opened = bind("127.0.0.1", 0)
    url = name_address(opened)
    server = make_server(engine)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:
            yield Running(url, engine, client, server)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


class Process(NamedTuple):
    """A service in a process."""

    url: str
    process: "subprocess.Popen[str]"
    log: Path

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end. RETURNS: The exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def read_log(self) -> str:
        return self.log.read_text("utf8")


@contextlib.contextmanager
def run_process(
    folder: Path, *arguments: str, code: Path | None = None, **env: str
) -> Iterator[Process]:
    """Run `spacy-clinical serve` on any free port until the context ends."""
    log = folder / "serve.log"
    command = [sys.executable, "-m", "spacy_clinical", "serve", *arguments]
    command += ["--port", "0", "--log-level", "debug"]
    command += ["--code", str(code)] if code else []
    with log.open("w", encoding="utf8") as handle:
        process = subprocess.Popen(
            command, stderr=handle, stdout=handle, text=True, env={**os.environ, **env}
        )
        try:
            yield Process(_wait_for_url(process, log), process, log)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)
            if process.poll() is None:
                process.kill()
                process.wait()


def _wait_for_url(process: "subprocess.Popen[str]", log: Path) -> str:
    """Wait until a service answers."""
    end = time.monotonic() + 3 * PATIENCE
    while time.monotonic() < end and process.poll() is None:
        match = re.search(r" at (http://\S+)$", log.read_text("utf8"), re.M)
        if match:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{match[1]}/readyz", trust_env=False).raise_for_status()
                return match[1]
        time.sleep(0.05)
    raise AssertionError(log.read_text("utf8"))
