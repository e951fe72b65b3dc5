"""Texts with labelled spans, put together from parts."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

PLACE = re.compile(r"\{(\w+)\}")


class Part(NamedTuple):
    """A piece of text.

    text: As it stands in the note.
    label: One of the types of identifiers; "" if it is none.
    """

    text: str
    label: str = ""


class Marked(NamedTuple):
    """A text with its identifiers.

    spans: Start, end and label of each, in order; they don't overlap.
    """

    text: str
    spans: list[tuple[int, int, str]]


def fill(template: str, get: Callable[[str], Iterable[Part]]) -> list[Part]:
    """Replace the places of a template, such as {date}, by parts.

    template: Its "\\n" stand for line breaks.
    get: Gives the parts for the name of a place.
    """
    parts, end = [], 0
    template = template.replace("\\n", "\n")
    for match in PLACE.finditer(template):
        parts.append(Part(template[end : match.start()]))
        parts += get(match[1])
        end = match.end()
    return [*parts, Part(template[end:])]


def join(parts: Iterable[Part]) -> Marked:
    """Put parts together; no span goes over a line break."""
    text, spans = "", []
    for part in parts:
        if part.label:
            spans += [
                (len(text) + start, len(text) + end, part.label)
                for start, end in _list_lines(part.text)
            ]
        text += part.text
    return Marked(text, spans)


def split(marked: Marked) -> Iterator[Part]:
    """Take a text apart into its identifiers and what is between them."""
    end = 0
    for start, stop, label in marked.spans:
        if start > end:
            yield Part(marked.text[end:start])
        yield Part(marked.text[start:stop], label)
        end = stop
    if end < len(marked.text):
        yield Part(marked.text[end:])


def _list_lines(text: str) -> Iterator[tuple[int, int]]:
    for line in re.finditer(r"\S[^\n]*", text):
        yield line.start(), line.end() - (len(line[0]) - len(line[0].rstrip()))
