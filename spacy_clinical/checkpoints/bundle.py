"""Checkpoints in one .tar, to carry to another machine."""

import hashlib
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from spacy_clinical.checkpoints.files import MANIFEST, find_inside
from spacy_clinical.checkpoints.store import changed, read_manifest
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.atomic import replace_atomic
from spacy_clinical.files.regular import open_regular


def write_bundle(folders: Iterable[tuple[str, Path]], output: Path) -> int:
    """Write the files that the manifests of folders name into one .tar.

    Links into a cache of the hub become the files that they lead to. All entries are
    plain files and folders, whatever the folders hold besides.

    folders: With the names that they get.
    RETURNS: Its size (bytes).
    RAISES ValueError: C021, if a file isn't as its manifest says; C027, if two folders
        have one name. Nothing is left then.
    """
    folders = list(folders)
    names = [name for name, _ in folders]
    for name in names:
        if names.count(name) > 1:
            raise CodedValueError(Errors.C027.format(name=name))
    with (
        replace_atomic(output, is_private=False) as part,
        tarfile.open(part, "w") as archive,
    ):
        for name, folder in folders:
            _add_folder(archive, name, folder)
    return output.stat().st_size


def _add_folder(archive: tarfile.TarFile, name: str, folder: Path) -> None:
    known = read_manifest(folder)["files"]
    inner = {
        "/".join(file.split("/")[:i])
        for file in known
        for i in range(file.count("/") + 1)
    }
    for below in sorted(inner | {""}):
        info = tarfile.TarInfo(f"{name}/{below}".rstrip("/"))
        info.type, info.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(info)
    for file in sorted({*known, MANIFEST}):
        digest = known[file]["sha256"] if file != MANIFEST else None
        try:
            path = find_inside(folder, file)
        except ValueError as error:
            reason = f"{file} {error}"
            raise CodedValueError(
                Errors.C021.format(path=folder, reason=reason)
            ) from None
        with open_regular(path) as handle:
            # The same files make the same archive, whoever packs them and when.
            info = tarfile.TarInfo(f"{name}/{file}")
            info.size, info.mode = os.fstat(handle.fileno()).st_size, 0o644
            packed = _Hashed(handle)
            archive.addfile(info, packed)
        if digest is not None and packed.digest.hexdigest() != digest:
            raise changed(folder, file)


class _Hashed:
    """A file that is hashed as it is read, so that what is packed is what was checked."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._handle.read(size)
        self.digest.update(data)
        return data
