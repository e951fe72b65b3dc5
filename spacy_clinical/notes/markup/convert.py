"""Convert notes of all supported forms to plain text."""

import codecs
import html
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, NoReturn, TypeAlias, TypeVar

from spacy_clinical.errors import CodedError, CodedValueError, Errors
from spacy_clinical.notes.encoding import decode, find_binary_kind
from spacy_clinical.notes.markup.detect import (
    decode_document,
    find_form,
    mark_bare_lines,
)
from spacy_clinical.notes.markup.docx import NotWordError, TooLargeError, convert_docx
from spacy_clinical.notes.markup.escapes import unescape_line_ends
from spacy_clinical.notes.markup.hl7 import convert_message, unescape
from spacy_clinical.notes.markup.html import convert_html
from spacy_clinical.notes.markup.rtf import convert_rtf
from spacy_clinical.notes.markup.xml import (
    NotXmlError,
    UnknownXmlError,
    UnsafeXmlError,
    convert_xml,
)
from spacy_clinical.types import Note

# What to do with notes that aren't plain text.
Markup: TypeAlias = Literal["convert", "refuse", "keep"]
T = TypeVar("T")
# Levels of nested forms, such as RTF in a message.
MAX_DEPTH = 4
_NAMES = {
    "html": "HTML",
    "html_lines": "HTML",
    "escaped_html": "HTML",
    "xml": "XML",
    "perhaps_xml": "XML",
    "rtf": "RTF",
    "docx": "a Word document",
    "hl7": "an HL7 message",
    "hl7_escapes": "a text with HL7 escapes",
    "literal_escapes": "a text with written-out line ends",
    "base64": "a document in Base64",
}
_SHORT = {
    "html_lines": "html",
    "escaped_html": "html",
    "perhaps_xml": "xml",
    "hl7_escapes": "hl7",
    "literal_escapes": "escapes",
}
# The result of converting these may be in another form.
_WRAPPERS = frozenset({"hl7", "hl7_escapes", "literal_escapes"})
_ZIP, _RTF = b"PK\x03\x04", b"{\\rtf"
_FORMS_ADVICE = "For PDFs and scans there is 'spacy-clinical forms'"
_OTHER_ADVICE = "Convert it to UTF-8 text first"
# By error: names for files of other kinds, and reasons why a note isn't converted.
_KINDS: dict[type[Exception], str] = {
    NotWordError: "a zip archive, but no Word document",
    UnknownXmlError: "XML, but neither CDA nor with one element 'text'",
}
_REASONS: dict[type[Exception], str] = {
    UnsafeXmlError: "it declares or uses entities of its own, which may stand for anything",
    TooLargeError: "unpacked it would be too large for a note",
}


class Converted(NamedTuple):
    """A note as plain text.

    source_format: What it was: "plain", "html", "xml", "hl7", "rtf", "docx", "base64" or
        "escapes" (line ends written out); several, the outermost first: "hl7+rtf".
    """

    text: str
    source_format: str

    def make_note(self, note_id: str, meta: dict[str, Any], source: str) -> Note:
        """Make a note of the text."""
        source_format = "" if self.source_format == "plain" else self.source_format
        return Note(note_id, self.text, meta, source, source_format)


def convert_text(
    text: str, *, source: str = "the note", markup: Markup = "convert"
) -> Converted:
    """Convert the text of a note to plain text; plain text is returned unchanged.

    source: What to call the note in errors.
    markup: "refuse" raises an error for all that isn't plain; "keep" converts nothing.
    RAISES ValueError: C354 to C357, if it is in a form that isn't converted, is broken,
        or holds several notes; or is to be refused.
    """
    if markup == "keep":
        return Converted(text, "plain")
    return _convert(text, source, markup, [])


def convert_bytes(
    data: bytes, *, source: str = "the note", markup: Markup = "convert"
) -> Converted:
    """Convert the bytes of a file to plain text: of a Word document, RTF or a text.

    source, markup: See `convert_text`.
    RAISES ValueError: C303 and C304, if they are no text; or as `convert_text`.
    """
    if markup == "keep":
        return Converted(decode(data, source), "plain")
    return _convert_data(data, source, markup, [])


def _convert_data(
    data: bytes, source: str, markup: Markup, outer: list[str]
) -> Converted:
    start = data[:1024].removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(_RTF):
        # Its characters are ASCII; what writers leave unescaped is Windows'.
        data = data.removeprefix(codecs.BOM_UTF8)
        return _convert(data.decode("cp1252", "replace"), source, markup, outer)
    if data.startswith(_ZIP):
        _refuse_if_asked("docx", source, markup)
        text = _guard("docx", source, lambda: convert_docx(data))
        return _finish(text, "docx", source, outer)
    return _convert(decode(data, source), source, markup, outer)


def _convert(text: str, source: str, markup: Markup, outer: list[str]) -> Converted:
    form = find_form(text) if len(outer) < MAX_DEPTH else "plain"
    if form == "plain":
        return Converted(text, "+".join(outer) or "plain")
    if form == "binary":
        kind = find_binary_kind(text.lstrip()[:16].encode("latin-1", "replace"))
        _refuse(source, str(kind), _FORMS_ADVICE)
    if form == "hocr":
        _refuse(source, "a scan that OCR has read (hOCR)", _FORMS_ADVICE)
    try:
        embedded = decode_document(text) if form == "base64" else None
        if embedded is None:
            _refuse_if_asked(form, source, markup)
            text, embedded = _guard(form, source, lambda: _apply(form, text, source))
    except NotXmlError:
        # Such as a note in angle brackets of its own: nothing says that it is XML.
        return Converted(text, "+".join(outer) or "plain")
    inner = [*outer, _SHORT.get(form, form)]
    if embedded is not None:
        _refuse_if_asked(form, source, markup)
        return _convert_data(embedded, source, markup, inner)
    if form in _WRAPPERS and text.strip():
        return _convert(text, source, markup, inner)
    return _finish(text, form, source, outer)


def _apply(form: str, text: str, source: str) -> tuple[str, bytes | None]:
    """Convert a text of a form. RETURNS: Text, or a document that was inside."""
    if form in ("xml", "perhaps_xml"):
        return convert_xml(text, is_sure=form == "xml")
    if form == "hl7":
        return convert_message(text, source)
    if form == "rtf":
        return convert_rtf(text), None
    if form == "hl7_escapes":
        return unescape(text), None
    if form == "literal_escapes":
        return unescape_line_ends(text), None
    if form == "escaped_html":
        text = html.unescape(text)
    elif form == "html_lines":
        text = mark_bare_lines(text).replace("\x00", "<br>")
    return convert_html(text), None


def _guard(form: str, source: str, convert: Callable[[], T]) -> T:
    """Convert, and turn errors into coded ones.

    Messages of libraries are left out, as they may quote the note.
    """
    try:
        return convert()
    except NotXmlError:
        raise
    except Exception as error:
        if isinstance(error, CodedError):
            raise
        kind = type(error)
    if kind in _KINDS:
        _refuse(source, _KINDS[kind], _OTHER_ADVICE)
    broken = f"it is broken, cut off or nested too deep ({kind.__name__})"
    raise _make_fault(form, source, _REASONS.get(kind, broken))


def _finish(text: str, form: str, source: str, outer: list[str]) -> Converted:
    if not text.strip():
        raise _make_fault(form, source, "there is no text in it")
    return Converted(text, "+".join([*outer, _SHORT.get(form, form)]))


def _make_fault(form: str, source: str, reason: str) -> CodedValueError:
    name = _NAMES[form]
    return CodedValueError(Errors.C355.format(source=source, form=name, reason=reason))


def _refuse(source: str, form: str, advice: str) -> NoReturn:
    raise CodedValueError(Errors.C354.format(source=source, form=form, advice=advice))


def _refuse_if_asked(form: str, source: str, markup: Markup) -> None:
    if markup == "refuse":
        raise CodedValueError(Errors.C357.format(source=source, form=_NAMES[form]))
