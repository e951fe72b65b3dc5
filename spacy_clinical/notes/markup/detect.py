"""Detect the form of a note's text."""

import html
import re
from base64 import b64decode
from binascii import Error as Base64Error
from itertools import pairwise

from spacy_clinical.notes.encoding import find_binary_kind
from spacy_clinical.notes.markup.escapes import has_written_line_ends
from spacy_clinical.notes.markup.hl7 import SEGMENTS, has_escapes, is_message
from spacy_clinical.notes.markup.html import BREAKING_TAGS, INLINE_TAGS

# Characters at the start that are searched for declarations.
HEAD = 2000
_BLANK = " \t\r\n\f\ufeff"
_SPACE = re.compile(rf"[{_BLANK}]*")
_START = re.compile(
    r"<([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*)\s*/?>"
)
# A tag of HTML: its name, and attributes with values. "<b and c>" is none.
_TAG = re.compile(
    r"<(?P<end>/)?(?P<name>[A-Za-z][A-Za-z0-9]{0,9})"
    r"(?:\s+[A-Za-z_:][\w:.-]{0,40}(?:\s*=\s*(?:\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}'"
    r"|[^\s\"'<>]{1,500}))?){0,20}\s*/?>"
)
_WHOLE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b[^<]*>", re.I)
_ESCAPED_TAG = re.compile(r"&lt;/?(?:p|div|br|span|b|table|ul|li)\b", re.I)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_NARRATIVE = re.compile(r"<(?:text|title)>")
_SCANNED = re.compile(r"class\s*=\s*[\"']ocr_(?:page|line|carea)|ocr-system", re.I)
# Of lines that aren't broken by tags, how many there may be for a tag that does: with
# more, it is a plain note in which some tags are quoted.
_SHARE = 4


def find_form(text: str) -> str:
    """Find the form of a text.

    RETURNS: "plain"; "html", "xml" or "perhaps_xml" (which is plain if it can't be
        parsed), "rtf", "hl7" (a message), "hl7_escapes", "literal_escapes",
        "escaped_html", "html_lines" (HTML whose line ends count), "hocr", "base64" or
        "binary".
    """
    start = text[: 4 * HEAD].lstrip(_BLANK + "\x0b")
    if start.startswith("{\\rtf"):
        return "rtf"
    if find_binary_kind(start[:16].encode("latin-1", "replace")):
        return "binary"
    if start.startswith(SEGMENTS) and is_message(text):
        return "hl7"
    # Before tags, as these may be inside.
    if "\\" in text and has_written_line_ends(text):
        return "literal_escapes"
    if "<" in text:
        form = _find_tagged(text)
        if form != "plain":
            return form
    elif _is_escaped(text):
        return "escaped_html"
    if has_escapes(text):
        return "hl7_escapes"
    return "base64" if decode_document(text) is not None else "plain"


def _is_escaped(text: str) -> bool:
    """Check whether a text is HTML whose tags are written as "&lt;p&gt;"."""
    if "&lt;" not in text or not _ESCAPED_TAG.search(text):
        return False
    return _find_tagged(html.unescape(text)) != "plain"


def decode_document(text: str) -> bytes | None:
    """Decode a text that is nothing but a document in Base64; None for all others."""
    head = "".join(text[:200].split())[:64]
    if len(head) < 64 or not _BASE64.fullmatch(head):
        return None
    if find_binary_kind(b64decode(head)) is None or not _BASE64.fullmatch(text):
        return None
    try:
        return b64decode("".join(text.split()))
    except Base64Error:
        return None


def _find_tagged(text: str) -> str:
    start = text[_find_start(text) :]
    if _WHOLE.match(start):
        return _name_html(text)
    if start.startswith(("<?xml", "<!DOCTYPE")):
        is_html = re.search(r"<(?:!doctype\s+)?html\b", start[: 4 * HEAD], re.I)
        return _name_html(text) if is_html else "xml"
    first = _START.match(start)
    if first is not None:
        name, attributes = first[1], first[2]
        if "urn:hl7-org" in attributes or name == "ClinicalDocument":
            return "xml"
        is_known = name.lower() in BREAKING_TAGS | INLINE_TAGS
        is_whole = text.rstrip(_BLANK).endswith(f"</{name}>")
        if is_whole and (not is_known or _NARRATIVE.search(start[:HEAD])):
            return "xml" if "xmlns" in attributes else "perhaps_xml"
    return _find_fragment(text)


def _find_start(text: str) -> int:
    """Find where a text starts, behind white space and comments."""
    place = _skip_space(text, 0)
    while text.startswith("<!--", place):
        end = text.find("-->", place + 4)
        if end < 0:
            break
        place = _skip_space(text, end + 3)
    return place


def _skip_space(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place


def _name_html(text: str) -> str:
    return "hocr" if _SCANNED.search(text[: 10 * HEAD]) else "html"


def _find_fragment(text: str) -> str:
    """Tell a part of an HTML page from a plain text that has some "<" or a tag."""
    stripped = text.strip(_BLANK)
    n_tags = n_breaks = n_pairs = 0
    is_open: dict[str, int] = {}
    starts = ends = False
    for match in _TAG.finditer(stripped):
        name = match["name"].lower()
        is_breaking = name in BREAKING_TAGS
        if not is_breaking and name not in INLINE_TAGS:
            continue
        n_tags += 1
        n_breaks += is_breaking
        if match["end"]:
            if is_open.get(name, 0) > 0:
                is_open[name] -= 1
                n_pairs += 1
        else:
            is_open[name] = is_open.get(name, 0) + 1
        starts = starts or (match.start() == 0 and is_breaking)
        ends = match.end() == len(stripped) and is_breaking
    is_one_line = "\n" not in stripped
    is_whole = starts and ends and n_tags > 1
    if n_pairs < 2 and n_breaks < (2 if is_one_line else 3) and not is_whole:
        return "plain"
    # Line ends with text on both sides, and no tag that breaks lines.
    n_lines = 0 if is_one_line else mark_bare_lines(stripped).count("\x00")
    if starts and ends and n_pairs and n_lines <= n_breaks:
        return "html"
    if n_breaks and n_lines <= n_breaks:
        return "html"
    if n_lines <= _SHARE * (n_breaks + 2 * n_pairs):
        return "html_lines"
    return "plain"


def mark_bare_lines(text: str) -> str:
    """Replace each line end that has no tag beside it that breaks lines by a NUL."""
    lines = text.replace("\x00", "").splitlines()
    parts = lines[:1]
    for before, after in pairwise(lines):
        is_bare = not (_ends_in_tag(before) or _starts_with_tag(after))
        parts += ["\x00" if is_bare else "\n", after]
    return "".join(parts)


def _starts_with_tag(line: str) -> bool:
    match = _TAG.match(line.lstrip())
    return match is not None and match["name"].lower() in BREAKING_TAGS


def _ends_in_tag(line: str) -> bool:
    line = line.rstrip()
    match = _TAG.match(line, max(line.rfind("<"), 0)) if line.endswith(">") else None
    return (
        match is not None
        and match.end() == len(line)
        and match["name"].lower() in BREAKING_TAGS
    )
