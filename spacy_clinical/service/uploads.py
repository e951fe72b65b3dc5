"""What a body is, and the file of an upload: the body itself, or that of a form."""

import re
import sys
from collections.abc import AsyncGenerator

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from spacy_clinical.errors import Errors
from spacy_clinical.service.accept import JSON
from spacy_clinical.service.problems import Problem

MULTIPART = "multipart/form-data"
MAX_FIELDS = 16
FILE = "file"
# What `curl -d` sends without a header is JSON that would be read as a note.
_NO_NOTES = re.compile(
    r"(?:image|audio|video|font)/.*"
    r"|application/(?:x-www-form-urlencoded|pdf|(?:x-)?(?:ndjson|jsonl|jsonlines)|json-seq)"
)
_JSON = re.compile(r"(?:application|text)/json|application/[^/]*\+json")


def choose_kind(content_type: str) -> str:
    """Choose how a body with notes is read, by its header Content-Type.

    RETURNS: `accept.JSON` or `FILE`.
    RAISES Problem: C935, if it can be neither.
    """
    kind = _get_type(content_type)
    if not kind or _JSON.fullmatch(kind):
        return JSON
    if _NO_NOTES.fullmatch(kind):
        raise Problem(415, Errors.C935)
    return FILE


class _InMemory(MultiPartParser):
    """Keeps files in memory: those on a disk would hold what was sent."""

    spool_max_size = sys.maxsize


async def find_file(body: bytes, headers: Headers) -> bytes:
    """Find the file in the body of an upload.

    headers: Of the request.
    RAISES Problem: C982, if a form has no file, or several, or is broken.
    """
    if _get_type(headers.get("content-type", "")) != MULTIPART:
        return body
    parser = _InMemory(headers, _send(body), max_files=1, max_fields=MAX_FIELDS)
    try:
        form = await parser.parse()
    # A boundary may be anything.
    except (MultiPartException, ValueError, LookupError):
        raise _make_problem() from None
    try:
        for _, value in form.multi_items():
            if isinstance(value, UploadFile):
                return await value.read()
    finally:
        await form.close()
    raise _make_problem()


def _get_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


async def _send(body: bytes) -> AsyncGenerator[bytes, None]:
    size = 1 << 20
    for start in range(0, len(body), size):
        yield body[start : start + size]


def _make_problem() -> Problem:
    where, expected = "the body", "a file, or a form with one file"
    return Problem(422, Errors.C982.format(where=where, expected=expected))
