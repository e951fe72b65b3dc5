"""What a run in shards says of itself: run.json, and a seal for each finished shard.

Whoever reads them can't know who wrote them: what isn't as it should be counts as broken.
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

    number: Its number in its shard.
    """

    number: int
    id: str
    source: str
    error: dict[str, Any]


class Seal(TypedDict):
    """What a finished shard was made of.

    sha256: Of its notes.
    with_text: Whether it quotes them.
    shard_sha256: Of its file.
    failed: Its notes that failed, in their order.
    """

    n_notes: int
    sha256: str
    with_text: bool
    shard_sha256: str
    failed: list[Failed]


def read_seal(path: Path, *, size: int) -> Seal | None:
    """Read a seal; None if there is none, or it is broken, or of an earlier version.

    size (notes): Of a whole shard.
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
    """Read what a run says of itself; None if it can't be.

    RETURNS: As `describe_run` and `ShardWriter` make it.
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
    """Find the SHA-256 of notes' ids and texts, in hexadecimal digits."""
    digest = hashlib.sha256()
    for note in notes:
        for part in (note.id, note.text):
            data = part.encode("utf8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _read_json(path: Path) -> Any:
    # Opening a pipe would wait for whoever writes to it.
    if not path.is_file():
        return None
    try:
        text = path.read_bytes().decode("utf8")
        value = read_json(text)
        # It will be written again, so it must be JSON all through: no infinity.
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
) -> dict[str, Any]:
    """Describe what makes the records of a run what they are.

    shard_size (notes): Of a shard.
    with_text: Whether records quote the notes.
    components: What the pipeline's components say of themselves: the provenance of a
        record.
    attributes: Those that are put into the records.
    code: The user's own file that was imported before.
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
    }


def _digest_pipeline(nlp: Language) -> str:
    """SHA-256 of a pipeline's files, or of what it would be saved as."""
    digest = hashlib.sha256()
    if not isinstance(nlp.path, Path):
        digest.update(nlp.to_bytes())
        return digest.hexdigest()
    for path in sorted(path for path in nlp.path.rglob("*") if path.is_file()):
        digest.update(path.relative_to(nlp.path).as_posix().encode("utf8"))
        digest.update(find_sha256(path).encode("ascii"))
    return digest.hexdigest()
