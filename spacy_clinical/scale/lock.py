"""Keep two runs from writing to the same folder at once."""

from spacy_clinical.export.lock import LOCK_FILE, PATIENCE, FolderLock

__all__ = ["LOCK_FILE", "PATIENCE", "FolderLock"]
