"""Digests of files."""

import hashlib
from pathlib import Path

from spacy_clinical.files.regular import open_regular

CHUNK = 1 << 20


def find_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with open_regular(path) as handle:
        while chunk := handle.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
