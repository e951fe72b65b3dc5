"""Where a run in shards keeps what, and how all of it goes."""

import re
from contextlib import suppress
from pathlib import Path

from spacy_clinical.errors import CodedValueError, Errors, Warnings, warn
from spacy_clinical.files.leftovers import TOKEN
from spacy_clinical.files.lock import LOCK_FILE
from spacy_clinical.scale.seals import read_run

RUN_FILE, FAILURES_FILE = "run.json", "failures.jsonl"
SHARDS_FOLDER, SEALS_FOLDER = "shards", "seals"
_PART = re.compile(r"part-(\d{6,})\.jsonl?")
TEMPORARY = re.compile(rf"\.{_PART.pattern}\.{TOKEN}")


def list_shard_outputs(folder: Path) -> list[Path]:
    """Name all that `ShardWriter` may write, so that it is not read as notes."""
    names = (RUN_FILE, FAILURES_FILE, SHARDS_FOLDER, SEALS_FOLDER, LOCK_FILE)
    return [(folder / name).resolve() for name in names]


def refuse_shards(folder: Path) -> None:
    """Keep a run without shards from going beside one with them.

    RAISES ValueError: C340, if there are some.
    """
    if list_parts(folder):
        raise CodedValueError(Errors.C340.format(path=folder))


def remove_shards(folder: Path) -> None:
    """Remove all that `ShardWriter` wrote, and no other files."""
    n_shards = len({path.name for path in list_parts(folder)})
    # Seals go first: what has none isn't finished.
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


def list_parts(folder: Path, pattern: re.Pattern[str] = _PART) -> list[Path]:
    """List the seals and shards in a folder, of any run; seals come first."""
    found: list[Path] = []
    for name in (SEALS_FOLDER, SHARDS_FOLDER):
        if (folder / name).is_dir():
            paths = sorted((folder / name).iterdir())
            found += [path for path in paths if pattern.fullmatch(path.name)]
    return found


def get_number(path: Path) -> int:
    """Get the number of a shard, of the name of its file or of its seal."""
    return int(path.stem.removeprefix("part-"))
