"""File names made from ids, safe on all file systems and command lines."""

import re

MAX_NAME = 100
# Names of devices on Windows, with any suffix.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(?![^.])", re.IGNORECASE)


class FileNames:
    """Makes file names without suffixes, unique also without regard to case.

    ASCII letters and digits, ".", "_" and "-" are kept; other characters become "_". A
    name starts with a letter or a digit, so that it can't be an option or a hidden
    file, and doesn't end with a dot.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._repeated: dict[str, int] = {}

    def make(self, key: str) -> str:
        """Make a name from an id. Repeated names get a number: note, note-2."""
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", key).lstrip("._-")
        stem = stem[:MAX_NAME].rstrip("._") or "note"
        if _DEVICE.match(stem):
            stem = f"note-{stem}"
        name, group = stem, stem.lower()
        while name.lower() in self._taken:
            self._repeated[group] = self._repeated.get(group, 1) + 1
            name = f"{stem}-{self._repeated[group]}"
        self._taken.add(name.lower())
        return name
