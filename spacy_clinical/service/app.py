"""The service as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from spacy_clinical.errors import Errors
from spacy_clinical.service import form_routes, info_routes, note_routes
from spacy_clinical.service.bodies import BodyReader
from spacy_clinical.service.engine import Engine
from spacy_clinical.service.guard import Guard
from spacy_clinical.service.loaded import Loaded
from spacy_clinical.service.openapi import make_openapi
from spacy_clinical.service.problems import Problem, make_problem, make_response
from spacy_clinical.service.service import Service


def create_app(engine: Engine) -> FastAPI:
    """Make the application of a service.

    engine: With the pipelines, which it starts and stops.
    """
    settings, metrics = engine.settings, engine.metrics

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        engine.start()
        yield
        await engine.stop()

    app = FastAPI(
        lifespan=run,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # Redirects would lead to whatever name the header Host gives.
        redirect_slashes=False,
    )
    bodies = BodyReader(max_held=settings.max_held, timeout=settings.read_timeout)
    app.state.service = Service(engine, settings, metrics, bodies)
    for routes in (note_routes, form_routes, info_routes):
        app.include_router(routes.router)
    app.add_middleware(
        Guard,
        settings=settings,
        metrics=metrics,
        is_ready=lambda: engine.is_ready,
    )
    app.add_exception_handler(Exception, _answer)
    app.add_exception_handler(Problem, _answer)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_query)
    described: dict[str, Any] = {}
    of: Loaded | None = None

    def describe() -> dict[str, Any]:
        nonlocal described, of
        # Again for a pipeline that was loaded meanwhile.
        if of is not engine.loaded:
            of, described = engine.loaded, make_openapi(app, engine)
        return described

    app.openapi = describe  # type: ignore[method-assign]
    return app


async def _answer(request: Request, error: Exception) -> Response:
    return make_response(make_problem(error, request.scope), request.scope)


async def _answer_http(request: Request, error: Exception) -> Response:
    """Answer to a path or a method that there isn't."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = getattr(error, "headers", None)
    return make_response(Problem(status, Errors.C988, headers), request.scope)


async def _answer_query(request: Request, error: Exception) -> Response:
    """Answer to a query that can't be used, without quoting it."""
    names = {
        str(fault["loc"][-1])
        for fault in (
            error.errors() if isinstance(error, RequestValidationError) else ()
        )
    }
    known = sorted(names & {"ocr", "language", "component"})
    where = " and ".join(f"'{name}' in the query" for name in known) or "the query"
    message = Errors.C982.format(where=where, expected="as /docs describes it")
    return make_response(Problem(422, message), request.scope)
