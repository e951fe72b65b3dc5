"""Read the forms of requests."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from spacy.language import Language

from spacy_clinical.export.form_folder import list_words
from spacy_clinical.export.form_records import make_form_record
from spacy_clinical.export.pages.form_html import render_form
from spacy_clinical.files.json_text import write_json
from spacy_clinical.forms.read import open_form
from spacy_clinical.models import get_title
from spacy_clinical.scale.stream import run_components

# What messages and pages call a form. The names of files may name patients.
NAME = "form"


class FormReading(NamedTuple):
    """A form that was read.

    pictures: Of its pages, as JPEG; None where there is none, or if they aren't needed.
    words: Of its pages, with their boxes.
    model: Name and version of what labelled them.
    """

    record: Mapping[str, Any]
    pictures: list[bytes | None]
    words: list[list[tuple[str, tuple[float, ...]]]]
    model: str


class GoneError(Exception):
    """The caller that wanted a form is gone."""


def read_one(
    nlp: Language,
    data: bytes,
    write: Callable[[FormReading], bytes],
    gone: threading.Event,
    options: Mapping[str, Any],
) -> bytes:
    """Read a form, extract its fields, and make what is sent.

    gone: Set when no one waits for it any more.
    options: See `forms.read.read_form`; and "form_id" and "with_pictures".
    """
    settings = dict(options)
    form_id, with_pictures = settings.pop("form_id"), settings.pop("with_pictures")

    def watch(number: int) -> None:
        if gone.is_set():
            raise GoneError

    watch(0)
    with (
        nlp.memory_zone(),
        open_form(data, nlp.vocab, name=NAME, watch=watch, **settings) as form,
    ):
        doc = run_components(nlp.pipeline, form.doc)
        record = make_form_record(doc, form_id=form_id, source=NAME)
        pictures = list(form.pictures) if with_pictures else []
        pictures += [None] * (len(record["pages"]) - len(pictures))
        return write(FormReading(record, pictures, list_words(doc), get_title(nlp)))


def write_form(reading: FormReading) -> bytes:
    """Write the record of a form as JSON."""
    return write_json(reading.record, ensure_ascii=False).encode("utf8")


def draw_form(reading: FormReading) -> bytes:
    """Draw the page of a form, with its boxes."""
    page = render_form(
        reading.record, reading.pictures, reading.words, model=reading.model
    )
    return page.encode("utf8", "replace")
