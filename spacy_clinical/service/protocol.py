"""Connections to slow callers: each has its time, so that they don't add up."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from spacy_clinical.service.bodies import RETRY_AFTER, make_busy
from spacy_clinical.service.problems import PROBLEM_TYPE, write_problem
from spacy_clinical.service.settings import Settings

# Seconds that a connection stays open for a request that is on its way when the service
# ends.
LAST_CALL = 0.5


def _refuse(n_connections: int) -> bytes:
    """Make the answer on a connection that is one too many."""
    problem = make_busy(f"{n_connections} connections are open", RETRY_AFTER)
    body = write_problem(problem, uuid.uuid4().hex)
    head = (
        f"HTTP/1.1 {problem.status} Too Many Requests\r\nConnection: close\r\n"
        f"Retry-After: {RETRY_AFTER}\r\nContent-Type: {PROBLEM_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


def make_protocol(settings: Settings) -> type[asyncio.Protocol]:
    """Make the class of a service's connections."""

    class LimitedProtocol(H11Protocol):
        """A connection that is closed if its caller takes too long.

        uvicorn only limits the time between two requests.
        """

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._head, self._answer, self._end = _Timer(), _Timer(), _Timer()
            self._is_ending = False

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > settings.max_connections:
                transport.write(_refuse(settings.max_connections))
                transport.close()
                return
            self._watch_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch_head()
            if self._is_ending and not self._is_idle():
                self._end.stop()
                super().shutdown()

        def shutdown(self) -> None:
            """End when the request that is answered, or is on its way, is answered.

            A caller that hasn't heard of the end may be sending one.
            """
            self._is_ending = True
            if self._is_idle():
                self._end.start(LAST_CALL, self.transport.close)
            else:
                super().shutdown()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._answer.start(settings.write_timeout, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._answer.stop()

        def connection_lost(self, exc: Exception | None) -> None:
            self._head.stop()
            self._answer.stop()
            self._end.stop()
            super().connection_lost(exc)

        def _watch_head(self) -> None:
            """Give the head of a request its time; also the rest of a refused body."""
            if self._is_idle():
                self._head.start(settings.header_timeout, self.transport.close)
            else:
                self._head.stop()

        def _is_idle(self) -> bool:
            """Check that no request is being answered."""
            cycle: RequestResponseCycle | None = self.cycle
            return cycle is None or cycle.response_complete

    return cast(type[asyncio.Protocol], LimitedProtocol)


class _Timer:
    """Calls something after a while, unless it is stopped before."""

    def __init__(self) -> None:
        self._handle: asyncio.TimerHandle | None = None

    def start(self, seconds: float, call: Callable[[], Any]) -> None:
        """Start, unless it runs already."""
        if self._handle is None:
            loop = asyncio.get_running_loop()
            self._handle = loop.call_later(seconds, call)

    def stop(self) -> None:
        """Stop, if it runs."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
