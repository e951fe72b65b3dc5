"""Descriptions of the paths in OpenAPI. Examples are made when the service starts."""

from http import HTTPStatus
from typing import Any

from spacy_clinical.service.accept import FHIR, FHIR_NDJSON, HTML, JSON, NDJSON
from spacy_clinical.service.problems import PROBLEM_TYPE
from spacy_clinical.service.schemas import (
    CleanIn,
    NoteIn,
    NotesIn,
    OneCleanIn,
    ProblemOut,
    QuestionIn,
)

# Of what goes wrong, those that a path may answer beside its own.
_FAULTS = (400, 401, 403, 406, 408, 413, 415, 422, 429, 500, 503)


def _describe_faults(*statuses: int) -> dict[int | str, dict[str, Any]]:
    schema = {"$ref": f"#/components/schemas/{ProblemOut.__name__}"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def _describe(
    bodies: dict[str, Any], answers: tuple[str, ...], *, more: tuple[int, ...] = ()
) -> dict[str, Any]:
    """Describe a path that takes a body.

    bodies: Their schemas by media type.
    answers: Their media types.
    more: Statuses of its own problems.
    """
    content = {name: {"schema": schema} for name, schema in bodies.items()}
    sent: dict[str, Any] = {name: {"schema": {}} for name in answers}
    good: dict[int | str, dict[str, Any]] = {
        200: {"description": "Done", "content": sent}
    }
    return {
        "response_model": None,
        "responses": {**good, **_describe_faults(*sorted({*_FAULTS, *more}))},
        "openapi_extra": {"requestBody": {"required": True, "content": content}},
    }


def _one_of(*models: type[Any]) -> dict[str, Any]:
    return {"oneOf": [{"$ref": f"#/components/schemas/{m.__name__}"} for m in models]}


_FILE = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "properties": {"file": _FILE}, "required": ["file"]}
ANNOTATE = _describe(
    {
        JSON: _one_of(NoteIn, NotesIn),
        "text/plain": {"type": "string"},
        "application/octet-stream": _FILE,
        "multipart/form-data": _FORM,
    },
    (JSON, NDJSON, FHIR, FHIR_NDJSON, HTML),
)
DEIDENTIFY = _describe(
    {JSON: _one_of(OneCleanIn, CleanIn)}, (JSON, NDJSON), more=(404,)
)
ASK = _describe({JSON: _one_of(QuestionIn)}, (JSON,), more=(404,))
FORMS = _describe(
    {"application/pdf": _FILE, "image/*": _FILE, "multipart/form-data": _FORM},
    (JSON, HTML),
    more=(404, 501),
)
PIPELINE: dict[str, Any] = {"responses": _describe_faults(401, 403, 503)}
PROBE: dict[str, Any] = {"responses": _describe_faults(503)}
METRICS: dict[str, Any] = {
    "response_model": None,
    "responses": {
        200: {"description": "Done", "content": {"text/plain": {"schema": {}}}},
        **_describe_faults(401, 403),
    },
}
MODELS = (NoteIn, NotesIn, OneCleanIn, CleanIn, QuestionIn, ProblemOut)
