"""Metadata of a run in shards: run.json, and a seal for each finished shard.

These files may come from anyone, so files with an unexpected content count as broken.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, TypeGuard, cast

from spacy.language import Language

from spacy_clinical.about import __version__
from spacy_clinical.files.digests import find_sha256
from spacy_clinical.files.json_text import read_json, write_json
from spacy_clinical.models import get_title
from spacy_clinical.types import Note


class Failed(TypedDict):
    """A note that failed.

    number: Index of the note in its shard.
    """

    number: int
    id: str
    source: str
    error: dict[str, Any]


class Seal(TypedDict):
    """Metadata of a finished shard.

    n_notes: Number of its notes.
    sha256: Digest of its notes.
    with_text: Whether its records quote the notes.
    shard_sha256: Digest of its file.
    failed: Its notes that failed, in order.
    """

    n_notes: int
    sha256: str
    with_text: bool
    shard_sha256: str
    failed: list[Failed]


def read_seal(path: Path, *, size: int) -> Seal | None:
    """Read a seal; None if it is missing, broken or from an earlier version.

    size (notes): Size of a full shard.
    """
    value = _read_json(path)
    if not isinstance(value, dict):
        return None
    n_notes, failed = value.get("n_notes"), value.get("failed")
    is_seal = (
        _is_number(n_notes, 1, size)
        and isinstance(value.get("with_text"), bool)
        and all(isinstance(value.get(key), str) for key in ("sha256", "shard_sha256"))
        and isinstance(failed, list)
        and all(_is_failed(row, n_notes) for row in failed)
    )
    if not is_seal:
        return None
    numbers = [row["number"] for row in value["failed"]]
    return cast(Seal, value) if numbers == sorted(set(numbers)) else None


def read_run(path: Path) -> dict[str, Any] | None:
    """Read the description of a run; None if it is missing or broken.

    RETURNS: The output of `describe_run`, with the keys that `ShardWriter` adds.
    """
    value = _read_json(path)
    is_run = (
        isinstance(value, dict)
        and _is_number(value.get("shard_size"), 1, None)
        and isinstance(value.get("with_text"), bool)
        and isinstance(value.get("earlier"), list)
        and all(isinstance(run, dict) for run in value["earlier"])
        and isinstance(value.get("done"), dict | None)
    )
    return cast(dict[str, Any], value) if is_run else None


def digest_notes(notes: Sequence[Note]) -> str:
    """Compute the SHA-256 of notes' ids and texts, in hexadecimal digits."""
    digest = hashlib.sha256()
    for note in notes:
        for part in (note.id, note.text):
            data = part.encode("utf8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _read_json(path: Path) -> Any:
    # Opening a pipe would block.
    if not path.is_file():
        return None
    try:
        text = path.read_bytes().decode("utf8")
        value = read_json(text)
        # It will be written again, so it must be valid JSON, without Infinity.
        if value != json.loads(text):
            return None
        write_json(value)
    except (OSError, ValueError, RecursionError):
        return None
    return value


def _is_number(value: Any, least: int, most: int | None) -> TypeGuard[int]:
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return is_int and least <= value and (most is None or value <= most)


def _is_failed(row: Any, n_notes: int) -> bool:
    return (
        isinstance(row, dict)
        and _is_number(row.get("number"), 0, n_notes - 1)
        and all(isinstance(row.get(key), str) for key in ("id", "source"))
        and isinstance(row.get("error"), dict)
    )


def describe_run(
    nlp: Language,
    *,
    shard_size: int,
    with_text: bool,
    components: Mapping[str, Any],
    attributes: Sequence[str] = (),
    code: Path | None = None,
    task: str = "annotate",
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Describe everything that determines the records of a run.

    nlp: The pipeline.
    shard_size (notes): Size of a shard.
    with_text: Whether records quote the notes.
    components: Descriptions of the pipeline's components: the provenance of a record.
    attributes: Custom attributes in the records.
    code: The user's Python file that was imported before.
    task: The command.
    settings: What else determines the records.
    """
    return {
        "package": __version__,
        "pipeline": get_title(nlp),
        "pipeline_sha256": _digest_pipeline(nlp),
        "components": dict(components),
        "with_text": with_text,
        "shard_size": shard_size,
        "attributes": list(attributes),
        "code_sha256": "" if code is None else find_sha256(code),
        "task": task,
        **(settings or {}),
    }


def _digest_pipeline(nlp: Language) -> str:
    """Compute the SHA-256 of a pipeline's files, or else of its serialized bytes."""
    digest = hashlib.sha256()
    if not isinstance(nlp.path, Path):
        digest.update(nlp.to_bytes())
        return digest.hexdigest()
    for path in sorted(path for path in nlp.path.rglob("*") if path.is_file()):
        digest.update(path.relative_to(nlp.path).as_posix().encode("utf8"))
        digest.update(find_sha256(path).encode("ascii"))
    return digest.hexdigest()
