"""Describe what goes wrong with requests as RFC 9457 does: problem+json."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from spacy_clinical.errors import (
    CodedError,
    Errors,
    get_code,
    get_own_message,
    name_type,
)
from spacy_clinical.files.json_text import write_json

PROBLEM_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class Problem(Exception):
    """A request that isn't answered as asked.

    status: Of the answer.
    message: Of the catalog; it quotes nothing that was sent.
    headers: Of the answer.
    """

    def __init__(
        self, status: int, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})

    @property
    def code(self) -> str:
        """The code of the message."""
        return get_code(self.message)


def get_request_id(scope: Any) -> str:
    """Get the id of a request."""
    request_id: str = scope["state"]["request_id"]
    return request_id


def make_problem(error: BaseException, scope: Any) -> Problem:
    """Make a problem of any error.

    scope: Of the request. Its id is written to the log with the type of an unexpected
        error, whose message may quote what was sent.
    """
    if isinstance(error, Problem):
        return error
    message = get_own_message(error) if isinstance(error, CodedError) else None
    if message is not None:
        return Problem(422, message)
    kind = name_type(error)
    _log.error("%s failed with %s", get_request_id(scope), kind)
    return Problem(500, Errors.C995.format(kind=kind))


def make_response(problem: Problem, scope: Any) -> Response:
    """Make the answer to a request that has a problem.

    scope: Of the request. Its state gets the code, to be counted.
    """
    scope["state"]["problem_code"] = problem.code
    return Response(
        write_problem(problem, get_request_id(scope)),
        status_code=problem.status,
        headers=problem.headers,
        media_type=PROBLEM_TYPE,
    )


def write_problem(problem: Problem, request_id: str) -> bytes:
    """Write the body of an answer to a request that has a problem."""
    body: dict[str, Any] = {
        "type": f"urn:spacy-clinical:error:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.message,
        "code": problem.code,
        "instance": f"urn:spacy-clinical:request:{request_id}",
    }
    return write_json(body).encode("utf8")
