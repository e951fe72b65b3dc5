import io
import threading
import time

import pytest
from PIL import Image

from spacy_clinical.forms.read import read_form
from spacy_clinical.scale.stream import run_components
from tests.conftest import ROOT
from tests.service.running import make_form_nlp, make_nlp, run_service
from tests.service.test_note_routes import check_problem

PDF = (ROOT / "examples" / "forms" / "referral_form.pdf").read_bytes()


def send(service, content, accept="application/json", **options):
    headers = {"Accept": accept, "Content-Type": "application/pdf"}
    return service.client.post(
        "/v1/forms",
        content=content,
        headers=headers,
        params={"ocr": "never"},
        **options,
    )


def test_a_form_gets_its_fields(service):
    record = send(service, PDF).json()
    nlp = make_form_nlp()
    doc = run_components(nlp.pipeline, read_form(PDF, nlp.vocab, ocr="never"))
    assert record["error"] is None
    assert len(record["fields"]) > 5
    wanted = [(field["key"], field["value"]) for field in doc._.form_fields]
    assert [(field["key"], field["value"]) for field in record["fields"]] == wanted
    # The name of a file may name a patient.
    assert record["source"] == "form"


def test_a_form_of_a_browser_gets_the_same(service):
    headers = {"Accept": "application/json"}
    fields = {"note": "for Jane"}
    answer = service.client.post(
        "/v1/forms",
        files={"file": ("jane_roe.pdf", PDF, "application/pdf")},
        data=fields,
        headers=headers,
        params={"ocr": "never"},
    )
    assert answer.json()["fields"] == send(service, PDF).json()["fields"]
    assert "jane" not in answer.text


def test_a_form_can_be_a_page_with_boxes(service):
    answer = send(service, PDF, "text/html")
    assert answer.headers["content-type"].startswith("text/html")
    assert "data:image/jpeg;base64," in answer.text
    assert answer.text.count("<rect") > 5
    assert "<script" not in answer.text


def make_bomb():
    """A small picture that would be 900 million pixels."""
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "C509"),
        (b"no form", "C509"),
        (PDF[:500], "C50"),
        (bytes(range(256)) * 20, "C509"),
        (make_bomb(), "C504"),
    ],
    ids=["empty", "text", "cut", "binary", "bomb"],
)
def test_what_is_no_form_is_refused(service, content, code):
    answer = send(service, content)
    assert answer.json()["code"].startswith(code)
    check_problem(answer, 415, answer.json()["code"])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"rubbish", "multipart/form-data; boundary=x"),
        (b"rubbish", "multipart/form-data"),
        (b"--x--\r\n", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nb\r\n'
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="b"\r\n\r\nb\r\n'
            b"--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
        (b"--\xff\r\n", "multipart/form-data; boundary=\xff"),
    ],
)
def test_forms_of_browsers_need_one_file(service, body, kind):
    answer = service.client.post(
        "/v1/forms", content=body, headers={"Content-Type": kind.encode("latin-1")}
    )
    check_problem(answer, 422, "C982")


@pytest.mark.parametrize("query", [{"ocr": "qqsecret"}, {"language": "../qqsecret"}])
def test_options_that_there_are_not_are_refused_and_not_quoted(service, query):
    answer = service.client.post("/v1/forms", content=PDF, params=query)
    detail = check_problem(answer, 422, "C982")
    assert next(iter(query)) in detail
    assert "qqsecret" not in answer.text


def test_uploads_have_limits_of_their_own():
    with run_service(
        make_nlp(), make_form_nlp(), max_body=1000, max_upload=len(PDF), max_pages=1
    ) as running:
        assert send(running, PDF).status_code == 200
        assert "--max-upload" in check_problem(send(running, PDF + b" "), 413, "C980")


def test_forms_do_not_hold_up_notes(service, monkeypatch):
    started, go_on = threading.Event(), threading.Event()
    original = service.engine.form_nlp.pipeline[0][1]

    def wait(doc):
        started.set()
        go_on.wait(20)
        return original(doc)

    pipeline = [("waiting", wait)]
    monkeypatch.setattr(
        type(service.engine.form_nlp),
        "pipeline",
        property(
            lambda nlp: (
                pipeline if nlp is service.engine.form_nlp else nlp_pipeline(nlp)
            )
        ),
    )
    answers = []
    thread = threading.Thread(target=lambda: answers.append(send(service, PDF)))
    thread.start()
    assert started.wait(20)
    begin = time.monotonic()
    answer = service.client.post("/v1/annotate", json={"text": "HPI: pain"})
    assert answer.status_code == 200
    assert time.monotonic() - begin < 10
    assert not answers
    go_on.set()
    thread.join(20)
    assert answers[0].status_code == 200


def nlp_pipeline(nlp):
    """What spaCy's own property does."""
    return [(n, p) for n, p in nlp._components if n not in nlp._disabled]
