"""Pipelines that a process loads once, for all that it is asked to do."""

from pathlib import Path

from spacy.language import Language

from spacy_clinical.errors import Errors
from spacy_clinical.models import load
from spacy_clinical.scale.workers import WARM_UP, annotate_chunk

_LOADED: dict[str, Language] = {}


def load_once(name: str, *, folder: Path | None = None) -> Language:
    """Load a pipeline, or take the one of that name that was loaded before.

    name: A pipeline: shipped, installed, or a folder.
    folder: Where folders that were sent with a job are; looked for there first.
    RAISES OSError: C314, if it can't be loaded.
    """
    if name not in _LOADED:
        sent = None if folder is None else folder / name
        try:
            nlp = load(sent if sent is not None and sent.is_dir() else name)
        except (OSError, ValueError, ImportError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise OSError(Errors.C314.format(name=name, error=reason)) from error
        # So that what it makes ready on first use is there, also for forked processes.
        annotate_chunk(nlp, [WARM_UP])
        _LOADED[name] = nlp
    return _LOADED[name]
