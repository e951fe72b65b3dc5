"""Records as JSON, one to a line."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy_clinical.errors import Errors

# JSON may hold them, but many a reader of lines ends a line at them.
_LINE_ENDS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}
# In an output folder: those of a run in one go, or of one in shards.
RECORD_FILES = ("notes.jsonl", "shards/part-*.jsonl")


def format_line(record: Mapping[str, Any]) -> str:
    """Write a record as a line of JSON Lines, in plain Unicode.

    record: Holds only what JSON can.
    """
    return json.dumps(record, ensure_ascii=False).translate(_LINE_ENDS) + "\n"


def find_records(path: Path) -> list[Path]:
    """Find the files of records in an output folder of `annotate`, or take a file.

    RAISES FileNotFoundError: C301, if there is nothing; C320, if a folder has none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(Errors.C301.format(path=path))
    found = [file for name in RECORD_FILES for file in sorted(path.glob(name))]
    if not found:
        raise FileNotFoundError(Errors.C320.format(path=path))
    return found


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Read the records of notes from a file, or from an output folder of `annotate`.

    YIELDS: Records, as `records.make_record` makes them.
    RAISES OSError: C301 and C320, if there is nothing to read.
    RAISES ValueError: C318, at a line that is no record.
    """
    for file in find_records(path):
        # newline: a record may quote what ends lines elsewhere.
        with file.open(encoding="utf8", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    record = json.loads(line)
                    _ = record["id"], record["entities"], record["sections"]
                except (ValueError, KeyError, TypeError):
                    source = f"{file.name}, line {number}"
                    raise ValueError(Errors.C318.format(source=source)) from None
                yield record
