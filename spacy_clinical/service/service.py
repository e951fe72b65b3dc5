"""State that the paths of a service share."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from spacy_clinical.service.bodies import BodyReader
from spacy_clinical.service.engine import Engine
from spacy_clinical.service.metrics import Metrics
from spacy_clinical.service.settings import Settings


@dataclass(frozen=True)
class Service:
    """The parts of a service."""

    engine: Engine
    settings: Settings
    metrics: Metrics
    bodies: BodyReader

    def read_body(self, request: Request) -> AbstractAsyncContextManager[bytes]:
        """Read the body of a request with notes.

        RAISES Problem: As `BodyReader.read`.
        """
        limit = self.settings.max_body
        return self.bodies.read(request, limit=limit, option="--max-body")

    def read_upload(self, request: Request) -> AbstractAsyncContextManager[bytes]:
        """Read the body of a request with a form.

        RAISES Problem: As `BodyReader.read`.
        """
        limit = self.settings.max_upload
        return self.bodies.read(request, limit=limit, option="--max-upload")


def get_service(request: Request) -> Service:
    """Get the parts of the service that a request was made to."""
    return cast(Service, request.app.state.service)
