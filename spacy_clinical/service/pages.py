"""The page of a service, and its documentation: nothing is loaded from elsewhere."""

from functools import cache
from importlib.resources import files
from typing import Any

from spacy_clinical.errors import Errors
from spacy_clinical.export.html import render
from spacy_clinical.files.json_text import write_json
from spacy_clinical.service.problems import Problem

# No script runs but the page's own file. Pages of notes and forms are shown in a frame
# that takes on this policy; their styles are inside, and pictures of forms are data.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-src blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {"Content-Security-Policy": POLICY}
_STATIC = {"service.js": "text/javascript", "service.css": "text/css"}
# Longer examples are cut in the documentation; /openapi.json has all of them.
MAX_EXAMPLE = 3000


@cache
def make_page() -> str:
    """Make the page to try the service with."""
    return render("service.html")


def make_docs(schema: dict[str, Any]) -> str:
    """Make a page of an OpenAPI description."""
    paths = [
        {"path": path, "method": method.upper(), **_describe(operation)}
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    schemas = _list_schemas(schema)
    return render("service_docs.html", paths=paths, schemas=schemas, model="")


def read_static(name: str) -> tuple[str, str]:
    """Read a part of the page.

    RETURNS: The part, and its media type.
    RAISES Problem: C988, if there is none of that name.
    """
    if name not in _STATIC:
        raise Problem(404, Errors.C988)
    return _read(name), _STATIC[name]


@cache
def _read(name: str) -> str:
    return (files("spacy_clinical") / "resources" / name).read_text("utf8")


def _describe(operation: dict[str, Any]) -> dict[str, Any]:
    bodies = operation.get("requestBody", {}).get("content", {})
    return {
        "summary": operation.get("description") or operation.get("summary", ""),
        "parameters": operation.get("parameters", []),
        "bodies": [(kind, *_list_examples(media)) for kind, media in bodies.items()],
        "answers": [
            (
                status,
                answer["description"],
                [(k, *_list_examples(m)) for k, m in answer.get("content", {}).items()],
            )
            for status, answer in operation["responses"].items()
        ],
    }


def _list_examples(media: dict[str, Any]) -> tuple[list[str], list[tuple[str, str]]]:
    """List the shapes and the examples of a body.

    RETURNS: Names of schemas; and titles with examples.
    """
    shapes = media.get("schema", {})
    shapes = shapes.get("oneOf", [shapes])
    names = [shape["$ref"].rpartition("/")[2] for shape in shapes if "$ref" in shape]
    examples = [
        (example["summary"], _show(example["value"]))
        for example in media.get("examples", {}).values()
    ]
    if "example" in media:
        examples.append(("Example", _show(media["example"])))
    return names, examples


def _show(value: Any) -> str:
    if isinstance(value, str):
        return value
    text = write_json(value, indent=2, ensure_ascii=False)
    return text if len(text) <= MAX_EXAMPLE else f"{text[:MAX_EXAMPLE]}\n…"


def _list_schemas(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """List the shapes of bodies with their fields."""
    return [
        {
            "name": name,
            "description": model.get("description", ""),
            "fields": [
                {
                    "name": field,
                    "is_required": field in model.get("required", ()),
                    "kind": _name_kind(facts),
                    "description": facts.get("description", ""),
                }
                for field, facts in model.get("properties", {}).items()
            ],
        }
        for name, model in schema["components"]["schemas"].items()
        if "properties" in model
    ]


def _name_kind(facts: dict[str, Any]) -> str:
    if "anyOf" in facts:
        kinds = [_name_kind(kind) for kind in facts["anyOf"]]
        return " or ".join(kind for kind in kinds if kind != "null")
    if "$ref" in facts:
        return str(facts["$ref"].rpartition("/")[2])
    kind = str(facts.get("type", "any"))
    inner = _name_kind(facts["items"]) if "items" in facts else ""
    return f"{kind} of {inner}" if inner else kind
