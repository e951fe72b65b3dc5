"""The limits of a service, and who may call it."""

from dataclasses import dataclass

from spacy_clinical.service.bearer import Token


@dataclass(frozen=True)
class Settings:
    """The settings of a service.

    token: What callers must show; None for no check.
    check_host: Whether requests from pages of other sites, or under other names than
        this machine's, are refused.
    max_body (bytes): Of a request with notes.
    max_upload (bytes): Of a request with a form.
    max_held (bytes): Of the bodies of all requests together.
    max_notes: In one request.
    max_note (characters): Of one note: what has begun isn't stopped when its caller goes.
    max_queue (tokens): Of the notes that wait. A single request may be larger if none
        does.
    max_forms: Forms that wait.
    max_pages: Of one form.
    max_connections: Open at once; more are told to try again.
    batch_tokens (tokens): Of the notes that are computed together.
    batch_wait (seconds): How long the first note of a batch waits for others.
    header_timeout (seconds): For the head of a request, and for what is left of a body
        that was refused.
    read_timeout (seconds): For its body.
    write_timeout (seconds): How long a caller may not read its answer.
    timeout (seconds): For the work on a request.
    """

    token: Token | None = None
    check_host: bool = False
    max_body: int = 10_000_000
    max_upload: int = 50_000_000
    max_held: int = 500_000_000
    max_notes: int = 1000
    max_note: int = 1_000_000
    max_queue: int = 2_000_000
    max_forms: int = 16
    max_pages: int = 100
    max_connections: int = 1000
    batch_tokens: int = 5000
    batch_wait: float = 0.01
    header_timeout: float = 10.0
    read_timeout: float = 30.0
    write_timeout: float = 60.0
    timeout: float = 300.0
