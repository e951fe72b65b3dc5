import logging
import re

import httpx
import pytest

from spacy_clinical.service.guard import HEADERS
from tests.conftest import ROOT
from tests.service.running import FAILING, NOTE, make_nlp, run_service


def test_every_answer_has_an_id_and_the_headers(service):
    paths = ("/", "/healthz", "/nothing", "/v1/pipeline", "/docs")
    answers = [service.client.get(path) for path in paths]
    answers.append(service.client.post("/v1/annotate", content=b"{"))
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)
    for answer in answers:
        for name in HEADERS:
            assert name in answer.headers, name
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert not [n for n in answer.headers if n.startswith("access-control")]


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("abc-123_X.y", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("Jane Roe", False),
        ("a\tb", False),
        ("", False),
    ],
)
def test_the_callers_id_is_kept_if_it_is_one(service, given, is_kept):
    answer = service.client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["x-request-id"] == given) is is_kept


def test_the_log_has_no_query_no_body_and_no_path_but_those_of_the_service(
    service, caplog
):
    with caplog.at_level(logging.DEBUG):
        service.client.post("/v1/annotate?component=qqsecret", json={"text": FAILING})
        service.client.post("/v1/annotate", json={"notes": [{"text": FAILING}]})
        service.client.get("/qqsecret?name=qqsecret")
        service.client.request("QQSECRET", "/v1/annotate")
    ours = [r for r in caplog.records if r.name.startswith("spacy_clinical")]
    lines = [record.getMessage() for record in ours]
    assert not [line for line in lines if "qqsecret" in line.lower() or FAILING in line]
    access = [r.getMessage() for r in ours if r.name.endswith("access")]
    assert len(access) == 4
    for line in access:
        assert re.fullmatch(
            r"[0-9a-f]{32} (\w+) (/v1/annotate|other) (\d+) \d+ bytes \d+ ms", line
        )


def test_an_unexpected_error_is_named_by_its_type_alone(service, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError(NOTE)

    monkeypatch.setattr(service.engine, "check_room", fail)
    with caplog.at_level(logging.DEBUG):
        answer = service.client.post("/v1/annotate", json={"text": NOTE})
    assert (answer.status_code, answer.json()["code"]) == (500, "C995")
    assert "RuntimeError" in answer.json()["detail"]
    for text in (answer.text, caplog.text):
        assert "denies" not in text


def test_no_library_writes_what_was_sent_to_its_log(service, caplog):
    pdf = (ROOT / "examples" / "forms" / "referral_form.pdf").read_bytes()
    html = f"<html><body><p>{NOTE} qqsecret</p></body></html>".encode()
    with caplog.at_level(logging.DEBUG):
        logging.getLogger().setLevel(logging.DEBUG)
        body = {"notes": [{"text": f"{NOTE} qqsecret"}]}
        for accept in ("application/json", "application/x-ndjson"):
            service.client.post("/v1/annotate", json=body, headers={"Accept": accept})
        service.client.post("/v1/deidentify", json=body)
        headers = {"Content-Type": "text/html"}
        service.client.post("/v1/annotate", content=html, headers=headers)
        for content in (pdf, html):
            files = {"qqsecret": ("qqsecret.pdf", content, "application/pdf")}
            service.client.post("/v1/forms", files=files, params={"ocr": "never"})
    # The client's own logs have its headers.
    records = [
        r for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))
    ]
    assert len(records) >= 6
    for record in records:
        for word in ("qqsecret", "denies", "Referral"):
            assert word not in record.getMessage(), record.name


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example:8000"},
        {"Host": "[::1"},
        {"Host": "10.0.0.1"},
        {"Host": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_other_sites_get_nothing(headers):
    with run_service(make_nlp(), check_host=True) as running:
        for path in ("/", "/v1/pipeline"):
            answer = running.client.get(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "C996")
        for good in (
            {},
            {"Host": "localhost:1"},
            {"Host": "127.0.0.2:8000"},
            {"Host": "[::1]:8000"},
            {"Sec-Fetch-Site": "same-origin"},
        ):
            assert running.client.get("/v1/pipeline", headers=good).status_code == 200


def test_a_request_takes_only_so_long():
    with run_service(make_nlp("test_service_odd"), timeout=0.05) as running:
        answer = running.client.post("/v1/annotate", json={"text": "qqslow"})
        assert (answer.status_code, answer.json()["code"]) == (503, "C985")
        headers = {"Accept": "application/x-ndjson"}
        # Half an answer must not look like a whole one.
        with pytest.raises(httpx.RemoteProtocolError):
            running.client.post(
                "/v1/annotate",
                json={"notes": [{"text": "qqslow"}] * 4},
                headers=headers,
            )
