import http.client
import json
import socket
import time

import httpx
import pytest

from spacy_clinical.service.protocol import LAST_CALL
from tests.service.running import NOTE, make_nlp, run_service

HEAD = b"POST /v1/annotate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
TYPE = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def impatient():
    """A service that waits for no one."""
    limits = {"header_timeout": 0.4, "read_timeout": 0.8, "max_connections": 20}
    with run_service(make_nlp("test_service_odd"), **limits) as running:
        yield running


def connect(running):
    url = httpx.URL(running.url)
    connection = socket.create_connection((url.host, url.port), 10)
    connection.settimeout(10)
    return connection


def read_all(connection):
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def drip(connection, data):
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


@pytest.mark.parametrize("sent", [b"", b"POST /v1/ann", HEAD])
def test_a_head_that_does_not_come_ends_the_connection(impatient, sent):
    with connect(impatient) as connection:
        start = time.monotonic()
        connection.sendall(sent)
        assert read_all(connection) == b""
        assert 0.3 < time.monotonic() - start < 5


def test_a_head_that_comes_byte_by_byte_has_no_more_time(impatient):
    with connect(impatient) as connection:
        start = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            drip(connection, HEAD * 10)
        assert time.monotonic() - start < 5


def test_a_body_that_comes_slowly_is_a_problem(impatient):
    with connect(impatient) as connection:
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n")
        start = time.monotonic()
        # It is told so, and then has the time of a head to stop.
        answer = read_all(connection)
        assert 0.7 < time.monotonic() - start < 8
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code": "C984"' in answer


def test_two_requests_on_a_connection_have_their_own_time(impatient):
    url = httpx.URL(impatient.url)
    connection = http.client.HTTPConnection(url.host, url.port, timeout=10)
    for _ in range(4):
        connection.request("POST", "/v1/annotate", json.dumps({"text": NOTE}), TYPE)
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (200, True)
        time.sleep(0.2)
    connection.close()


def test_a_request_that_is_on_its_way_at_the_end_is_answered():
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with run_service(make_nlp()) as running, connect(running) as connection:
        connection.sendall(request)
        assert b" 200 " in connection.recv(65536)
        running.stop()
        time.sleep(LAST_CALL / 2)
        connection.sendall(request)
        answer = read_all(connection)
    assert b" 200 " in answer


def test_idle_connections_do_not_hold_up_the_end():
    with run_service(make_nlp()) as running, connect(running) as connection:
        start = time.monotonic()
        running.stop()
        assert read_all(connection) == b""
    assert time.monotonic() - start < 5


def test_too_many_connections_are_told_to_try_again(impatient):
    others = [connect(impatient) for _ in range(20)]
    try:
        with connect(impatient) as connection:
            answer = read_all(connection)
        head, body = answer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 5" in head
        assert json.loads(body)["code"] == "C983"
    finally:
        for other in others:
            other.close()
    end = time.monotonic() + 5
    while time.monotonic() < end:
        answer = httpx.get(f"{impatient.url}/readyz", trust_env=False)
        if answer.status_code == 200:
            break
        time.sleep(0.05)
    assert answer.status_code == 200


def test_a_thousand_silent_connections_do_not_stop_the_others():
    with run_service(make_nlp(), max_connections=1100) as running:
        silent = []
        try:
            for _ in range(400):
                silent.append(connect(running))
                silent[-1].sendall(b"GET / HT")
            answer = running.client.post("/v1/annotate", json={"text": NOTE})
            assert answer.status_code == 200
        finally:
            for connection in silent:
                connection.close()


def test_an_answer_that_is_not_read_is_given_up():
    text = "pain " * 20_000
    body = json.dumps({"text": text}).encode()
    with (
        run_service(make_nlp(), write_timeout=0.3) as running,
        connect(running) as connection,
    ):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            metrics = running.client.get("/metrics").text
            if 'route="/v1/annotate",status="200"' in metrics:
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the request is still open")


def test_rubbish_is_refused(impatient):
    with connect(impatient) as connection:
        connection.sendall(b"\x16\x03\x01 rubbish\r\n\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")


def test_the_work_of_a_caller_that_is_gone_is_dropped():
    with run_service(make_nlp("test_service_odd"), batch_tokens=1) as running:
        body = json.dumps({"notes": [{"text": "qqslow"}] * 50}).encode()
        with connect(running) as connection:
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            time.sleep(0.5)
        start = time.monotonic()
        answer = running.client.post("/v1/annotate", json={"text": NOTE})
        assert answer.status_code == 200
        time.sleep(0.1)
        # All 50 would take 15 seconds.
        assert time.monotonic() - start < 5
        metrics = running.client.get("/metrics").text
        assert 'route="/v1/annotate",status="499"} 1.0' in metrics
        assert "spacy_clinical_queue_notes 0.0" in metrics


def test_callers_are_told_when_the_queue_is_full():
    limits = {"max_queue": 10, "batch_tokens": 1}
    with run_service(make_nlp("test_service_odd"), **limits) as running:
        body = json.dumps({"notes": [{"text": "qqslow"}] * 20}).encode()
        with connect(running) as connection:
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            time.sleep(0.5)
            answer = running.client.post("/v1/annotate", json={"text": "a"})
            assert (answer.status_code, answer.json()["code"]) == (429, "C983")
            assert 1 <= int(answer.headers["retry-after"]) <= 120


def test_bodies_together_have_a_limit():
    with run_service(make_nlp(), max_held=100_000) as running:
        with connect(running) as connection:
            head = HEAD + b"Content-Length: 90000\r\n\r\n"
            connection.sendall(head + b" " * 80_000)
            time.sleep(0.3)
            large = running.client.post("/v1/annotate", content=b" " * 50_000)
            assert (large.status_code, large.json()["code"]) == (429, "C983")
            small = running.client.post("/v1/annotate", json={"text": "a"})
            assert small.status_code == 200
        time.sleep(0.2)
        again = running.client.post("/v1/annotate", json={"text": "a" * 60_000})
        assert again.status_code == 200
