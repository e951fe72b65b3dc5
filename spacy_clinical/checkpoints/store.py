"""Checkpoints on machines without a network: folders with a manifest of their files.

The variable SPACY_CLINICAL_CHECKPOINTS names one or more folders, separated as in PATH.
They hold checkpoints under the names of their cards, or their hub ids with "--" for
"/".
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spacy_clinical.checkpoints.files import (
    MANIFEST,
    READ,
    find_inside,
    find_limit,
    is_inner_name,
    parse_json,
    walk,
)
from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.digests import find_sha256
from spacy_clinical.files.json_text import write_json
from spacy_clinical.files.regular import open_regular

STORE_VARIABLE = "SPACY_CLINICAL_CHECKPOINTS"
# Folders of version control and of the hub's library.
_KEPT_BY_OTHERS = (".git/", ".cache/")
_SHA256 = re.compile("[0-9a-f]{64}")
_REVISION = re.compile(r"[\w.-]{1,100}")
# State of the folders that this process has verified.
_verified: dict[Path, tuple[Any, ...]] = {}


def list_stores() -> list[Path]:
    """List the folders in SPACY_CLINICAL_CHECKPOINTS."""
    value = os.environ.get(STORE_VARIABLE, "")
    return [Path(part).expanduser() for part in value.split(os.pathsep) if part]


def find_stored(names: Iterable[str]) -> Path | None:
    """Find the folder of a checkpoint in the stores.

    names: Possible names: that of its card, its hub id.
    RETURNS: The folder; None if there is none.
    """
    for store in list_stores():
        for name in names:
            for folder in (store / name.replace("/", "--"), store / name):
                if (folder / "config.json").is_file():
                    return folder
    return None


def write_manifest(folder: Path, facts: dict[str, Any]) -> Path:
    """Write a manifest with the SHA-256 and size (bytes) of each file in a folder.

    folder: The folder.
    facts: Other facts about the checkpoint, for the manifest.
    RETURNS: Path of the manifest.
    RAISES ValueError: C021, if a file isn't a regular file, or is a link that leads out
        of the folder.
    """
    files = {}
    for name, _ in walk(folder):
        if name == MANIFEST or name.startswith(_KEPT_BY_OTHERS):
            continue
        path = _find(folder, name)
        size = path.stat().st_size
        files[name] = {"sha256": find_sha256(path), "bytes": size}
    path = folder / MANIFEST
    text = write_json({**facts, "files": files}, indent=1, sort_keys=True)
    with open_atomic(path, is_private=False) as handle:
        handle.write(text + "\n")
    return path


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a folder.

    RAISES ValueError: C021, if it is missing or broken, or names a file outside the
        folder.
    """
    try:
        with open_regular(folder / MANIFEST) as handle:
            data = handle.read(find_limit(MANIFEST) + 1)
        if len(data) > find_limit(MANIFEST):
            raise ValueError("too large")
        values = parse_json(data)
        digests = {name: file["sha256"] for name, file in values["files"].items()}
        if not all(map(_SHA256.fullmatch, digests.values())):
            raise ValueError("no digest")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"no readable {MANIFEST} ({name_type(error)})"
        raise CodedValueError(Errors.C021.format(path=folder, reason=reason)) from None
    if not all(map(is_inner_name, digests)):
        reason = f"{MANIFEST} names a file outside the folder"
        raise CodedValueError(Errors.C021.format(path=folder, reason=reason))
    return values


def read_commit(folder: Path) -> str:
    """Read the commit of a folder from its manifest, or its name in the hub's cache.

    RETURNS: The commit; "" if it is unknown.
    RAISES ValueError: C021, as in `read_manifest`.
    """
    if os.path.lexists(folder / MANIFEST):
        revision = read_manifest(folder).get("revision")
        if isinstance(revision, str) and _REVISION.fullmatch(revision):
            return revision
    return read_snapshot(folder)


def read_snapshot(folder: Path) -> str:
    """Read the commit of a folder in the hub's cache; "" for any other folder."""
    folder = folder.resolve()
    return folder.name if folder.parent.name == "snapshots" else ""


def verify(folder: Path) -> dict[str, Any]:
    """Check all files of a folder, including hidden ones, against its manifest.

    RETURNS: The manifest.
    RAISES ValueError: C021, with the first file that is missing, changed, not in the
        manifest, not a regular file, or a link that leads out of the folder.
    """
    manifest = _verify_named(folder)
    for name, _ in walk(folder):
        if name != MANIFEST and name not in manifest["files"]:
            raise CodedValueError(
                Errors.C021.format(
                    path=folder, reason=f"{_shorten(name)} is not in its manifest"
                )
            )
    return manifest


def verify_once(folder: Path) -> None:
    """Check the files that are read from a folder against its manifest, if it has one.

    A process does this once, and again only if a file has changed.

    RAISES ValueError: C021, as in `verify`, but only for files that are read.
    """
    folder = folder.resolve()
    if not os.path.lexists(folder / MANIFEST):
        return
    state = _find_state(folder)
    if _verified.get(folder) == state:
        return
    listed = _verify_named(folder)["files"]
    for name in sorted(READ):
        if os.path.lexists(folder / name) and name not in listed:
            reason = f"{name} is not in its manifest"
            raise CodedValueError(Errors.C021.format(path=folder, reason=reason))
    _verified[folder] = state


def _find_state(folder: Path) -> tuple[Any, ...]:
    state = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        # For links, the status of the target.
        try:
            info = entry.stat()
        except OSError:
            continue
        state.append((entry.name, info.st_size, info.st_mtime_ns, info.st_ino))
    return tuple(state)


def _verify_named(folder: Path) -> dict[str, Any]:
    """Check the files that are listed in a manifest."""
    manifest = read_manifest(folder)
    for name, file in sorted(manifest["files"].items()):
        path = _find(folder, name)
        size = file.get("bytes", path.stat().st_size)
        if path.stat().st_size != size or find_sha256(path) != file["sha256"]:
            raise changed(folder, name)
    return manifest


def changed(folder: Path, name: str) -> ValueError:
    """Make the error C021 for a file that doesn't match its manifest."""
    reason = f"{_shorten(name)} was changed"
    return CodedValueError(Errors.C021.format(path=folder, reason=reason))


def _find(folder: Path, name: str) -> Path:
    try:
        return find_inside(folder, name)
    except ValueError as error:
        reason = f"{_shorten(name)} {error}"
        raise CodedValueError(Errors.C021.format(path=folder, reason=reason)) from None


def _shorten(name: str) -> str:
    """Make a name printable and short, since a manifest may have any names."""
    printable = "".join(c if c.isprintable() else "?" for c in name)
    return printable if len(printable) <= 80 else f"{printable[:77]}..."
