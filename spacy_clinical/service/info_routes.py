"""The paths that say how the service is, what it can do, and how to use it."""

from typing import Any

from fastapi import APIRouter, Request, Response

from spacy_clinical.errors import Errors
from spacy_clinical.service.descriptions import METRICS, PIPELINE, PROBE
from spacy_clinical.service.metrics import CONTENT_TYPE
from spacy_clinical.service.pages import PAGE_HEADERS, make_docs, make_page, read_static
from spacy_clinical.service.problems import Problem
from spacy_clinical.service.schemas import ComponentOut, PipelineOut
from spacy_clinical.service.service import get_service

router = APIRouter()


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", **PROBE)
async def check_health() -> dict[str, str]:
    """Say that the process runs."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", **PROBE)
async def check_readiness(request: Request) -> dict[str, str]:
    """Say whether requests are taken: not while the service starts or stops."""
    if not get_service(request).engine.is_ready:
        raise Problem(503, Errors.C992, {"Retry-After": "5"})
    return {"status": "ok"}


@router.get("/metrics", **METRICS)
async def send_metrics(request: Request) -> Response:
    """Send counts and times for Prometheus. None is made of what was sent."""
    return Response(get_service(request).metrics.write(), media_type=CONTENT_TYPE)


@router.get("/v1/pipeline", **PIPELINE)
async def describe_pipeline(request: Request) -> PipelineOut:
    """Describe the components of the pipeline, what they are made of, and the limits."""
    service = get_service(request)
    loaded, settings = service.engine.loaded, service.settings
    paths = {
        "/v1/annotate": True,
        "/v1/forms": service.engine.form_nlp is not None,
        "/v1/deidentify": bool(loaded.finding),
        "/v1/ask": bool(loaded.qa),
    }
    meta: dict[str, Any] = loaded.nlp.meta
    return PipelineOut(
        name=f"{meta['lang']}_{meta['name']}",
        version=meta["version"],
        components=[ComponentOut(**facts) for facts in loaded.components],
        provenance=loaded.example["provenance"],
        paths=[path for path, is_there in paths.items() if is_there],
        limits={
            "max_body": settings.max_body,
            "max_upload": settings.max_upload,
            "max_notes": settings.max_notes,
            "max_note": settings.max_note,
            "max_pages": settings.max_pages,
        },
    )


@router.head("/", include_in_schema=False)
@router.get("/", include_in_schema=False)
async def send_page() -> Response:
    """Send the page to try the service with."""
    return Response(make_page(), media_type="text/html", headers=PAGE_HEADERS)


@router.get("/docs", include_in_schema=False)
async def send_docs(request: Request) -> Response:
    """Send the page that describes all paths."""
    docs = make_docs(request.app.openapi())
    return Response(docs, media_type="text/html", headers=PAGE_HEADERS)


@router.get("/openapi.json", include_in_schema=False)
async def send_openapi(request: Request) -> dict[str, Any]:
    """Send the description of all paths."""
    schema: dict[str, Any] = request.app.openapi()
    return schema


@router.get("/static/{name}", include_in_schema=False)
async def send_static(name: str) -> Response:
    """Send a part of the page."""
    content, media_type = read_static(name)
    return Response(content, media_type=media_type)
