"""Clean notes as text files, one for each, for programs that read nothing else."""

from collections.abc import Iterable
from pathlib import Path

from spacy_clinical.errors import CodedFileExistsError, Errors
from spacy_clinical.export.clean_folder import read_clean
from spacy_clinical.files.atomic import fill_folder, open_new
from spacy_clinical.files.names import FileNames

TEXTS_FOLDER = "texts"


def check_texts_folder(folder: Path) -> None:
    """Check that there are no texts of an earlier run, which may tell what is removed.

    folder: The output folder.
    RAISES FileExistsError: C326, if there are.
    """
    path = folder / TEXTS_FOLDER
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise CodedFileExistsError(Errors.C326.format(path=path))


def write_clean_texts(folder: Path, paths: Iterable[Path]) -> int:
    """Write the texts of a run that is done, all together. Failed notes have none.

    folder: The output folder. Files of its folder "texts" are named after the ids.
    paths: The files of the run's records.
    RETURNS: The number of texts.
    RAISES FileExistsError: C326, if there are texts of an earlier run.
    """
    names = FileNames()
    n_texts = 0
    with fill_folder(folder / TEXTS_FOLDER) as made:
        for record in read_clean(paths):
            if record["error"] is None:
                with open_new(made / f"{names.make(record['id'])}.txt") as handle:
                    handle.write(record["text"])
                n_texts += 1
    return n_texts
