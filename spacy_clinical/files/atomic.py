"""Files that appear whole or not at all."""

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from spacy_clinical.errors import CodedFileExistsError, Errors
from spacy_clinical.files.leftovers import hold, remove_leftovers


@contextmanager
def open_atomic(path: Path, *, is_private: bool = True) -> Iterator[TextIO]:
    """Open a UTF-8 file for writing that takes its place only when all is written.

    Until then it is a temporary file beside it, which is removed if anything
    fails.

    path: In a folder that exists.
    is_private: Whether only the owner may read it, before and after.
    """
    with replace_atomic(path, is_private=is_private) as made, open_text(made) as file:
        yield file


@contextmanager
def replace_atomic(path: Path, *, is_private: bool = True) -> Iterator[Path]:
    """Name a temporary file that takes its place when all is written.

    For writers that open files themselves; as `open_atomic` otherwise. Temporary files
    that killed processes left of the same file are removed.

    path: In a folder that exists. A link that stands there is replaced, not followed.
    is_private: Whether only the owner may read it, before and after.
    """
    with _make_temporary(path, is_private=is_private) as made:
        yield made
        _sync(made)
        _put(made, path)


@contextmanager
def replace_together(
    paths: Sequence[Path], *, gone: Sequence[Path] = ()
) -> Iterator[list[Path]]:
    """Name temporary files that take their places together when all are written.

    The first is replaced in one step; the others are taken away before, and come after.
    So whatever of them is there belongs together, also if the process is killed on the
    way. If anything else fails, all is as it was.

    paths: In one folder, which exists. The last leads to the others, such as an index.
    gone: Files in it that go with what is replaced.
    """
    for path in (*paths, *gone):
        if path.is_dir() and not path.is_symlink():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with ExitStack() as stack:
        made = [stack.enter_context(_make_temporary(path)) for path in paths]
        yield made
        for part in made:
            _sync(part)
        _swap(made, paths, [path for path in gone if path not in paths])


def open_text(path: Path) -> TextIO:
    """Open a UTF-8 file for writing, as all files are written."""
    # Names of files need not be valid Unicode; in JSON the escape reads back.
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")


@contextmanager
def open_new(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 file for writing in a temporary folder, which takes its place later.

    Only the owner may read it. When it is closed, it is on the disk.

    path: Where nothing is.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(descriptor)
    with open_text(path) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def fill_folder(path: Path) -> Iterator[Path]:
    """Name a temporary folder that takes its place when all its files are written.

    Only the owner may look into it, before and after. Its files are written by
    `open_new` or `replace_atomic`, which see that they are on the disk.

    path: An empty folder, or none; what holds it exists.
    RAISES FileExistsError: C326, if something is there.
    """
    path = path.resolve()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise CodedFileExistsError(Errors.C326.format(path=path))
    remove_leftovers(path)
    with make_folder(path.parent, prefix=f".{path.name}.") as made:
        try:
            yield made
            sync_folder(made)
            if path.exists():
                path.rmdir()
            _put(made, path)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise


@contextmanager
def put_files(folder: Path) -> Iterator[Path]:
    """Name a temporary folder whose files take their places when all are written.

    For libraries that name and open files themselves. If anything fails, the files that
    were there stay as they are.

    folder: Where the files go; made if it doesn't exist. Other files in it stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    remove_leftovers(folder)
    with make_folder(folder.parent, prefix=f".{folder.name}.") as made:
        try:
            yield made
            for path in sorted(made.iterdir()):
                _sync(path)
                os.replace(path, folder / path.name)
            sync_folder(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)


@contextmanager
def make_folder(parent: Path, *, prefix: str) -> Iterator[Path]:
    """Make a new folder that only the owner may look into, and hold it for a while.

    prefix: Of its name.
    """
    while True:
        made = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        with hold(made) as is_there:
            if is_there:
                yield made
                return


def sync_folder(path: Path) -> None:
    """Flush the names of a folder's files to the disk."""
    if os.name == "posix":
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _make_temporary(path: Path, *, is_private: bool = True) -> Iterator[Path]:
    """Make a temporary file beside a file, and remove it if it hasn't been moved."""
    remove_leftovers(path)
    while True:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(descriptor)
        made = Path(name)
        if not is_private:
            made.chmod(0o666 & ~_get_umask())
        with hold(made) as is_there:
            if not is_there:
                continue
            try:
                yield made
            except BaseException:
                with suppress(FileNotFoundError):
                    made.unlink()
                raise
            return


def _get_umask() -> int:
    """The permissions that new files don't get. There is no way to ask but to set it."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def _sync(path: Path) -> None:
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def _put(made: Path, path: Path) -> None:
    """Move what was made to its place, where it stays if power fails."""
    os.replace(made, path)
    sync_folder(path.parent)


def _swap(made: Sequence[Path], paths: Sequence[Path], gone: Sequence[Path]) -> None:
    """Put files in their places, or leave all as it was."""
    # Where to bring what back, or what to remove, if a later step fails.
    undo: list[tuple[Path | None, Path]] = []
    spares: list[Path] = []
    folder = paths[0].parent
    try:
        for path in (*reversed(paths[1:]), *gone):
            spare = _name_spare(path)
            undo.append((spare, path))
            with suppress(FileNotFoundError):
                os.replace(path, spare)
                spares.append(spare)
        sync_folder(folder)
        can_undo = _keep(paths[0], undo, spares)
        os.replace(made[0], paths[0])
        if not can_undo:
            undo.clear()
        for part, path in zip(made[1:], paths[1:], strict=True):
            if can_undo:
                undo.append((None, path))
            os.replace(part, path)
        sync_folder(folder)
    except BaseException:
        _undo(undo)
        raise
    for spare in spares:
        spare.unlink(missing_ok=True)


def _keep(path: Path, undo: list[tuple[Path | None, Path]], spares: list[Path]) -> bool:
    """Keep a file that will be replaced. RETURNS whether that can be undone."""
    spare = _name_spare(path)
    try:
        os.link(path, spare, follow_symlinks=False)
    except FileNotFoundError:
        undo.append((None, path))
    # Not every file system has links.
    except OSError:
        return False
    else:
        spares.append(spare)
        undo.append((spare, path))
    return True


def _undo(steps: Sequence[tuple[Path | None, Path]]) -> None:
    """Go back step by step, the last first; not beyond one that fails."""
    with suppress(OSError):
        for spare, path in reversed(steps):
            if spare is None:
                path.unlink(missing_ok=True)
            elif os.path.lexists(spare):
                os.replace(spare, path)
                # Two names of one file stay where they are.
                spare.unlink(missing_ok=True)


def _name_spare(path: Path) -> Path:
    """A name beside a file that a later run knows as a leftover."""
    return path.with_name(f".{path.name}.k{secrets.token_hex(4)[1:]}")
