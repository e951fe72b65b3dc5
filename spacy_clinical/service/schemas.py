"""Schemas of requests and answers, for checks and for OpenAPI."""

import codecs
import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import pydantic_core
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from spacy_clinical.errors import Errors
from spacy_clinical.service.problems import Problem

M = TypeVar("M", bound=BaseModel)
# By pydantic's types of errors; others are named by the type alone.
_EXPECTED = {
    "string_type": "a string",
    "list_type": "a list",
    "dict_type": "an object",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "missing": "given",
    "extra_forbidden": "left out",
    "model_type": "an object",
    "too_short": "not empty",
    "string_too_short": "not empty",
    "too_long": "shorter",
    "string_too_long": "shorter",
    "greater_than_equal": "larger",
    "less_than_equal": "smaller",
}
_NOTE = "HPI:\nA 63-year-old man with chest pain. He denies fever.\n\nMEDICATIONS: aspirin 81 mg daily"


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class NoteIn(_Strict):
    """A note."""

    text: Annotated[str, Field(description="The note.", examples=[_NOTE])]
    id: Annotated[
        str, Field(description="Of the note; made of the request's id if empty.")
    ] = ""
    meta: Annotated[
        dict[str, JsonValue],
        Field(description="Anything else about the note, such as its date."),
    ] = {}


class NotesIn(_Strict):
    """Notes."""

    notes: list[NoteIn]


class _CleanOptions(_Strict):
    mode: Annotated[
        str | dict[str, str] | None,
        Field(
            description="tag, numbered, mask, surrogate, shift, generalize or keep; or "
            "one for each label or kind."
        ),
    ] = None
    preset: Annotated[str | None, Field(description="safe_harbor or strict.")] = None
    keep: Annotated[list[str], Field(description="Labels and kinds to keep.")] = []
    offsets: Annotated[
        bool, Field(description="Whether to say where the replaced parts were.")
    ] = False


class OneCleanIn(NoteIn, _CleanOptions):
    """A note, and what to do with its identifiers."""

    def make_note(self) -> NoteIn:
        """Get the note alone."""
        return NoteIn(text=self.text, id=self.id, meta=self.meta)


class CleanIn(NotesIn, _CleanOptions):
    """Notes, and what to do with their identifiers."""


class QuestionIn(_Strict):
    """A question about a note."""

    text: Annotated[str, Field(description="The note.", examples=[_NOTE])]
    question: Annotated[
        str, Field(min_length=1, max_length=2000, examples=["What dose of aspirin?"])
    ]
    id: str = ""
    sections: Annotated[
        list[str], Field(description="Labels of sections to look in; empty for all.")
    ] = []
    top_k: Annotated[int, Field(ge=1, le=50, description="Number of answers.")] = 1


class ProblemOut(BaseModel):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str


class ComponentOut(BaseModel):
    """A component of the pipeline."""

    name: str
    factory: str
    enabled: bool
    labels: list[str]


class PipelineOut(BaseModel):
    """The pipeline, and what this service can do."""

    name: str
    version: str
    components: list[ComponentOut]
    provenance: dict[str, Any]
    paths: list[str]
    limits: dict[str, int]


def parse_body(body: bytes, models: Mapping[str, type[M]]) -> M:
    """Parse JSON of one of several shapes.

    models: By the field that tells them apart.
    RAISES Problem: C981, if it is no JSON; C936, if it has a key twice; C982, if it has no
        such shape. None quotes it.
    """
    # RFC 8259 lets parsers leave out the mark that some systems begin files with.
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        value = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError as error:
        line, column = _find_place(str(error))
        raise Problem(400, Errors.C981.format(line=line, column=column)) from None
    if not isinstance(value, dict):
        raise _make_problem("the body", "an object")
    # Of two notes with the same key, the parser above keeps one.
    json.loads(body, object_pairs_hook=_check_keys)
    known = [name for name in models if name in value]
    if len(known) != 1:
        names = " or ".join(f"'{name}'" for name in models)
        raise _make_problem("the body", f"an object with {names}")
    try:
        return models[known[0]].model_validate(value)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        expected = _EXPECTED.get(fault["type"], fault["type"].replace("_", " "))
        raise _make_problem(_name_place(fault["loc"]), expected) from None


def _check_keys(pairs: list[tuple[str, Any]]) -> None:
    """Check that no key of an object is there twice."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise Problem(400, Errors.C936)


def _find_place(message: str) -> tuple[str, str]:
    """Find the line and the column in a message of the parser."""
    words = message.split()
    if words[-4:-3] == ["line"] and words[-2:-1] == ["column"]:
        return words[-3], words[-1]
    return "?", "?"


def _name_place(path: tuple[int | str, ...]) -> str:
    """Name a place in a body. Keys that aren't known may be words of a note."""
    fields = {name for model in _INPUTS for name in model.model_fields}
    parts: list[str] = []
    for part in path:
        if isinstance(part, str) and part not in fields:
            return f"a key of '{''.join(parts).lstrip('.')}'" if parts else "a key"
        parts.append(f"[{part}]" if isinstance(part, int) else f".{part}")
    return f"'{''.join(parts).lstrip('.')}'"


def _make_problem(where: str, expected: str) -> Problem:
    return Problem(422, Errors.C982.format(where=where, expected=expected))


_INPUTS = (OneCleanIn, CleanIn, QuestionIn)
