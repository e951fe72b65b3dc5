"""Records as JSON, one to a line."""

import json
from collections.abc import Mapping
from typing import Any

# JSON may hold them, but many a reader of lines ends a line at them.
_LINE_ENDS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}


def format_line(record: Mapping[str, Any]) -> str:
    """Write a record as a line of JSON Lines, in plain Unicode.

    record: Holds only what JSON can.
    """
    return json.dumps(record, ensure_ascii=False).translate(_LINE_ENDS) + "\n"
