"""Wait for the work on a request, and send it in the form that was asked for."""

import asyncio
import datetime
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from spacy_clinical.errors import Errors
from spacy_clinical.export.fhir import make_dated_bundle
from spacy_clinical.export.html import render_note
from spacy_clinical.files.json_text import write_json
from spacy_clinical.service.accept import FHIR, FHIR_NDJSON, HTML, JSON, NDJSON
from spacy_clinical.service.batches import Ask
from spacy_clinical.service.bodies import wait_until_gone
from spacy_clinical.service.engine import Engine
from spacy_clinical.service.problems import Problem
from spacy_clinical.service.work import Answer

T = TypeVar("T")
# Of the metadata of a note: what FHIR needs of it.
SUBJECT_KEY, DATE_KEY = "patient_id", "note_date"
# What a browser may do with an answer that is a page: show it.
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def choose_writer(media_type: str, title: str) -> Callable[[Mapping[str, Any]], bytes]:
    """Choose what writes the record of a note.

    title: Name and version of the pipeline, for pages.
    """
    if media_type in (FHIR, FHIR_NDJSON):
        return write_bundle
    if media_type == HTML:
        return lambda record: write_page(record, title)
    return write_record


def write_record(record: Mapping[str, Any]) -> bytes:
    """Write a record as JSON on one line."""
    return _encode(write_json(record, ensure_ascii=False, separators=(",", ":")))


def write_bundle(record: Mapping[str, Any]) -> bytes:
    """Write a record as a FHIR Bundle, in JSON on one line."""
    day = datetime.date.today().isoformat()
    bundle = make_dated_bundle(
        record, date=day, subject_key=SUBJECT_KEY, date_key=DATE_KEY
    )
    return _encode(write_json(bundle, ensure_ascii=False, separators=(",", ":")))


def write_page(record: Any, title: str) -> bytes:
    """Write the page of a record, as `annotate` draws it."""
    return _encode(render_note(record, model=title))


def _encode(text: str) -> bytes:
    # Half of a surrogate pair can't be sent.
    return text.encode("utf8", "replace")


async def respond(
    request: Request,
    engine: Engine,
    ask: Ask[Answer],
    media_type: str,
    *,
    is_single: bool,
) -> Response:
    """Send the answers to a request.

    is_single: Whether it was for one note, which is then sent by itself.
    RAISES Problem: C985, if the work takes too long.
    """
    if media_type in (NDJSON, FHIR_NDJSON):
        lines = _stream(engine, ask)
        return StreamingResponse(lines, media_type=media_type)
    answers = await collect(request, engine, ask)
    if is_single:
        content = answers[0].body
        media_type = media_type if answers[0].is_written else JSON
    elif media_type == FHIR:
        entries = b",".join(b'{"resource":' + one.body + b"}" for one in answers)
        start = b'{"resourceType":"Bundle","type":"collection"'
        # FHIR has no empty lists.
        content = start + (b',"entry":[' + entries + b"]" if entries else b"") + b"}"
    else:
        bodies = b",".join(answer.body for answer in answers)
        content = b'{"notes":[' + bodies + b"]}"
    headers = {"Content-Security-Policy": PAGE_POLICY} if media_type == HTML else {}
    return Response(content, media_type=media_type, headers=headers)


async def collect(request: Request, engine: Engine, ask: Ask[Answer]) -> list[Answer]:
    """Wait for all answers, and drop the work if the caller goes.

    RAISES Problem: C985, if it takes too long.
    RAISES ClientDisconnect: If the caller is gone.
    """
    try:
        results = await run_until_gone(
            request, _wait_for_all(ask), engine.settings.timeout
        )
    finally:
        engine.drop(ask)
    return [_check(result) for result in results]


async def run_until_gone(request: Request, work: Awaitable[T], timeout: float) -> T:
    """Wait for work, unless the caller goes, or it takes too long.

    timeout (seconds): For the work.
    RAISES Problem: C985, if it takes longer.
    RAISES ClientDisconnect: If the caller is gone.
    """
    doing = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(wait_until_gone(request))
    try:
        await asyncio.wait(
            {doing, gone}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if doing.done():
            return doing.result()
        if gone.done():
            raise ClientDisconnect
        raise _make_late(timeout)
    finally:
        doing.cancel()
        gone.cancel()


async def _wait_for_all(ask: Ask[Answer]) -> list[Answer | Exception]:
    return [await result for result in ask.results]


async def _stream(engine: Engine, ask: Ask[Answer]) -> AsyncIterator[bytes]:
    """Send answers as they come, each on a line."""
    end = time.monotonic() + engine.settings.timeout
    try:
        for result in ask.results:
            await asyncio.wait({result}, timeout=end - time.monotonic())
            if not result.done():
                raise _make_late(engine.settings.timeout)
            yield _check(result.result()).body + b"\n"
    finally:
        engine.drop(ask)


def _check(result: Answer | Exception) -> Answer:
    if isinstance(result, Exception):
        raise result
    return result


def _make_late(seconds: float) -> Problem:
    message = Errors.C985.format(seconds=f"{seconds:g}")
    return Problem(503, message, {"Retry-After": "60"})
