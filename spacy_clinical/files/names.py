"""Names of files made of ids, for every file system and every command line."""

import re

MAX_NAME = 100
# Windows takes them for devices, whatever ending follows.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(?![^.])", re.IGNORECASE)


class FileNames:
    """Make names without endings, no two of which are one where case doesn't count.

    Letters and digits of ASCII, ".", "_" and "-" stay, and "_" stands for the others. A
    name starts with a letter or a digit, so that no program takes it for an option or
    for a hidden file, and does not end with a dot.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._repeated: dict[str, int] = {}

    def make(self, key: str) -> str:
        """Name what has this id; a name that is taken gets a number: note, note-2."""
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
