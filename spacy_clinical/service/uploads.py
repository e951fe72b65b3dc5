"""The file of an upload: the body itself, or the one file of a form."""

import sys
from collections.abc import AsyncGenerator

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from spacy_clinical.errors import Errors
from spacy_clinical.service.problems import Problem

MULTIPART = "multipart/form-data"
MAX_FIELDS = 16


class _InMemory(MultiPartParser):
    """Keeps files in memory: those on a disk would hold what was sent."""

    spool_max_size = sys.maxsize


async def find_file(body: bytes, headers: Headers) -> bytes:
    """Find the file in the body of an upload.

    headers: Of the request.
    RAISES Problem: C982, if a form has no file, or several, or is broken.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MULTIPART:
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


async def _send(body: bytes) -> AsyncGenerator[bytes, None]:
    size = 1 << 20
    for start in range(0, len(body), size):
        yield body[start : start + size]


def _make_problem() -> Problem:
    where, expected = "the body", "a file, or a form with one file"
    return Problem(422, Errors.C982.format(where=where, expected=expected))
