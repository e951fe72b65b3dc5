"""Files of a run in shards: their names, and how to remove them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spacy_clinical.errors import CodedValueError, Errors, Warnings, warn
from spacy_clinical.files.leftovers import TOKEN
from spacy_clinical.files.lock import LOCK_FILE, FolderLock
from spacy_clinical.scale.seals import read_run

RUN_FILE, FAILURES_FILE = "run.json", "failures.jsonl"
SHARDS_FOLDER, SEALS_FOLDER = "shards", "seals"
_PART = re.compile(r"part-(\d{6,})\.jsonl?")
TEMPORARY = re.compile(rf"\.{_PART.pattern}\.{TOKEN}")


def list_shard_outputs(folder: Path) -> list[Path]:
    """List the paths that `ShardWriter` may write, which aren't read as notes."""
    names = (RUN_FILE, FAILURES_FILE, SHARDS_FOLDER, SEALS_FOLDER, LOCK_FILE)
    return [(folder / name).resolve() for name in names]


def refuse_shards(folder: Path) -> None:
    """Check that a folder has no shards, before a run without them.

    RAISES ValueError: C340, if it has shards.
    """
    if list_parts(folder):
        raise CodedValueError(Errors.C340.format(path=folder))


def remove_shards(folder: Path) -> None:
    """Remove all files that `ShardWriter` wrote, and no others."""
    n_shards = len({path.name for path in list_parts(folder)})
    # Seals first: a shard without one isn't finished.
    for path in (*list_parts(folder), *list_parts(folder, TEMPORARY)):
        path.unlink(missing_ok=True)
    if read_run(folder / RUN_FILE) is not None:
        for name in (RUN_FILE, FAILURES_FILE):
            (folder / name).unlink(missing_ok=True)
    for name in (SHARDS_FOLDER, SEALS_FOLDER):
        with suppress(OSError):
            (folder / name).rmdir()
    if n_shards:
        warn(Warnings.W305.format(path=folder, names=SHARDS_FOLDER))


@contextmanager
def replace_shards(folder: Path, *, restart: bool) -> Iterator[None]:
    """Lock a folder for a run without shards, and remove those of earlier runs after it.

    restart: Whether shards may be replaced.
    RAISES ValueError: C340, if they may not, but there are some.
    """
    with FolderLock(folder):
        if not restart:
            refuse_shards(folder)
        yield
        remove_shards(folder)


def list_parts(folder: Path, pattern: re.Pattern[str] = _PART) -> list[Path]:
    """List the seals and then the shards in a folder, of any run."""
    parts: list[Path] = []
    for name in (SEALS_FOLDER, SHARDS_FOLDER):
        if (folder / name).is_dir():
            paths = sorted((folder / name).iterdir())
            parts += [path for path in paths if pattern.fullmatch(path.name)]
    return parts


def get_number(path: Path) -> int:
    """Get the number of a shard from the name of its file or its seal."""
    return int(path.stem.removeprefix("part-"))
