r"""Read the text of HL7 v2 messages, and of fields with escapes such as \.br\.

Own code, as the `hl7` library writes fields that it can't unescape to a log.
SOURCE: HL7 v2.5.1, chapter 2.5 (separators), 2.7 (escapes) and 7.4.2 (OBX).
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from spacy_clinical.errors import CodedValueError, Errors

_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}(?=[^\w\s]|$)")
_HEADER = re.compile(r"MSH([^\w\s])([^\w\s])([^\w\s])([^\w\s])([^\w\s]?)[^|]?\1")
_LINE_END = re.compile(r"\r\n?|\n")
# Of OBX-2: text. Other kinds are measurements and codes, which no note has.
_TEXTS = frozenset({"TX", "FT", "ST", ""})
# What a message, or a part of one, begins with.
SEGMENTS = ("MSH", "OBX|", "NTE|", "OBR|", "PID|", "FHS|", "BHS|")
_BARE = re.compile(r"(?:OBX|NTE)\|\d*\|")


class _Separators(NamedTuple):
    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


class _Line(NamedTuple):
    """Text of a message, the name of what it is about, and its report's number."""

    name: str
    text: str
    report: int


def is_message(text: str) -> bool:
    """Check whether a text is a message, or segments of one that hold text."""
    head = text.lstrip("\x0b \t\r\n\ufeff")
    if _HEADER.match(head):
        return True
    if not head.startswith(SEGMENTS):
        return False
    lines = [line for line in _LINE_END.split(head) if line.strip()]
    n_bare = sum(1 for line in lines if _BARE.match(line))
    return n_bare > 0 and all(_SEGMENT.match(line) for line in lines)


def convert_message(text: str, source: str) -> tuple[str, bytes | None]:
    """Get the note of a message: the text of its OBX and NTE segments.

    source: What to call it in errors.
    RETURNS: The text; and if there is none, a document that is embedded.
    RAISES ValueError: C356, if it holds several reports or messages.
    """
    segments = list(_read_segments(text.strip("\x0b\x1c \t\r\n\ufeff")))
    separators = _read_separators(segments)
    lines = list(_read_lines(segments, separators))
    n_messages, n_documents = (
        sum(segment.startswith(name) for segment in segments) for name in ("MSH", "TXA")
    )
    n_notes = max(n_messages, n_documents, len({line.report for line in lines}))
    if n_notes > 1:
        raise CodedValueError(Errors.C356.format(source=source, n_notes=n_notes))
    if lines:
        return _join(lines), None
    return "", _find_embedded(segments, separators)


def _read_segments(text: str) -> Iterator[str]:
    """Cut a message into segments; a line that isn't one goes on with the last."""
    segment: list[str] = []
    for line in _LINE_END.split(text):
        if _SEGMENT.match(line) and segment:
            yield "\n".join(segment)
            segment = []
        segment.append(line)
    yield "\n".join(segment)


def _read_separators(segments: Sequence[str]) -> _Separators:
    for segment in segments:
        header = _HEADER.match(segment)
        if header:
            return _Separators(*header.groups())
    return _Separators()


def _read_lines(segments: Sequence[str], separators: _Separators) -> Iterator[_Line]:
    report = 0
    for segment in segments:
        fields = segment.split(separators.field)
        if fields[0] == "OBR":
            report += 1
        if fields[0] == "OBX" and len(fields) > 5 and fields[2] in _TEXTS:
            name = unescape(_get_name(fields[3], separators), separators)
            text = _unescape_field(fields[5], separators)
            yield _Line(name, text, max(report, 1))
        elif fields[0] == "NTE" and len(fields) > 3 and fields[3].strip():
            yield _Line("", _unescape_field(fields[3], separators), max(report, 1))


def _get_name(field: str, separators: _Separators) -> str:
    parts = field.split(separators.component)
    return parts[1].strip() if len(parts) > 1 else ""


def _unescape_field(field: str, separators: _Separators) -> str:
    lines = field.split(separators.repetition)
    return "\n".join(unescape(line, separators) for line in lines)


def _join(lines: Sequence[_Line]) -> str:
    """Put lines together, under the names of what they are about if these differ."""
    names = {line.name for line in lines if line.name}
    parts: list[str] = []
    current = ""
    for line in lines:
        if len(names) > 1 and line.name and line.name != current:
            current = line.name
            if not line.text.lstrip().lower().startswith(current.lower()):
                parts += ["", f"{current}:"] if parts else [f"{current}:"]
        parts.append(line.text)
    return "\n".join(parts).strip("\r\n")


def _find_embedded(segments: Sequence[str], separators: _Separators) -> bytes | None:
    """Decode the first document that is embedded as Base64."""
    # Only few messages have one.
    from base64 import b64decode

    for segment in segments:
        fields = segment.split(separators.field)
        if fields[0] == "OBX" and len(fields) > 5 and fields[2] == "ED":
            parts = fields[5].split(separators.component)
            if len(parts) > 4 and parts[3].lower() == "base64":
                return b64decode(unescape(parts[4], separators))
    return None


# Escapes


@cache
def _make_escape(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(
        rf"{mark}(?:(?P<char>[FSTRE])"
        r"|(?P<style>[HN]|\.(?:in|ti)\s*[-+]?\d{0,4}|\.(?:fi|nf)|[CM](?:[0-9A-F]{2}){2,3})"
        r"|\.(?P<line>br|ce|sp)\s*\+?(?P<n>\d{0,3})"
        r"|\.sk\s*\+?(?P<skip>\d{0,3})"
        rf"|X(?P<hex>(?:[0-9A-F]{{2}})+)){mark}",
        re.I,
    )


_DEFAULT = _Separators()
_PATH = re.compile(r"[A-Za-z]:\\|\\\\\w")
_LINES = re.compile(r"\\\.(?:br|sp|ce)\s*\+?\d{0,3}\\", re.I)
_CHARS = re.compile(r"\\[FSTRE]\\")
_ALONE = re.compile(r"(?<=\s)\\[TE]\\(?=\s)")


def has_escapes(text: str) -> bool:
    r"""Check whether a text is a field with escapes: \.br\, or several like \T\."""
    if "\\" not in text:
        return False
    n_lines = sum(1 for _ in _LINES.finditer(text))
    # A single one may be quoted in a text that has lines.
    if n_lines > 1 or (n_lines and text.strip().count("\n") <= n_lines):
        return True
    if _PATH.search(text):
        return False
    n_chars = sum(1 for _ in _CHARS.finditer(text))
    return n_chars > 1 or _ALONE.search(text) is not None


def unescape(text: str, separators: _Separators = _DEFAULT) -> str:
    """Replace the escapes of a field by their text; unknown ones stay.

    separators: As the message declares them.
    """
    if separators.escape not in text:
        return text
    chars = {
        "F": separators.field,
        "S": separators.component,
        "T": separators.subcomponent,
        "R": separators.repetition,
        "E": separators.escape,
    }

    def replace(match: re.Match[str]) -> str:
        if match["char"]:
            return chars[match["char"].upper()]
        if match["line"]:
            return "\n" * min(int(match["n"] or 1), 100)
        if match["skip"] is not None:
            return " " * min(int(match["skip"] or 1), 100)
        if match["hex"]:
            return _decode(bytes.fromhex(match["hex"]))
        return ""

    return _make_escape(separators.escape).sub(replace, text)


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return _LINE_END.sub("\n", text)
