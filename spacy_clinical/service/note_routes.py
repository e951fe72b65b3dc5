"""The paths for notes: annotate, deidentify, ask."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from spacy_clinical.errors import Errors
from spacy_clinical.scale.clean import FINDER
from spacy_clinical.service.accept import (
    FHIR,
    FHIR_NDJSON,
    HTML,
    JSON,
    NDJSON,
    choose_type,
)
from spacy_clinical.service.descriptions import ANNOTATE, ASK, DEIDENTIFY
from spacy_clinical.service.engine import Engine
from spacy_clinical.service.loaded import QA
from spacy_clinical.service.parse import convert_file, make_notes, parse
from spacy_clinical.service.problems import Problem, get_request_id
from spacy_clinical.service.respond import choose_writer, respond, write_record
from spacy_clinical.service.schemas import (
    CleanIn,
    NoteIn,
    NotesIn,
    OneCleanIn,
    QuestionIn,
    parse_body,
)
from spacy_clinical.service.service import Service, get_service
from spacy_clinical.service.uploads import FILE, choose_kind, find_file
from spacy_clinical.service.work import Annotation, Cleaning, Order, Question, Questions
from spacy_clinical.types import Note

router = APIRouter()
# Of JSON, by the field that tells them apart.
NOTE_SHAPES: dict[str, type[NoteIn | NotesIn]] = {"text": NoteIn, "notes": NotesIn}
CLEAN_SHAPES: dict[str, type[OneCleanIn | CleanIn]] = {
    "text": OneCleanIn,
    "notes": CleanIn,
}
OF_NOTES = (JSON, NDJSON, FHIR, FHIR_NDJSON)
OF_NOTE = (*OF_NOTES, HTML)
Components = Annotated[
    list[str] | None,
    Query(
        alias="component",
        description="The components to run; repeat it for several. Without it, those "
        "that are enabled.",
    ),
]


@router.post("/v1/annotate", **ANNOTATE)
async def annotate(request: Request, component: Components = None) -> Response:
    """Find sections, entities and codes in one note or many."""
    service = get_service(request)
    engine = service.engine
    engine.check_room()
    notes, is_single = await _read_notes(request, service)
    accept = request.headers.get("accept", "")
    media_type = choose_type(accept, OF_NOTE if is_single else OF_NOTES)
    loaded = engine.loaded
    names = loaded.enabled if component is None else _choose(component, loaded.names)
    write = choose_writer(media_type, loaded.title)
    orders = [Order(note, write) for note in notes]
    ask = engine.submit(Annotation(names), orders)
    return await respond(request, engine, ask, media_type, is_single=is_single)


@router.post("/v1/deidentify", **DEIDENTIFY)
async def deidentify(request: Request) -> Response:
    """Replace the identifiers of one note or many."""
    service = get_service(request)
    engine = service.engine
    if not engine.loaded.finding:
        raise Problem(404, Errors.C989.format(name=FINDER))
    engine.check_room()
    async with service.read_body(request) as body:
        asked = await parse(body, lambda data: parse_body(data, CLEAN_SHAPES))
    media_type = choose_type(request.headers.get("accept", ""), (JSON, NDJSON))
    is_single = isinstance(asked, OneCleanIn)
    items = asked.notes if isinstance(asked, CleanIn) else [asked.make_note()]
    notes = _number(items, request, engine)
    modes = asked.mode
    work = Cleaning(
        engine.key,
        tuple(sorted(modes.items())) if isinstance(modes, dict) else modes,
        asked.preset,
        tuple(asked.keep),
        asked.offsets,
    )
    work.make_modes(engine.loaded)
    ask = engine.submit(work, [Order(note, write_record) for note in notes])
    return await respond(request, engine, ask, media_type, is_single=is_single)


@router.post("/v1/ask", **ASK)
async def ask(request: Request) -> Response:
    """Answer a question about a note, with the places that say so."""
    service = get_service(request)
    engine = service.engine
    loaded = engine.loaded
    if not loaded.qa:
        raise Problem(404, Errors.C989.format(name=QA))
    engine.check_room()
    async with service.read_body(request) as body:
        asked = await parse(body, lambda data: parse_body(data, {"text": QuestionIn}))
    choose_type(request.headers.get("accept", ""), (JSON,))
    [note] = _number([NoteIn(text=asked.text, id=asked.id)], request, engine)
    question = Question(asked.question, asked.sections or None, asked.top_k)
    work = Questions(loaded.enabled)
    waiting = engine.submit(work, [Order(note, write_record, question)])
    return await respond(request, engine, waiting, JSON, is_single=True)


async def _read_notes(request: Request, service: Service) -> tuple[list[Note], bool]:
    """Read the notes of a request, as JSON or as a file.

    RETURNS: The notes, and whether it is one by itself.
    RAISES Problem: C935, if it can be neither.
    """
    kind = choose_kind(request.headers.get("content-type", ""))
    async with service.read_body(request) as body:
        if kind == FILE:
            request_id = get_request_id(request.scope)
            file = await find_file(body, request.headers)
            note = await parse(file, lambda data: convert_file(data, request_id))
            return [note], True
        asked = await parse(body, lambda data: parse_body(data, NOTE_SHAPES))
    if isinstance(asked, NotesIn):
        return _number(asked.notes, request, service.engine), False
    return _number([asked], request, service.engine), True


def _number(items: Sequence[NoteIn], request: Request, engine: Engine) -> list[Note]:
    request_id = get_request_id(request.scope)
    return make_notes(items, request_id, max_notes=engine.settings.max_notes)


def _choose(names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Choose components by their names; an empty name is none.

    RAISES Problem: C991, if there are no such components.
    """
    wanted = {name for name in names if name}
    if not wanted <= set(known):
        raise Problem(422, Errors.C991.format(available=", ".join(known)))
    return tuple(name for name in known if name in wanted)
