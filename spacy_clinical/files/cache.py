"""The folder for what can be made again: vocabularies unpacked, facts found out."""

import os
import sys
from pathlib import Path

CACHE_VARIABLE = "SPACY_CLINICAL_CACHE"


def find_cache() -> Path:
    """Find the folder for caches, as the system has it.

    The variable SPACY_CLINICAL_CACHE names another one.
    """
    if value := os.environ.get(CACHE_VARIABLE):
        return Path(value).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "spacy_clinical"
