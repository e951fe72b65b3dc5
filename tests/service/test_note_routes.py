import gzip
import io
import json
import zipfile

import httpx
import pytest
import spacy
from fhir.resources.R4B.bundle import Bundle

from spacy_clinical.export.records import make_record
from spacy_clinical.scale.jobs import AnnotateJob
from spacy_clinical.service.schemas import OneCleanIn
from spacy_clinical.types import Note
from tests.conftest import NOTES
from tests.notes.markup.written import make_docx
from tests.service.running import FAILING, NOTE, make_nlp, run_service

JSON = "application/json"


def annotate(service, body, accept=JSON, **options):
    return service.client.post(
        "/v1/annotate", json=body, headers={"Accept": accept}, **options
    )


def check_problem(answer, status, code):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"].startswith(f"[{code}]")
    assert problem["instance"].endswith(answer.headers["x-request-id"])
    return problem["detail"]


@pytest.fixture(scope="module")
def nlp():
    return make_nlp("clinical_deidentifier", "test_service_odd")


def test_a_note_gets_the_record_that_annotate_writes(service, nlp):
    body = {"text": NOTE, "id": "n1", "meta": {"ward": "B", "n": [1, None]}}
    answer = annotate(service, body)
    assert answer.headers["content-type"] == JSON
    record = make_record(Note("n1", NOTE, body["meta"], "request"), nlp(NOTE))
    assert answer.json() == json.loads(json.dumps(record))
    assert [ent["is_negated"] for ent in answer.json()["entities"]][:2] == [False, True]


def test_many_notes_get_their_records_in_order(service, nlp):
    body = {"notes": [{"id": f"n{i}", "text": text} for i, text in enumerate(NOTES)]}
    records = annotate(service, body).json()["notes"]
    notes = [Note(note["id"], note["text"], {}, "request") for note in body["notes"]]
    wanted = AnnotateJob(nlp).work(notes)
    assert records == json.loads(json.dumps(wanted))


def test_notes_without_ids_have_ids_of_their_own(service):
    ids = set()
    for _ in range(2):
        answer = annotate(service, {"notes": [{"text": "a"}, {"text": "b"}]})
        ids |= {note["id"] for note in answer.json()["notes"]}
        assert answer.json()["notes"][1]["id"].startswith(
            answer.headers["x-request-id"]
        )
    assert len(ids) == 4


def test_a_failing_note_fails_alone_and_its_text_is_in_no_message(service):
    texts = [NOTE, f"HPI: {FAILING} pain", NOTE]
    body = {"notes": [{"text": text} for text in texts]}
    good, bad, other = annotate(service, body).json()["notes"]
    assert good["error"] is None
    assert other["error"] is None
    assert len(good["entities"]) == 3
    assert bad["error"]["component"] == "test_service_odd"
    assert FAILING not in json.dumps(bad["error"])
    # What other components have found stays.
    assert [ent["text"] for ent in bad["entities"]] == ["pain"]


def test_a_bundle_is_valid_and_has_the_patient_and_the_date(service):
    meta = {"patient_id": "p7", "note_date": "2020-02-03"}
    answer = annotate(service, {"text": NOTE, "meta": meta}, "application/fhir+json")
    assert answer.headers["content-type"] == "application/fhir+json"
    bundle = answer.json()
    assert "p7" in json.dumps(bundle)
    assert "2020-02-03" in json.dumps(bundle)
    Bundle.model_validate_json(answer.content)


def test_many_notes_get_a_bundle_of_bundles(service):
    body = {"notes": [{"text": NOTE}, {"text": NOTE}]}
    bundle = annotate(service, body, "application/fhir+json").json()
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert (bundle["resourceType"], kinds) == ("Bundle", ["Bundle", "Bundle"])


@pytest.mark.parametrize(
    ("accept", "key"),
    [("application/x-ndjson", "sections"), ("application/fhir+ndjson", "resourceType")],
)
def test_lines_come_as_they_are_done(service, accept, key):
    body = {"notes": [{"id": f"n{i}", "text": NOTE} for i in range(20)]}
    headers = {"Accept": accept}
    with service.client.stream(
        "POST", "/v1/annotate", json=body, headers=headers
    ) as answer:
        assert answer.headers["content-type"] == accept
        assert "content-length" not in answer.headers
        lines = [json.loads(line) for line in answer.iter_lines()]
    assert len(lines) == 20
    assert all(key in line for line in lines)
    if key == "sections":
        assert [line["id"] for line in lines] == [f"n{i}" for i in range(20)]


def test_a_note_can_be_a_page(service):
    answer = annotate(service, {"text": "HPI: <script>x</script> pain"}, "text/html")
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "<mark" in answer.text
    assert "<script>" not in answer.text
    check_problem(
        annotate(service, {"notes": [{"text": "a"}]}, "text/html"), 406, "C990"
    )


def test_components_are_chosen_for_one_request(service):
    names = {"component": ["clinical_section_splitter", "entity_ruler"]}
    some = annotate(service, {"text": NOTE}, params=names).json()
    assert some["sections"]
    assert some["n_sentences"] == 0
    assert [ent["is_negated"] for ent in some["entities"]] == [None] * 3
    none = annotate(service, {"text": NOTE}, params={"component": ""}).json()
    assert (none["sections"], none["entities"]) == ([], [])
    usual = annotate(service, {"text": NOTE}).json()
    assert usual["n_sentences"] > 1
    assert any(ent["is_negated"] for ent in usual["entities"])
    answer = annotate(service, {"text": NOTE}, params={"component": "qqsecret"})
    detail = check_problem(answer, 422, "C991")
    assert "qqsecret" not in detail
    assert "entity_ruler" in detail


FILES = {
    "text": ("Café: pain".encode(), "text/plain", "Café: pain", None),
    "utf-16": ("Café: pain".encode("utf-16"), "text/plain", "Café: pain", None),
    "html": (
        b"<html><body><p>HPI: pain</p></body></html>",
        "text/html",
        "HPI: pain",
        "html",
    ),
    "docx": (make_docx("HPI: pain"), "application/octet-stream", "HPI: pain", "docx"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_are_converted(service, name):
    content, kind, text, source_format = FILES[name]
    answer = service.client.post(
        "/v1/annotate", content=content, headers={"Content-Type": kind}
    )
    record = answer.json()
    assert text in record["text"]
    reader = record["provenance"].get("reader", {})
    assert reader.get("source_format") == source_format


def make_bomb():
    """A Word document whose text would be a gigabyte."""
    data = io.BytesIO(make_docx("HPI: pain"))
    out = io.BytesIO()
    with (
        zipfile.ZipFile(data) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            content = old.read(part)
            if part.filename.endswith("document.xml"):
                content = content.replace(b"pain", b"x" * 100_000_000)
            new.writestr(part.filename, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "C303"),
        (b"%PDF-1.7\n" + bytes(range(256)), "C303"),
        (bytes(range(256)) * 50, "C303"),
        (b"PK\x03\x04" + bytes(100), "C355"),
        (make_bomb(), "C355"),
    ],
    ids=["png", "pdf", "binary", "zip", "bomb"],
)
def test_files_that_hold_no_note_are_refused(service, content, code):
    answer = service.client.post(
        "/v1/annotate",
        content=content,
        headers={"Content-Type": "application/octet-stream"},
    )
    check_problem(answer, 415, code)


def test_the_file_of_a_form_is_converted(service):
    files = {"file": ("qq.docx", make_docx("HPI: pain"))}
    record = service.client.post("/v1/annotate", files=files).json()
    assert record["text"].strip() == "HPI: pain"


@pytest.mark.parametrize("kind", ["text/json", "application/JSON; charset=utf-8", ""])
def test_json_may_have_other_names_or_a_mark(service, kind):
    body = b"\xef\xbb\xbf" + json.dumps({"text": NOTE}).encode()
    headers = {"Content-Type": kind}
    answer = service.client.post("/v1/annotate", content=body, headers=headers)
    assert answer.json()["text"] == NOTE


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "application/x-ndjson",
        "application/jsonl",
        "application/pdf",
        "image/png",
    ],
)
def test_bodies_that_would_be_taken_for_notes_are_refused(service, kind):
    body = json.dumps({"text": NOTE})
    headers = {"Content-Type": kind}
    answer = service.client.post("/v1/annotate", content=body, headers=headers)
    check_problem(answer, 415, "C935")


@pytest.mark.parametrize("path", ["annotate", "deidentify", "forms"])
def test_compressed_bodies_are_refused(service, path):
    body = gzip.compress(json.dumps({"text": NOTE}).encode())
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}
    answer = service.client.post(f"/v1/{path}", content=body, headers=headers)
    check_problem(answer, 415, "C934")
    assert answer.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (b"", 400, "C981", "line 1"),
        (b"{", 400, "C981", "line 1, column 1"),
        (b'{"text": "qqsecret', 400, "C981", "line 1"),
        (b'{"text": "\xff"}', 400, "C981", "line 1"),
        (b'{"text": "\\ud800"}', 400, "C981", "line 1"),
        (b"[" * 100_000, 400, "C981", "line 1"),
        (b'{"text": NaN}', 400, "C981", "line 1"),
        (b"[]", 422, "C982", "an object"),
        (b'"qqsecret"', 422, "C982", "an object"),
        (b"{}", 422, "C982", "'text' or 'notes'"),
        (b'{"text": "a", "notes": []}', 422, "C982", "'text' or 'notes'"),
        (b'{"text": 5}', 422, "C982", "'text' must be a string"),
        (b'{"text": null}', 422, "C982", "'text' must be a string"),
        (b'{"text": "a", "qqsecret": 1}', 422, "C982", "a key must be left out"),
        (b'{"text": "a", "id": 5}', 422, "C982", "'id' must be a string"),
        (b'{"text": "a", "meta": []}', 422, "C982", "'meta' must be an object"),
        (b'{"notes": {}}', 422, "C982", "'notes' must be a list"),
        (b'{"notes": []}', 422, "C982", "1 to 1000 notes"),
        (b'{"notes": [{"text": "a"}, 7]}', 422, "C982", "'notes[1]' must be an object"),
        (b'{"text": "qqsecret", "text": "a"}', 400, "C936", "twice"),
        (b'{"notes": [{"text": "a", "meta": {"b": 1, "b": 1}}]}', 400, "C936", "twice"),
        (b'{"notes": [{"id": "a"}]}', 422, "C982", "'notes[0].text' must be given"),
    ],
)
def test_broken_bodies_get_a_problem_that_names_the_place(
    service, body, status, code, words
):
    answer = service.client.post(
        "/v1/annotate", content=body, headers={"Content-Type": JSON}
    )
    detail = check_problem(answer, status, code)
    assert words in detail
    assert "qqsecret" not in answer.text


def test_identifiers_are_removed(service):
    text = "Pt: QUILL, JANE. MRN: 1234567. Mrs. Quill has pain."
    answer = service.client.post(
        "/v1/deidentify", json={"text": text, "id": "n1", "offsets": True}
    )
    record = answer.json()
    assert record["error"] is None
    assert "QUILL" not in answer.text
    assert "Quill" not in answer.text
    assert record["text"].endswith("has pain.")
    assert record["offsets"]
    body = {"notes": [{"text": text}] * 2, "mode": {"PATIENT": "mask", "*": "tag"}}
    notes = service.client.post("/v1/deidentify", json=body).json()["notes"]
    assert [note["text"].count("*") > 5 for note in notes] == [True, True]


def test_a_note_that_fails_is_not_sent_in_the_clear(service):
    text = f"Pt: QUILL, JANE. {FAILING}"
    answer = service.client.post("/v1/deidentify", json={"text": text})
    assert answer.json()["text"] == ""
    assert answer.json()["error"] is not None
    assert "QUILL" not in answer.text


def test_modes_that_there_are_not_are_refused(service):
    answer = service.client.post("/v1/deidentify", json={"text": "a", "mode": "hide"})
    check_problem(answer, 422, "C890")
    assert OneCleanIn.model_fields["mode"].default is None


@pytest.fixture(scope="module")
def asking():
    """A service whose pipeline answers questions: one of its own, and those of callers."""
    nlp = make_nlp()
    retrieval = {"@architectures": "spacy-clinical.SentenceRetrieval.v1"}
    questions = {"smoking": "Does the patient smoke?"}
    config = {"model": retrieval, "questions": questions}
    nlp.add_pipe("clinical_qa", config=config)
    with run_service(nlp) as running:
        yield running


SOCIAL = "HPI:\nHe has pain.\n\nSOCIAL HISTORY:\nFormer smoker. He drinks wine.\n"


def test_questions_are_answered(asking):
    body = {"text": SOCIAL, "question": "What does he drink?", "id": "n1"}
    record = asking.client.post("/v1/ask", json=body).json()
    [answer] = record["answers"]
    assert (answer["asked"], answer["text"]) == (body["question"], "He drinks wine.")
    assert SOCIAL[answer["start_char"] : answer["end_char"]] == answer["text"]
    assert (record["id"], record["error"]) == ("n1", None)
    body |= {"sections": ["history_of_present_illness"], "top_k": 2}
    [answer] = asking.client.post("/v1/ask", json=body).json()["answers"]
    assert answer["text"] == ""
    body["question"] = "Does he have pain?"
    [answer] = asking.client.post("/v1/ask", json=body).json()["answers"]
    assert answer["section"] == "history_of_present_illness"


def test_a_question_that_fails_says_so_without_the_note(asking, monkeypatch):
    def fail(doc, *args, **kwargs):
        raise ValueError(doc.text)

    qa = asking.engine.loaded.nlp.get_pipe("clinical_qa")
    monkeypatch.setattr(qa, "ask", fail, raising=False)
    body = {"text": SOCIAL, "question": "What does he drink?"}
    record = asking.client.post("/v1/ask", json=body).json()
    assert record["answers"] == []
    assert record["error"]["component"] == "clinical_qa"
    assert "wine" not in record["error"]["message"]


def test_a_question_without_words_is_an_error_of_that_note(asking):
    body = {"text": SOCIAL, "question": "  "}
    record = asking.client.post("/v1/ask", json=body).json()
    assert record["error"]["code"] == "C962"


@pytest.mark.parametrize(
    "body",
    [
        {"text": NOTE},
        {"text": NOTE, "question": ""},
        {"text": NOTE, "question": "a", "top_k": 0},
        {"text": NOTE, "question": "a", "top_k": "2"},
        {"question": "a"},
    ],
)
def test_questions_that_can_not_be_used_are_refused(asking, body):
    check_problem(asking.client.post("/v1/ask", json=body), 422, "C982")


def test_paths_need_their_components(service, asking):
    body = {"text": NOTE, "question": "What?"}
    detail = check_problem(service.client.post("/v1/ask", json=body), 404, "C989")
    assert "clinical_qa" in detail
    answer = asking.client.post("/v1/deidentify", json={"text": NOTE})
    assert "clinical_deidentifier" in check_problem(answer, 404, "C989")
    check_problem(asking.client.post("/v1/forms", content=b"x"), 404, "C989")


def test_unknown_paths_and_methods_get_a_problem(service):
    check_problem(service.client.get("/Jane%20Roe"), 404, "C988")
    check_problem(service.client.get("/docs/"), 404, "C988")
    answer = service.client.get("/v1/annotate")
    check_problem(answer, 405, "C988")
    assert answer.headers["allow"] == "POST"


def test_a_long_note_is_annotated():
    text = "HPI: chest pain without fever. " * 65_000
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    with run_service(nlp, max_note=len(text)) as running:
        answer = annotate(running, {"text": text})
        assert answer.json()["n_chars"] == len(text) > 2_000_000
        assert answer.json()["error"] is None


def test_limits_on_size_hold_while_the_body_arrives():
    with run_service(make_nlp(), max_body=100_000, max_notes=3) as running:
        n_sent = 0

        def send():
            nonlocal n_sent
            for _ in range(1000):
                n_sent += 100_000
                yield b" " * 100_000

        large = running.client.post("/v1/annotate", content=b" " * 100_001)
        assert "--max-body" in check_problem(large, 413, "C980")
        # Without a declared length, it is refused where the limit is.
        streamed = running.client.post("/v1/annotate", content=send())
        check_problem(streamed, 413, "C980")
        too_many = annotate(running, {"notes": [{"text": "a"}] * 4})
        assert "1 to 3 notes" in check_problem(too_many, 422, "C982")
        assert annotate(running, {"text": "a"}).status_code == 200


def test_a_note_may_be_too_long():
    with run_service(make_nlp(), max_note=1000) as running:
        for asked in (
            {"json": {"text": "a" * 1001}},
            {"json": {"notes": [{"text": "a"}, {"text": "a" * 1001}]}},
            {"content": b"a " * 600, "headers": {"Content-Type": "text/plain"}},
        ):
            answer = running.client.post("/v1/annotate", **asked)
            assert "--max-note" in check_problem(answer, 413, "C982")
        assert annotate(running, {"text": "a" * 1000}).status_code == 200


def test_a_hundred_megabytes_are_refused_and_not_kept(service):
    with httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client:
        for _ in range(3):
            answer = client.post(
                "/v1/annotate",
                content=b'{"text": "' + b"x" * 100_000_000,
                headers={"Content-Type": JSON},
            )
            check_problem(answer, 413, "C980")
