"""Read and write records as JSON Lines."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.json_text import read_json, write_json
from spacy_clinical.files.regular import open_regular

# JSON may hold them, but some programs end a line at them.
_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


def format_line(record: Mapping[str, Any]) -> str:
    """Write a record as a line of JSON Lines, in plain Unicode.

    record: Holds only what JSON can, and numbers that `write_json` knows.
    """
    line = write_json(record, ensure_ascii=False)
    return _LINE_ENDS.sub(lambda match: f"\\u{ord(match[0]):04x}", line) + "\n"


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read the records of a file.

    YIELDS: Records, as `records.make_record` makes them.
    RAISES ValueError: C318, at a line that is no record.
    RAISES OSError: C315, if it is no regular file.
    """
    # Read as bytes, as a record may hold other line ends.
    with open_regular(path) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = read_json(line)
                _ = record["id"], record["entities"], record["sections"]
            except (ValueError, KeyError, TypeError, RecursionError):
                source = f"{path.name}, line {number}"
                raise CodedValueError(Errors.C318.format(source=source)) from None
            yield record


def write_records(records: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write records to one file, which appears when all are written.

    path: In a folder that exists.
    RETURNS: The number of records.
    """
    n_records = 0
    with open_atomic(path) as lines:
        for record in records:
            lines.write(format_line(record))
            n_records += 1
    return n_records
