"""Checkpoints in one .tar file, to copy to another machine."""

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
    """Pack the files listed in the manifests of folders into one .tar file.

    Links into the hub's cache are replaced by their files, so that the archive only has
    regular files and folders.

    folders: Names in the archive, and folders.
    output: The .tar file to write.
    RETURNS: Size of the archive (bytes).
    RAISES ValueError: C021, if a file doesn't match its manifest; C027, if two folders
        have the same name. Nothing is written then.
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
    files = read_manifest(folder)["files"]
    inner = {
        "/".join(file.split("/")[:i])
        for file in files
        for i in range(file.count("/") + 1)
    }
    for below in sorted(inner | {""}):
        info = tarfile.TarInfo(f"{name}/{below}".rstrip("/"))
        info.type, info.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(info)
    for file in sorted({*files, MANIFEST}):
        digest = files[file]["sha256"] if file != MANIFEST else None
        try:
            path = find_inside(folder, file)
        except ValueError as error:
            reason = f"{file} {error}"
            raise CodedValueError(
                Errors.C021.format(path=folder, reason=reason)
            ) from None
        with open_regular(path) as handle:
            # No owner and no time, so that equal files give equal archives.
            info = tarfile.TarInfo(f"{name}/{file}")
            info.size, info.mode = os.fstat(handle.fileno()).st_size, 0o644
            packed = _Hashed(handle)
            archive.addfile(info, packed)
        if digest is not None and packed.digest.hexdigest() != digest:
            raise changed(folder, file)


class _Hashed:
    """A file that is hashed while it is packed, so that both see the same bytes."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read and hash bytes."""
        data = self._handle.read(size)
        self.digest.update(data)
        return data
