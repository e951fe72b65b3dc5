"""What ends a service, and what doesn't."""

import asyncio
import json
import logging
import re
import signal
import socket
import threading
import time

import httpx
import pytest
import spacy

from spacy_clinical.service.server import (
    bind,
    is_loopback,
    listen,
    name_address,
    reload_pipeline,
)
from tests.service.running import make_nlp, run_process, run_service
from tests.service.test_load import make_notes, saved  # noqa: F401


def test_sockets_are_named_as_browsers_open_them():
    with bind("127.0.0.1", 0) as opened:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", name_address(opened))
        assert is_loopback(opened)
    with bind("0.0.0.0", 0) as opened:
        assert not is_loopback(opened)
    if socket.has_ipv6:
        with bind("::1", 0) as opened:
            assert re.fullmatch(r"http://\[::1\]:\d+", name_address(opened))
            assert is_loopback(opened)


def test_a_port_that_is_taken_is_an_error():
    with bind("127.0.0.1", 0) as opened:
        opened.listen()
        port = opened.getsockname()[1]
        with pytest.raises(OSError, match=rf"\[C997\].*127\.0\.0\.1, port {port}: "):
            bind("127.0.0.1", port)
    with pytest.raises(OSError, match=r"\[C997\]"):
        bind("no.such.host.invalid", 80)


def test_two_services_that_start_at_once_do_not_share_a_port():
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with bind("127.0.0.1", port) as second:
            listen(first)
            with pytest.raises(
                OSError, match=rf"\[C997\].*127\.0\.0\.1, port {port}: "
            ):
                listen(second)


def test_small_answers_are_sent_at_once():
    with bind("127.0.0.1", 0) as opened:
        assert opened.proto == socket.IPPROTO_TCP
    with run_service(make_nlp()) as running:
        times = []
        for _ in range(20):
            start = time.perf_counter()
            assert running.client.get("/healthz").status_code == 200
            times.append(time.perf_counter() - start)
    # Those that wait for an acknowledgement take 40 ms each.
    assert min(times) < 0.03


async def send_all(url, notes, after):
    """Send notes until the service takes no more.

    after: Called when some have been answered.
    RETURNS: The ids of the requests that were answered, and of those that weren't.
    """
    answered, lost = [], []
    todo = iter(notes)
    async with httpx.AsyncClient(base_url=url, timeout=120, trust_env=False) as client:

        async def work():
            for name, text in todo:
                headers = {"X-Request-ID": name}
                body = {"id": name, "text": text}
                try:
                    answer = await client.post(
                        "/v1/annotate", json=body, headers=headers
                    )
                except httpx.TransportError:
                    lost.append(name)
                    return
                assert answer.status_code == 200
                assert answer.json()["text"] == text
                answered.append(name)
                if len(answered) == 100:
                    after()

        await asyncio.gather(*(work() for _ in range(32)))
    return answered, lost


@pytest.mark.slow
@pytest.mark.parametrize("n_workers", [1, 2])
def test_sigterm_in_mid_load_loses_no_accepted_request(saved, tmp_path, n_workers):  # noqa: F811
    _, path, code = saved
    options = [str(path), "--no-forms", "--workers", str(n_workers)]
    with run_process(tmp_path, *options, code=code) as service:
        stop = lambda: service.process.send_signal(signal.SIGTERM)  # noqa: E731
        notes = make_notes(3000)
        answered, lost = asyncio.run(send_all(service.url, notes, stop))
        assert service.process.wait(60) == 0
        log = service.read_log()
    # It stopped in the middle, so callers were turned away.
    assert 100 <= len(answered) < 3000
    assert lost
    accepted = set(re.findall(r"access (n\d+) POST", log))
    assert accepted == set(answered)
    assert not set(re.findall(r"access (n\d+) POST /v1/annotate (?!200)", log))


@pytest.mark.slow
def test_sighup_loads_the_pipeline_again_under_load(saved, tmp_path):  # noqa: F811
    nlp, path, code = saved
    with run_process(tmp_path, str(path), "--no-forms", code=code) as service:
        client = httpx.Client(base_url=service.url, timeout=60, trust_env=False)
        stopping = threading.Event()
        statuses, labels = [], []

        def work():
            while not stopping.is_set():
                answer = client.post("/v1/annotate", json={"text": "HPI: pain"})
                statuses.append(answer.status_code)
                labels.append(answer.json()["entities"][0]["label"])

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        ruler = nlp.get_pipe("entity_ruler")
        ruler.clear()
        ruler.add_patterns([{"label": "NEW", "pattern": "pain"}])
        nlp.to_disk(path)
        service.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 60
        while "NEW" not in labels and time.monotonic() < end:
            time.sleep(0.05)
        # A pipeline that can't be loaded doesn't replace the one that runs.
        (path / "config.cfg").write_text("rubbish")
        service.process.send_signal(signal.SIGHUP)
        while "The old pipeline stays" not in service.read_log():
            assert time.monotonic() < end + 60
            time.sleep(0.05)
        n_before = len(statuses)
        time.sleep(0.3)
        stopping.set()
        for thread in threads:
            thread.join()
        client.close()
        assert service.stop() == 0
    assert "NEW" in labels
    assert set(labels[n_before:]) == {"NEW"}
    assert set(statuses) == {200}


def test_a_pipeline_that_can_not_be_loaded_is_named_by_its_code(caplog):
    def load():
        raise ValueError("qqsecret")

    used = []
    with caplog.at_level(logging.ERROR):
        assert not reload_pipeline(load, used.append)
        assert reload_pipeline(lambda: spacy.blank("en"), used.append)
    assert len(used) == 1
    assert "qqsecret" not in caplog.text
    assert "ValueError" in caplog.text


def test_a_service_in_a_thread_ends_with_all_its_threads():
    before = set(threading.enumerate())
    with run_service(make_nlp()) as running:
        body = json.dumps({"text": "HPI: pain"})
        assert running.client.post("/v1/annotate", content=body).status_code == 200
    end = time.monotonic() + 10
    while set(threading.enumerate()) - before and time.monotonic() < end:
        time.sleep(0.05)
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert {name for name in left if not name.startswith("AnyIO")} == set()
