"""The marks at the start of texts in UTF-16 and UTF-32."""

import codecs

# UTF-32 first: its mark in little-endian order starts as that of UTF-16 does.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def find_marked_encoding(start: bytes) -> str:
    """Find the encoding that a text's byte-order mark names; "" if there is no mark.

    start: The first bytes of the text, at least four if it has as many.
    """
    return next((_MARKS[mark] for mark in _MARKS if start.startswith(mark)), "")
