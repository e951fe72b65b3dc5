"""Find out how a file's bytes stand for text, and refuse what isn't text."""

import codecs
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from spacy_clinical.errors import CodedValueError, Errors, Warnings, warn

# What is taken for the encoding of bytes that aren't Unicode.
FALLBACK = "cp1252"
_CHUNK = 1 << 20
# UTF-32 first: its mark in little-endian order starts as that of UTF-16 does.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MAGIC = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"%PDF-": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"PK\x03\x04": "a zip archive or an Office document",
    b"\xd0\xcf\x11\xe0": "an Office document",
    b"\x1f\x8b": "a gzip archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite format 3\x00": "a SQLite database",
}


class NotTextError(CodedValueError):
    """A file that can't be read as text. Its message is coded."""


def find_encoding(handle: BinaryIO, source: str) -> str:
    """Find the encoding of a whole file, reading it in pieces.

    handle: Open at its start; left anywhere.
    source: What to call the file in errors.
    RETURNS: "utf-8-sig", "utf-16", "utf-32" or "cp1252". With all but the last a
        byte-order mark is not part of the text.
    RAISES NotTextError: C303, if it is binary; C304, if no encoding fits.
    """
    start = handle.read(16)
    kind = find_binary_kind(start)
    if kind is not None:
        raise NotTextError(Errors.C303.format(source=source, kind=kind))
    for mark, encoding in _MARKS.items():
        if not start.startswith(mark):
            continue
        offset = _find_undecodable(handle, encoding)
        if offset is not None:
            raise NotTextError(Errors.C304.format(source=source, offset=offset))
        return encoding
    if _find_undecodable(handle, "utf-8") is None:
        if _is_mostly_nul(handle):
            raise NotTextError(Errors.C303.format(source=source, kind="binary data"))
        return "utf-8-sig"
    if any(b"\x00" in chunk for chunk in _read_chunks(handle)):
        raise NotTextError(Errors.C303.format(source=source, kind="binary data"))
    offset = _find_undecodable(handle, FALLBACK)
    if offset is not None:
        raise NotTextError(Errors.C304.format(source=source, offset=offset))
    return FALLBACK


def decode(data: bytes, source: str) -> str:
    """Decode what is a whole text, as `find_encoding` finds it.

    A warning (W301) says so if it is Windows-1252.

    source: What to call the text's file in errors and in the warning.
    RAISES NotTextError: C303, if it is binary; C304, if no encoding fits.
    """
    encoding = find_encoding(BytesIO(data), source)
    if encoding == FALLBACK:
        warn(Warnings.W301.format(source=source))
    return data.decode(encoding)


def find_binary_kind(start: bytes) -> str | None:
    """Recognize images, archives and documents by their first bytes.

    start: At least 16 bytes, where there are as many.
    """
    for magic, kind in _MAGIC.items():
        if start.startswith(magic):
            return kind
    return None


def _find_undecodable(handle: BinaryIO, encoding: str) -> int | None:
    """The offset of the first byte that an encoding has no place for."""
    decoder = codecs.getincrementaldecoder(encoding)()
    n_read = 0
    for chunk in _read_chunks(handle):
        n_held = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return n_read - n_held + error.start
        n_read += len(chunk)
    return None


def _is_mostly_nul(handle: BinaryIO) -> bool:
    """Tell UTF-16 without its mark, and padding, from text with a stray NUL."""
    n_bytes = n_nul = 0
    for chunk in _read_chunks(handle):
        n_bytes += len(chunk)
        n_nul += chunk.count(b"\x00")
    return n_nul > max(16, n_bytes // 4)


def _read_chunks(handle: BinaryIO) -> Iterator[bytes]:
    """Read a file from its start; the last chunk is empty."""
    handle.seek(0)
    chunk = b"\x00"
    while chunk:
        chunk = handle.read(_CHUNK)
        yield chunk
