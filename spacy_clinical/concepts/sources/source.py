"""Files of vocabularies as users have them: plain or compressed, alone or in folders."""

import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.errors import (
    CodedFileNotFoundError,
    CodedValueError,
    Errors,
)
from spacy_clinical.files.json_text import read_json
from spacy_clinical.files.regular import open_regular, show_path
from spacy_clinical.files.walk import Walk

# Bytes: of a line, of a file that is parsed as a whole, of a file's start.
MAX_LINE, MAX_WHOLE, HEAD = 1 << 24, 1 << 30, 1 << 14
_PACKED = re.compile(r"\.(gz|xz)$")
_OPENERS: Mapping[str, Callable[[BinaryIO], Any]] = {
    ".gz": lambda handle: gzip.GzipFile(fileobj=handle),
    ".xz": lzma.LZMAFile,
}
# What broken compressed files raise.
_UNPACKING = (gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError)


class Source:
    """A file or a folder to build a vocabulary from. Files may be compressed (gzip, xz).

    path: A file, beside which other files of its release may be, or a folder.
    used: Files that have been read.
    RAISES FileNotFoundError: C302, if nothing is there.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            reason = "there is no such file or folder"
            raise CodedFileNotFoundError(
                Errors.C302.format(source=show_path(path), reason=reason)
            )
        self.path = path
        self.name = show_path(path.resolve().name)
        self.used: list[Path] = []

    @cached_property
    def is_folder(self) -> bool:
        return self.path.is_dir()

    def find(self, pattern: str) -> Path | None:
        """Find the first file of the source with a name.

        pattern: Regular expression for the name in small letters, without .gz or .xz.
        """
        return next(iter(self.find_all(pattern)), None)

    def find_all(self, pattern: str) -> list[Path]:
        """Find files of the source by their names: those high up in a folder first.

        pattern: As in `find`.
        """
        matches = re.compile(pattern).fullmatch
        return [path for name, path in self._files if matches(name)]

    def find_main(self, pattern: str) -> Path | None:
        """Find the main file of a release: in a folder, or the file itself.

        pattern: As in `find`.
        """
        if self.is_folder:
            return self.find(pattern)
        return self.path if re.fullmatch(pattern, self._own_name) else None

    @property
    def suffix(self) -> str:
        """Suffix of a file's name, without that of compression: ".csv"."""
        return Path(self._own_name).suffix

    @cached_property
    def head(self) -> bytes:
        """Start of a file, without white space before it; nothing of a folder.

        RAISES ValueError: C904, if it can't be decompressed.
        """
        if self.is_folder:
            return b""
        with self.open(self.path) as handle:
            return handle.read(HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()

    @cached_property
    def head_lines(self) -> list[str]:
        """The first lines of a file, as far as its start has them."""
        return self.head.decode("utf8", "replace").splitlines()

    @contextmanager
    def open(self, path: Path) -> Iterator[BinaryIO]:
        """Open a file to read its bytes, decompressed.

        path: Of a file of the source.
        RAISES ValueError: C904, if it can't be decompressed.
        """
        opener = _OPENERS.get(path.suffix.lower())
        with open_regular(path) as raw:
            if opener is None:
                yield raw
                return
            try:
                with opener(raw) as handle:
                    yield handle
            except _UNPACKING as error:
                kind = path.suffix.lower().lstrip(".")
                raise make_fault(path, kind, type(error).__name__) from None

    def read_whole(self, kind: str) -> bytes:
        """Read the file as a whole.

        kind: Of the file, for messages.
        RAISES ValueError: C904, if it is too large or can't be decompressed.
        """
        self.note(self.path)
        with self.open(self.path) as handle:
            data = handle.read(MAX_WHOLE + 1)
        if len(data) > MAX_WHOLE:
            raise make_fault(self.path, kind, f"it is larger than {MAX_WHOLE} bytes")
        return data.removeprefix(b"\xef\xbb\xbf")

    def read_json(self, kind: str) -> Any:
        """Parse the file as JSON.

        kind: Of the file, for messages.
        RAISES ValueError: C904, if that fails; those of `read_whole`.
        """
        try:
            return read_json(self.read_whole(kind))
        except (RecursionError, ValueError) as error:
            if isinstance(error, CodedValueError):
                raise
            reason = f"it isn't valid JSON ({type(error).__name__})"
            raise make_fault(self.path, kind, reason) from None

    def read_lines(self, path: Path) -> Iterator[str]:
        """Read the lines of a file, with their ends.

        path: Of a file of the source.
        RAISES ValueError: C903, for a line that is too long or isn't UTF-8; C904, if the
            file can't be decompressed.
        """
        self.note(path)
        with self.open(path) as handle:
            number = 0
            while data := handle.readline(MAX_LINE):
                number += 1
                if len(data) == MAX_LINE:
                    raise make_line_fault(path, number, "it is too long")
                try:
                    yield data.decode("utf-8-sig" if number == 1 else "utf8")
                except UnicodeDecodeError:
                    raise make_line_fault(path, number, "it isn't UTF-8") from None

    def note(self, path: Path) -> None:
        """Note that a file is read."""
        if path not in self.used:
            self.used.append(path)

    @property
    def _own_name(self) -> str:
        return _PACKED.sub("", self.path.name.lower())

    @cached_property
    def _files(self) -> list[tuple[str, Path]]:
        if self.is_folder:
            paths = sorted(
                Walk(self.path, ()), key=lambda path: (len(path.parts), path)
            )
        else:
            beside = self.path.parent.iterdir()
            paths = [self.path, *sorted(path for path in beside if path.is_file())]
        return [(_PACKED.sub("", path.name.lower()), path) for path in paths]


class Facts(NamedTuple):
    """Facts that a source states about itself; "" for those it doesn't.

    name: Short name of the vocabulary: "mondo".
    url: Where it is published.
    """

    name: str = ""
    version: str = ""
    license: str = ""
    url: str = ""


class Contents(NamedTuple):
    """The contents of a source.

    entries: Those that name a concept come before those that add to it. They can be
        read once.
    """

    facts: Facts
    entries: Iterator[Entry]


class Adapter(NamedTuple):
    """A format of sources.

    kind: What messages call it.
    recognizes: Says whether a source is of this format.
    read: Reads a source.
    """

    kind: str
    recognizes: Callable[[Source], bool]
    read: Callable[[Source], Contents]


def make_fault(path: Path, kind: str, reason: str) -> CodedValueError:
    """Make the error (C904) about a file that is broken."""
    name = show_path(path.name)
    return CodedValueError(Errors.C904.format(name=name, kind=kind, reason=reason))


def make_line_fault(path: Path, line: int, reason: str) -> CodedValueError:
    """Make the error (C903) about a line that is broken."""
    name = show_path(path.name)
    return CodedValueError(Errors.C903.format(name=name, line=line, reason=reason))
