"""Middleware that every request passes first: its id, who calls, and how the answer is
sent."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spacy_clinical.errors import Errors
from spacy_clinical.service.metrics import Metrics
from spacy_clinical.service.problems import Problem, make_problem, make_response
from spacy_clinical.service.settings import Settings

REQUEST_ID = "X-Request-ID"
# Whoever calls: probes, and the page with its parts, which hold nothing.
OPEN_PATHS = frozenset({"/", "/healthz", "/readyz", "/docs", "/openapi.json"})
OPEN_PREFIX = "/static/"
# Of answers that are no pages.
NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Content-Security-Policy": NO_CONTENT_POLICY,
}
LOCAL_NAME = "localhost"
# Other methods could be any word.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
# The answer to a caller that is gone before it was sent, as nginx counts it.
GONE = 499
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_access = logging.getLogger("spacy_clinical.service.access")


class Guard:
    """Checks requests, adds headers to answers, counts and logs both.

    The log has no body, no query, and no path but those of the service.

    app: What answers.
    is_ready: Whether the service takes requests.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        metrics: Metrics,
        is_ready: Callable[[], bool],
    ) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics
        self.is_ready = is_ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        headers = Headers(scope=scope)
        request_id = _get_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id)
        self.metrics.open.inc()
        try:
            try:
                self._check(scope, headers)
                await self.app(scope, receive, answer.send)
            except ClientDisconnect:
                answer.status = GONE
            except anyio.get_cancelled_exc_class():
                answer.status = answer.status or GONE
                raise
            except Exception as error:
                problem = make_problem(error, scope)
                if answer.status:
                    # What is sent so far looks whole unless the connection breaks.
                    raise _BrokenAnswerError from None
                response = make_response(problem, scope)
                await response(scope, receive, answer.send)
        finally:
            self.metrics.open.dec()
            self._count(scope, answer, request_id, time.perf_counter() - start)

    def _check(self, scope: Scope, headers: Headers) -> None:
        """Check who calls.

        RAISES Problem: C986, C992 and C996.
        """
        if self.settings.check_host and not _is_local(headers):
            raise Problem(403, Errors.C996)
        path = scope["path"]
        if path in OPEN_PATHS or path.startswith(OPEN_PREFIX):
            return
        token = self.settings.token
        given = headers.get("authorization", "").encode("latin-1", "replace")
        if token is not None and not token.is_in(given):
            raise Problem(401, Errors.C986, {"WWW-Authenticate": "Bearer"})
        if not self.is_ready():
            raise Problem(503, Errors.C992, {"Retry-After": "5"})

    def _count(
        self, scope: Scope, answer: "_Answer", request_id: str, seconds: float
    ) -> None:
        route = getattr(scope.get("route"), "path", OTHER) or OTHER
        method = scope["method"] if scope["method"] in METHODS else OTHER
        status = answer.status or 500
        self.metrics.count_request(route, method, status, seconds)
        code = scope["state"].get("problem_code")
        if code:
            self.metrics.failures.labels(code).inc()
        _access.info(
            "%s %s %s %d %d bytes %.0f ms",
            *(request_id, method, route, status, answer.n_bytes, seconds * 1000),
        )


class _BrokenAnswerError(Exception):
    """An answer that can't be sent to its end."""


class _Answer:
    """Sends an answer with the headers of all answers.

    status: None before it is sent.
    """

    def __init__(self, send: Send, request_id: str) -> None:
        self.status: int | None = None
        self.n_bytes = 0
        self._send = send
        self._request_id = request_id

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = self._request_id
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        elif message["type"] == "http.response.body":
            self.n_bytes += len(message.get("body", b""))
        await self._send(message)


def _get_id(headers: Headers) -> str:
    """Get the id of a request: the caller's, if it is one."""
    given = headers.get(REQUEST_ID, "")
    return given if _ID.fullmatch(given) else uuid.uuid4().hex


def _is_local(headers: Headers) -> bool:
    """Check that a request isn't made by the page of another site.

    Pages may send requests to this machine, and read the answers if their site's name
    leads here (DNS rebinding).
    """
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    try:
        name = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        return name == LOCAL_NAME or ip_address(name).is_loopback
    except ValueError:
        return False
