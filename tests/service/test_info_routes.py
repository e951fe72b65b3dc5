import re

import httpx
import pytest

from tests.service.running import FAILING, NOTE, make_nlp, run_service


def test_probes_say_whether_requests_are_taken(service):
    assert service.client.get("/healthz").json() == {"status": "ok"}
    assert service.client.get("/readyz").json() == {"status": "ok"}
    for path in ("/healthz", "/readyz", "/"):
        answer = service.client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_a_service_that_is_not_ready_says_so():
    with run_service(make_nlp()) as running:
        running.engine.is_ready = False
        for path in ("/readyz", "/v1/pipeline"):
            answer = running.client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "C992")
            assert answer.headers["retry-after"] == "5"
        assert running.client.get("/healthz").status_code == 200


def test_the_pipeline_is_described(service):
    described = service.client.get("/v1/pipeline").json()
    components = {row["name"]: row for row in described["components"]}
    assert list(components) == service.engine.loaded.nlp.component_names
    assert components["entity_ruler"]["labels"] == ["Sign_symptom"]
    assert components["clinical_deidentifier"]["enabled"] is True
    assert "spacy_clinical" in described["provenance"]
    paths = ["/v1/annotate", "/v1/forms", "/v1/deidentify"]
    assert described["paths"] == paths
    assert described["limits"]["max_notes"] == 1000


def read_metric(text, name, **labels):
    for line in text.splitlines():
        match = re.fullmatch(r"(\w+)(?:\{(.*)\})? ([\d.e+-]+)", line)
        if match and match[1] == f"spacy_clinical_{name}":
            found = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
            if labels.items() <= found.items():
                return float(match[3])
    return 0.0


def test_metrics_count_requests_words_and_failures_and_have_no_text():
    with run_service(make_nlp("test_service_odd")) as running:
        client = running.client
        client.post("/v1/annotate", json={"notes": [{"text": NOTE}, {"text": FAILING}]})
        client.post("/v1/annotate", content=b"{")
        client.get(f"/v1/{FAILING}?q={FAILING}")
        client.request(FAILING.upper(), "/v1/annotate")
        text = client.get("/metrics").text
    assert FAILING not in text.lower()
    assert "pain" not in text
    route = {"route": "/v1/annotate", "method": "POST"}
    assert read_metric(text, "requests_total", **route, status="200") == 1
    assert read_metric(text, "requests_total", **route, status="400") == 1
    assert read_metric(text, "requests_total", route="other", status="404") == 1
    assert read_metric(text, "requests_total", method="other", status="405") == 1
    assert read_metric(text, "notes_total") == 2
    assert read_metric(text, "words_total") == len(NOTE.split()) + 1
    assert read_metric(text, "failures_total", code="other") == 1
    assert read_metric(text, "failures_total", code="C981") == 1
    assert read_metric(text, "queue_notes") == 0
    assert read_metric(text, "request_seconds_count", route="/v1/annotate") == 3


def test_openapi_describes_what_there_is_with_real_examples(service):
    schema = service.client.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.")
    assert "/v1/ask" not in schema["paths"]
    path = schema["paths"]["/v1/annotate"]["post"]
    bodies = path["requestBody"]["content"]["application/json"]["examples"]
    answer = path["responses"]["200"]["content"]["application/json"]["example"]
    sent = service.client.post("/v1/annotate", json=bodies["one"]["value"])
    # What the example says is what the service answers.
    assert sent.json() | {"source": ""} == answer | {"source": ""}
    many = service.client.post("/v1/annotate", json=bodies["many"]["value"])
    assert len(many.json()["notes"]) == 2
    bundle = path["responses"]["200"]["content"]["application/fhir+json"]["example"]
    assert bundle["resourceType"] == "Bundle"
    example = schema["paths"]["/v1/deidentify"]["post"]["requestBody"]["content"]
    clean = service.client.post(
        "/v1/deidentify", json=example["application/json"]["example"]
    )
    assert "[PATIENT]" in clean.json()["text"]


def list_references(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from list_references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from list_references(inner)


def test_all_references_of_openapi_lead_somewhere(service):
    schema = service.client.get("/openapi.json").json()
    references = set(list_references(schema))
    assert "#/components/schemas/NoteIn" in references
    for reference in references:
        found = schema
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/static/service.js", "/static/service.css"]
)
def test_pages_load_nothing_from_elsewhere(service, path):
    answer = service.client.get(path)
    assert answer.status_code == 200
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", answer.text)
    # Names of code systems in examples are no links.
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)
    assert path == "/docs" or not addresses
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'unsafe" not in policy
    if path in ("/", "/docs"):
        # No script stands in the page, and no handler.
        scripts = re.findall(r"<script[^>]*>([^<]*)", answer.text)
        assert all(script == "" for script in scripts)
        assert not re.search(r"<[^>]* on\w+=", answer.text)


def test_the_documentation_shows_paths_and_examples(service):
    text = service.client.get("/docs").text
    for words in (
        "/v1/annotate",
        "/v1/forms",
        "cough for two days",
        "ProblemOut",
        "NoteIn",
    ):
        assert words in text


def test_static_files_are_those_that_there_are(service):
    for name in ("x.js", "..%2fviewer.css", "viewer.css"):
        assert service.client.get(f"/static/{name}").status_code == 404


def test_a_token_is_needed_where_notes_are(tmp_path):
    from spacy_clinical.service.bearer import Token

    token = Token(b"0123456789abcdef")
    with run_service(make_nlp(), token=token) as running:
        url = running.url
        for path in ("/", "/docs", "/healthz", "/readyz", "/openapi.json"):
            assert httpx.get(url + path, trust_env=False).status_code == 200
        for path in ("/v1/pipeline", "/metrics", "/nothing"):
            answer = httpx.get(url + path, trust_env=False)
            assert (answer.status_code, answer.json()["code"]) == (401, "C986")
            assert answer.headers["www-authenticate"] == "Bearer"
        wrong = {"Authorization": "Bearer 0123456789abcdeg"}
        answer = httpx.get(f"{url}/v1/pipeline", headers=wrong, trust_env=False)
        assert answer.status_code == 401
        right = {"Authorization": "Bearer 0123456789abcdef"}
        for path in ("/v1/pipeline", "/metrics"):
            answer = httpx.get(url + path, headers=right, trust_env=False)
            assert answer.status_code == 200
        schema = httpx.get(f"{url}/openapi.json", trust_env=False).json()
        assert schema["security"] == [{"token": []}]
