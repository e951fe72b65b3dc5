"""Checkpoints on machines without a network: folders with a manifest of their files.

A folder named by SPACY_CLINICAL_CHECKPOINTS (several are parted as in PATH) holds
checkpoints under the names of their cards, or of their hub ids with "--" for "/".
"""

import hashlib
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from spacy_clinical.errors import Errors

STORE_VARIABLE = "SPACY_CLINICAL_CHECKPOINTS"
MANIFEST = "MANIFEST.json"
CHUNK = 1 << 20


def list_stores() -> list[Path]:
    """The folders that SPACY_CLINICAL_CHECKPOINTS names."""
    value = os.environ.get(STORE_VARIABLE, "")
    return [Path(part).expanduser() for part in value.split(os.pathsep) if part]


def find_stored(names: Iterable[str]) -> Path | None:
    """Find the folder of a checkpoint in the stores.

    names: What it may be called: the name of its card, its hub id.
    """
    for store in list_stores():
        for name in names:
            for folder in (store / name.replace("/", "--"), store / name):
                if (folder / "config.json").is_file():
                    return folder
    return None


def write_manifest(folder: Path, facts: dict[str, Any]) -> Path:
    """Write down what a folder holds: SHA-256 and size (bytes) of each file.

    facts: What else is known of the checkpoint.
    """
    files = {
        path.relative_to(folder).as_posix(): {
            "sha256": find_sha256(path),
            "bytes": path.stat().st_size,
        }
        for path in _list_files(folder)
    }
    path = folder / MANIFEST
    text = json.dumps({**facts, "files": files}, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf8")
    return path


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what `write_manifest` wrote.

    RAISES ValueError: C021, if it is missing or broken.
    """
    try:
        values: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf8"))
        _ = {name: file["sha256"] for name, file in values["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"no readable {MANIFEST} ({type(error).__name__})"
        raise ValueError(Errors.C021.format(path=folder, reason=reason)) from None
    return values


def verify(folder: Path) -> dict[str, Any]:
    """Compare a folder with its manifest.

    RETURNS: The manifest.
    RAISES ValueError: C021, naming the first file that is missing, changed or not in it.
    """
    manifest = read_manifest(folder)
    known = manifest["files"]
    for name, file in sorted(known.items()):
        path = folder / name
        if not path.is_file():
            raise ValueError(
                Errors.C021.format(path=folder, reason=f"{name} is missing")
            )
        if find_sha256(path) != file["sha256"]:
            raise ValueError(
                Errors.C021.format(path=folder, reason=f"{name} was changed")
            )
    for path in _list_files(folder):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            reason = f"{name} is not in its manifest"
            raise ValueError(Errors.C021.format(path=folder, reason=reason))
    return manifest


def write_bundle(folders: Iterable[tuple[str, Path]], output: Path) -> int:
    """Write verified folders into one .tar, to carry to another machine.

    folders: With the names that they get.
    RETURNS: Its size (bytes).
    RAISES ValueError: C021, as `verify`.
    """
    folders = list(folders)
    for _, folder in folders:
        verify(folder)
    partial = output.with_name(f".{output.name}.part")
    with tarfile.open(partial, "w") as archive:
        for name, folder in folders:
            archive.add(folder, name, filter=_forget_owner)
    os.replace(partial, output)
    return output.stat().st_size


def find_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _list_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and path.name != MANIFEST and parts[0][0] != ".":
            yield path


def _forget_owner(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """The same files make the same archive, whoever packs them."""
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    hidden = any(part.startswith(".") for part in Path(info.name).parts[1:])
    return None if hidden else info
