"""Read bodies of requests: within limits that hold while they arrive."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.requests import Request

from spacy_clinical.errors import Errors
from spacy_clinical.service.problems import Problem

# Seconds after which a caller should try again, where the work isn't known.
RETRY_AFTER = 5


class BodyReader:
    """Reads bodies into memory, never into files.

    max_held (bytes): Of the bodies of all requests together.
    timeout (seconds): For one body.
    """

    def __init__(self, *, max_held: int, timeout: float) -> None:
        self.max_held = max_held
        self.timeout = timeout
        self.n_held = 0

    @asynccontextmanager
    async def read(
        self, request: Request, *, limit: int, option: str
    ) -> AsyncIterator[bytes]:
        """Read a body. It counts as held until the context ends.

        limit (bytes): Of this body.
        option: Of the command line, which makes the limit larger.
        RAISES Problem: C980, if it is too large; C983, if all bodies together are;
            C984, if it comes too slowly; C934, if it is compressed.
        """
        encoding = request.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity"):
            raise Problem(415, Errors.C934, {"Accept-Encoding": "identity"})
        too_large = Problem(413, Errors.C980.format(limit=limit, option=option))
        declared = request.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared) > limit:
            raise too_large
        parts: list[bytes] = []
        n_read = 0
        try:
            try:
                with anyio.fail_after(self.timeout):
                    async for part in request.stream():
                        n_read += len(part)
                        self.n_held += len(part)
                        if n_read > limit:
                            raise too_large
                        if self.n_held > self.max_held:
                            raise make_busy("the bodies that it holds", RETRY_AFTER)
                        parts.append(part)
            except TimeoutError:
                seconds = f"{self.timeout:g}"
                raise Problem(408, Errors.C984.format(seconds=seconds)) from None
            yield b"".join(parts)
        finally:
            self.n_held -= n_read


async def wait_until_gone(request: Request) -> None:
    """Wait until a caller has closed its connection. Its body must have been read."""
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return


def make_busy(what: str, seconds: int) -> Problem:
    """Make the problem of a request that there is no room for.

    what: That there is too much of.
    seconds: After which to try again.
    """
    message = Errors.C983.format(what=what, seconds=seconds)
    return Problem(429, message, {"Retry-After": str(seconds)})
