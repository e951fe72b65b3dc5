"""Find the files that hold forms."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from spacy_clinical.errors import CodedFileNotFoundError, Errors
from spacy_clinical.files.own_outputs import OwnOutputs, warn_of_own
from spacy_clinical.files.regular import show_path
from spacy_clinical.files.walk import Walk
from spacy_clinical.forms.adapters.table import list_suffixes
from spacy_clinical.types import list_names


def list_forms(
    paths: str | Sequence[str], *, skip: Collection[Path] = ()
) -> list[Path]:
    """Find the files that hold forms, folders in depth and in order of name.

    paths: Files or folders. A file named here is read whatever its ending; in folders
        the ending decides.
    skip (resolved): Files and folders to leave out, such as earlier output.
    RETURNS: Also folders inside that can't be read, so that reading them fails.
    RAISES FileNotFoundError: C301, if a path does not exist; C518, if there are none.
    """
    forms: list[Path] = []
    own, suffixes = OwnOutputs(), list_suffixes()
    for name in list_names(paths):
        if os.path.isdir(name):
            walk = Walk(Path(name), skip)
            files = own.leave_out(walk, Path(name))
            forms += [path for path in files if path.suffix.lower() in suffixes]
            forms += [folder for folder, _ in walk.unreadable]
            walk.warn_of_links()
        elif os.path.exists(name):
            forms.append(Path(name))
        else:
            raise CodedFileNotFoundError(Errors.C301.format(path=show_path(name)))
    warn_of_own(own, paths)
    if not forms:
        names = ", ".join(sorted(suffixes))
        raise CodedFileNotFoundError(
            Errors.C518.format(source=", ".join(paths), suffixes=names)
        )
    return forms
