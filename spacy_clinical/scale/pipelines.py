"""Pipelines that a process loads once, for all that it is asked to do."""

from pathlib import Path

from spacy.language import Language

from spacy_clinical.errors import CodedOSError, Errors, name_type
from spacy_clinical.models import load
from spacy_clinical.models.code import import_code
from spacy_clinical.scale.workers import WARM_UP, annotate_chunk

_LOADED: dict[str, Language] = {}


def load_once(name: str, *, folder: Path | None = None, code: str = "") -> Language:
    """Load a pipeline, or take the one of that name that was loaded before.

    name: A pipeline: shipped, installed, or a folder.
    folder: Where folders that were sent with a job are; looked for there first.
    code: The user's own Python file, to be imported before; looked for there, too.
    RAISES OSError: C314, if it can't be loaded; C360, if the code can't.
    """
    if name not in _LOADED:
        if code:
            places = [Path(code)]
            if folder is not None:
                places.insert(0, folder / Path(code).name)
            import_code(next((p for p in places if p.is_file()), places[-1]))
        sent = None if folder is None else folder / name
        try:
            nlp = load(sent if sent is not None and sent.is_dir() else name)
        except (OSError, ValueError, ImportError) as error:
            reason = f"{name_type(error)}: {error}"
            raise CodedOSError(Errors.C314.format(name=name, error=reason)) from error
        # So that what it makes ready on first use is there, also for forked processes.
        annotate_chunk(nlp, [WARM_UP])
        _LOADED[name] = nlp
    return _LOADED[name]
