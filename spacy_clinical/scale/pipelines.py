"""Pipelines that a process loads once and keeps."""

from pathlib import Path

import spacy
from spacy.language import Language

from spacy_clinical.about import __version__
from spacy_clinical.errors import CodedOSError, Errors, name_type
from spacy_clinical.models import load
from spacy_clinical.models.code import import_code
from spacy_clinical.scale.workers import WARM_UP, annotate_chunk

_LOADED: dict[str, Language] = {}


def load_once(name: str, *, folder: Path | None = None, code: str = "") -> Language:
    """Load a pipeline, or return it if it is already loaded.

    name: Pipeline: shipped, installed, or a folder.
    folder: Folder with the files that were sent with a job. It is searched first.
    code: The user's Python file to import before; also searched for in `folder`.
    RAISES OSError: C314, if the pipeline can't be loaded; C360, if the code can't be
        imported.
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
        # Initializes what is made on first use, also for forked processes.
        annotate_chunk(nlp, [WARM_UP])
        _LOADED[name] = nlp
    return _LOADED[name]


def make_form_pipeline() -> Language:
    """Make the pipeline that extracts the fields of forms with the model that ships."""
    nlp = spacy.blank("en")
    nlp.meta["name"], nlp.meta["version"] = "form_extractor", __version__
    nlp.add_pipe("clinical_form_extractor")
    return nlp
