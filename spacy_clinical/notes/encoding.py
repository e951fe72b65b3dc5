"""Detect the encoding of a file, and refuse files that are not text."""

import codecs
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from spacy_clinical.errors import CodedValueError, Errors, Warnings, warn
from spacy_clinical.files.byte_order import find_marked_encoding

# The encoding that is assumed of bytes that aren't Unicode.
FALLBACK = "cp1252"
_CHUNK = 1 << 20
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
    encoding = find_marked_encoding(start)
    if not encoding:
        is_utf8 = _find_undecodable(handle, "utf-8") is None
        n_nul, n_bytes = _count_nul(handle)
        # UTF-16 without its mark, or padding; a stray NUL may be in a text in UTF-8.
        if n_nul > (max(16, n_bytes // 4) if is_utf8 else 0):
            raise NotTextError(Errors.C303.format(source=source, kind="binary data"))
        if is_utf8:
            return "utf-8-sig"
        encoding = FALLBACK
    offset = _find_undecodable(handle, encoding)
    if offset is not None:
        raise NotTextError(Errors.C304.format(source=source, offset=offset))
    return encoding


def decode(data: bytes, source: str) -> str:
    """Decode a whole text in the encoding that `find_encoding` finds.

    A warning (W301) is given if that is Windows-1252.

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
    return next((_MAGIC[magic] for magic in _MAGIC if start.startswith(magic)), None)


def _find_undecodable(handle: BinaryIO, encoding: str) -> int | None:
    """Find the offset of the first byte that an encoding has no place for."""
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


def _count_nul(handle: BinaryIO) -> tuple[int, int]:
    """Count the bytes of a file that are NUL, and all bytes."""
    n_nul = sum(chunk.count(b"\x00") for chunk in _read_chunks(handle))
    return n_nul, handle.tell()


def _read_chunks(handle: BinaryIO) -> Iterator[bytes]:
    """Read a file from its start; the last chunk is empty."""
    handle.seek(0)
    chunk = b"\x00"
    while chunk:
        chunk = handle.read(_CHUNK)
        yield chunk
