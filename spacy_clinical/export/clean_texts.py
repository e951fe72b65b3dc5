"""Clean notes as text files, one for each, for programs that read nothing else."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from spacy_clinical.errors import CodedFileExistsError, Errors
from spacy_clinical.export.clean_folder import read_clean
from spacy_clinical.files.atomic import fill_folder, open_new
from spacy_clinical.files.names import FileNames

TEXTS_FOLDER = "texts"


def list_earlier_texts(folder: Path, paths: Iterable[Path]) -> list[Path]:
    """List the texts of an earlier run, which may tell what another one removes.

    Only those count that are as the records say: others are somebody's own.

    folder: The output folder.
    paths: The files of the earlier run's records, as far as there are any.
    """
    texts = folder / TEXTS_FOLDER
    if texts.is_symlink() or not texts.is_dir():
        return []
    names = FileNames()
    own = []
    for record in _read_earlier(paths):
        path = texts / f"{names.make(record['id'])}.txt"
        if path.is_file() and not path.is_symlink() and _holds(path, record["text"]):
            own.append(path)
    return own


def check_texts_folder(folder: Path, earlier: Iterable[Path]) -> None:
    """Check that there is nothing but texts of an earlier run.

    folder: The output folder.
    earlier: These texts.
    RAISES FileExistsError: C326, if there is.
    """
    path = folder / TEXTS_FOLDER
    if path.exists() and (not path.is_dir() or {*path.iterdir()} - {*earlier}):
        raise CodedFileExistsError(Errors.C326.format(path=path))


def write_clean_texts(
    folder: Path, paths: Sequence[Path], earlier: Iterable[Path]
) -> int:
    """Write the texts of a run that is done, all together, instead of earlier ones.

    folder: The output folder. Files of its folder "texts" are named after the ids.
    paths: The files of the run's records; none if there will be no texts.
    earlier: The texts of an earlier run. Their folder goes if nothing else is in it.
    RETURNS: The number of texts. Failed notes have none.
    RAISES FileExistsError: C326, if there is anything else where they go.
    """
    texts = folder / TEXTS_FOLDER
    for path in earlier:
        path.unlink(missing_ok=True)
    if texts.is_dir() and not texts.is_symlink() and not any(texts.iterdir()):
        texts.rmdir()
    if not paths:
        return 0
    names = FileNames()
    n_texts = 0
    with fill_folder(texts) as made:
        for record in read_clean(paths):
            if record["error"] is None:
                with open_new(made / f"{names.make(record['id'])}.txt") as handle:
                    handle.write(record["text"])
                n_texts += 1
    return n_texts


def _read_earlier(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Read the records that have texts, up to one that can't be read."""
    for path in paths:
        if not path.is_file():
            continue
        try:
            for record in read_clean([path]):
                if record["error"] is None and isinstance(record["text"], str):
                    yield {"id": record["id"], "text": record["text"]}
        except (ValueError, KeyError, TypeError, OSError):
            return


def _holds(path: Path, text: str) -> bool:
    """Check whether a file holds a text."""
    made = text.encode("utf8", "surrogatepass")
    return path.stat().st_size == len(made) and path.read_bytes() == made
