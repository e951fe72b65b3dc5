"""Atomic writing: files appear complete or not at all."""

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
    """Open a UTF-8 file for writing, which replaces its target when it is complete.

    Until then it is a temporary file in the same folder. It is removed if anything
    fails.

    path: The target, in an existing folder.
    is_private: Whether only the owner can read the file.
    YIELDS: The open file.
    """
    with replace_atomic(path, is_private=is_private) as made, open_text(made) as file:
        yield file


@contextmanager
def replace_atomic(path: Path, *, is_private: bool = True) -> Iterator[Path]:
    """Create a temporary file, which replaces its target when it is complete.

    This is `open_atomic` for writers that open files themselves. Temporary files that
    killed processes have left for the same target are removed.

    path: The target, in an existing folder. A link is replaced, not followed.
    is_private: Whether only the owner can read the file.
    YIELDS: Path of the temporary file.
    """
    with _make_temporary(path, is_private=is_private) as made:
        yield made
        if not is_private:
            # Some libraries, such as safetensors, write files of their owner's.
            _share(made)
        _sync(made)
        _put(made, path)


@contextmanager
def replace_together(
    paths: Sequence[Path], *, gone: Sequence[Path] = ()
) -> Iterator[list[Path]]:
    """Create temporary files, which replace their targets together when complete.

    First the other targets are removed, then the first one is replaced, then the others
    appear. So the files that exist always belong together, even if the process is
    killed. If anything fails, the old files are restored.

    paths: The targets, in one existing folder. The last one leads to the others, such
        as an index.
    gone: Other files in the folder to remove with the old targets.
    YIELDS: Paths of the temporary files.
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
    """Open a UTF-8 file for writing, with the package's settings."""
    # File names may not be valid Unicode. In JSON, the escape can be read back.
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")


@contextmanager
def open_new(path: Path) -> Iterator[TextIO]:
    """Open a new UTF-8 file for writing, in a temporary folder.

    Only the owner can read it. It is flushed to the disk when it is closed.

    path: A path that doesn't exist.
    YIELDS: The open file.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(descriptor)
    with open_text(path) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def fill_folder(path: Path, *, is_private: bool = True) -> Iterator[Path]:
    """Create a temporary folder, which takes its target's place when it is complete.

    Write its files with `open_new` or `replace_atomic`, which flush them to the disk.

    path: The target: an empty folder or a new one, in an existing folder.
    is_private: Whether only the owner can open the folder.
    YIELDS: Path of the temporary folder.
    RAISES FileExistsError: C326, if the target exists and isn't an empty folder.
    """
    path = path.resolve()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise CodedFileExistsError(Errors.C326.format(path=path))
    remove_leftovers(path)
    with make_folder(path.parent, prefix=f".{path.name}.") as made:
        try:
            yield made
            if not is_private:
                _share(made)
            sync_folder(made)
            if path.exists():
                path.rmdir()
            _put(made, path)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise


@contextmanager
def put_files(folder: Path) -> Iterator[Path]:
    """Create a temporary folder, whose files are moved to a target when complete.

    This is for libraries that name and open files themselves. Others may read the files,
    as far as the umask allows. If anything fails, the old files stay.

    folder: The target folder; created if it doesn't exist. Other files in it stay.
    YIELDS: Path of the temporary folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    remove_leftovers(folder)
    with make_folder(folder.parent, prefix=f".{folder.name}.") as made:
        try:
            yield made
            for path in sorted(made.iterdir()):
                _share(path)
                _sync(path)
                os.replace(path, folder / path.name)
            sync_folder(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)


@contextmanager
def make_folder(parent: Path, *, prefix: str) -> Iterator[Path]:
    """Create a temporary folder that only the owner can open, and lock it.

    parent: The folder to create it in.
    prefix: Prefix of its name.
    YIELDS: Path of the folder, locked until the context ends.
    """
    while True:
        made = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        with hold(made) as is_there:
            if is_there:
                yield made
                return


def sync_folder(path: Path) -> None:
    """Flush a folder's directory entries to the disk."""
    if os.name == "posix":
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _make_temporary(path: Path, *, is_private: bool = True) -> Iterator[Path]:
    """Create a temporary file next to its target, and remove it after an error."""
    remove_leftovers(path)
    while True:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(descriptor)
        made = Path(name)
        if not is_private:
            _share(made)
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


def _share(path: Path) -> None:
    """Let others read and write a file or a folder, as far as the umask allows."""
    # Only setting it tells what it was.
    umask = os.umask(0o077)
    os.umask(umask)
    path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)


def _sync(path: Path) -> None:
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def _put(made: Path, path: Path) -> None:
    """Move a file or folder to its target, and flush that to the disk."""
    os.replace(made, path)
    sync_folder(path.parent)


def _swap(made: Sequence[Path], paths: Sequence[Path], gone: Sequence[Path]) -> None:
    """Move files to their targets, or restore the old files if that fails."""
    # If a later step fails: spare copies to move back, or None to remove the target.
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
    """Keep a spare copy of a file. RETURNS: Whether replacing it can be undone."""
    spare = _name_spare(path)
    try:
        os.link(path, spare, follow_symlinks=False)
    except FileNotFoundError:
        undo.append((None, path))
    # Some file systems have no hard links.
    except OSError:
        return False
    else:
        spares.append(spare)
        undo.append((spare, path))
    return True


def _undo(steps: Sequence[tuple[Path | None, Path]]) -> None:
    """Undo steps in reverse order, until one fails."""
    with suppress(OSError):
        for spare, path in reversed(steps):
            if spare is None:
                path.unlink(missing_ok=True)
            elif os.path.lexists(spare):
                os.replace(spare, path)
                # os.replace does nothing if both are links to the same file.
                spare.unlink(missing_ok=True)


def _name_spare(path: Path) -> Path:
    """Make a name next to a file that later runs recognize as a leftover."""
    return path.with_name(f".{path.name}.k{secrets.token_hex(4)[1:]}")
