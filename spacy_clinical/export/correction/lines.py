"""Reading of JSON Lines that tools export, a note on each line."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy_clinical.export.correction.annotated import Annotated, Read, read_safely
from spacy_clinical.files.json_text import read_json
from spacy_clinical.files.regular import open_regular


def read_lines(
    path: Path, read: Callable[[Mapping[str, Any], str], Annotated], kind: str
) -> Iterator[Read]:
    """Read the notes of a file, or why one can't be read; blank lines are skipped.

    read: Reads the row of a note; its second argument names it for messages.
    kind: Name of the format.
    RAISES OSError: C315, if it is no regular file.
    """
    with open_regular(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                source = f"{path.name}, line {number}"
                yield read_safely(_bind(read, line, source), source, kind)


def _bind(
    read: Callable[[Mapping[str, Any], str], Annotated], line: bytes, source: str
) -> Callable[[], Annotated]:
    def read_row() -> Annotated:
        try:
            row = read_json(line)
        except RecursionError as error:
            raise ValueError from error
        return read(row, source)

    return read_row
