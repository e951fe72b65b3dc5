"""Make notes of the bodies of requests."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from anyio import to_thread

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.notes.markup import convert_bytes
from spacy_clinical.service.problems import Problem
from spacy_clinical.service.schemas import NoteIn
from spacy_clinical.types import Note

T = TypeVar("T")
# Larger bodies are parsed on a thread, so that other requests don't wait.
MAX_INLINE = 50_000
# Of notes that came in a request.
SOURCE = "request"


async def parse(body: bytes, parser: Callable[[bytes], T]) -> T:
    """Parse a body off the event loop, if it is large."""
    if len(body) <= MAX_INLINE:
        return parser(body)
    return await to_thread.run_sync(parser, body)


def make_notes(
    items: Sequence[NoteIn], request_id: str, *, max_notes: int
) -> list[Note]:
    """Make notes of JSON.

    request_id: What the ids of notes without one are made of.
    max_notes: In one request.
    RAISES Problem: C982, if there are none or too many.
    """
    if not 1 <= len(items) <= max_notes:
        expected = f"a list of 1 to {max_notes} notes"
        raise Problem(422, Errors.C982.format(where="'notes'", expected=expected))
    return [
        Note(item.id or f"{request_id}:{number}", item.text, item.meta, SOURCE)
        for number, item in enumerate(items, start=1)
    ]


def convert_file(body: bytes, request_id: str) -> Note:
    """Make a note of a file of text, HTML, CDA, HL7, RTF or DOCX, in any encoding.

    RAISES Problem: C303 to C357, with the status 415, if it is no such file.
    """
    try:
        converted = convert_bytes(body, source="the note")
    except CodedValueError as error:
        raise Problem(415, error.message) from None
    return converted.make_note(f"{request_id}:1", {}, SOURCE)
