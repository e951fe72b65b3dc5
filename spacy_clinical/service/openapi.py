"""The OpenAPI description of a service, with examples that its pipeline made."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from spacy_clinical.about import __version__
from spacy_clinical.export.fhir import make_bundle
from spacy_clinical.files.json_text import read_json, write_json
from spacy_clinical.scale.workers import WARM_UP
from spacy_clinical.service.accept import FHIR, JSON
from spacy_clinical.service.descriptions import MODELS
from spacy_clinical.service.engine import Engine

TITLE = "spacy_clinical"
_REF = "#/components/schemas/{model}"


def make_openapi(app: FastAPI, engine: Engine) -> dict[str, Any]:
    """Describe the paths that the pipelines of a service can answer."""
    schema = get_openapi(
        title=TITLE,
        version=__version__,
        summary="Sections, entities, codes and form fields of clinical notes.",
        routes=app.routes,
    )
    _, models = models_json_schema(
        [(model, "validation") for model in MODELS], ref_template=_REF
    )
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas |= models["$defs"]
    if engine.settings.token is not None:
        scheme = {"type": "http", "scheme": "bearer"}
        schema["components"]["securitySchemes"] = {"token": scheme}
        schema["security"] = [{"token": []}]
    loaded, paths = engine.loaded, schema["paths"]
    _add_annotate(paths["/v1/annotate"]["post"], engine)
    is_there = {
        "/v1/forms": engine.form_nlp is not None,
        "/v1/deidentify": bool(loaded.finding),
        "/v1/ask": bool(loaded.qa),
    }
    for path in [path for path, there in is_there.items() if not there]:
        del paths[path]
    if loaded.finding:
        body = {"text": "Pt: QUILL, JANE. Seen 07/01/2019.", "mode": "tag"}
        _get_body(paths["/v1/deidentify"]["post"])[JSON]["example"] = body
    if loaded.qa:
        body = {"text": WARM_UP.text, "question": "What is the dose of aspirin?"}
        _get_body(paths["/v1/ask"]["post"])[JSON]["example"] = body
    return schema


def _add_annotate(path: dict[str, Any], engine: Engine) -> None:
    note = {"id": "note-1", "text": WARM_UP.text}
    _get_body(path)[JSON]["examples"] = {
        "one": {"summary": "One note", "value": note},
        "many": {
            "summary": "Several notes",
            "value": {"notes": [note, {"id": "note-2", "text": "PLAN:\nRest."}]},
        },
    }
    _get_body(path)["text/plain"]["example"] = WARM_UP.text
    # As plain data: records may hold tuples.
    record = read_json(write_json({**engine.loaded.example, "id": "note-1"}))
    answers = path["responses"]["200"]["content"]
    answers[JSON]["example"] = record
    bundle = make_bundle(record, subject=None, date="2026-01-31")
    answers[FHIR]["example"] = bundle


def _get_body(path: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = path["requestBody"]["content"]
    return content
