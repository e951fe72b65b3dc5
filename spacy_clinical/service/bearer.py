"""The token that callers show, from a file or from the environment."""

import hashlib
import hmac
import os
import re
from pathlib import Path

from spacy_clinical.errors import CodedValueError, Errors

TOKEN_VARIABLE = "SPACY_CLINICAL_TOKEN"
# Shorter tokens can be found by trying.
MIN_CHARS = 16
MAX_BYTES = 4096
# Those of RFC 6750.
_TOKEN = re.compile(rb"[A-Za-z0-9._~+/-]+=*")
_SCHEME = b"bearer "


class Token:
    """A secret that doesn't show in messages, and is compared in constant time.

    RAISES ValueError: C994, if it is too short, or a header can't hold it.
    """

    def __init__(self, secret: bytes, where: str = "the settings") -> None:
        if len(secret) < MIN_CHARS:
            raise _make_error(where, f"it has fewer than {MIN_CHARS} characters")
        if not _TOKEN.fullmatch(secret):
            raise _make_error(where, "it has characters that tokens may not have")
        self._digest = hashlib.sha256(secret).digest()

    def __repr__(self) -> str:
        return "Token(...)"

    def is_in(self, header: bytes) -> bool:
        """Check whether a header `Authorization` has the token."""
        given = header[len(_SCHEME) :].strip()
        # The lengths of digests say nothing of the lengths of tokens.
        is_same = hmac.compare_digest(hashlib.sha256(given).digest(), self._digest)
        return is_same and header[: len(_SCHEME)].lower() == _SCHEME


def load_token(path: Path | None = None) -> Token | None:
    """Load the token from a file, or else from the variable SPACY_CLINICAL_TOKEN.

    path: A file with the token. White space at its ends doesn't count.
    RETURNS: None, if there is neither.
    RAISES ValueError: C994, if it can't be read or used.
    """
    if path is not None:
        where = f"the file '{path}'"
        return Token(_read(path, where).strip(), where)
    value = os.environ.get(TOKEN_VARIABLE, "")
    where = f"the variable {TOKEN_VARIABLE}"
    secret = value.encode("utf8", "surrogateescape").strip()
    return Token(secret, where) if secret else None


def _read(path: Path, where: str) -> bytes:
    try:
        # A pipe is fine: some tools pass secrets that way.
        with path.open("rb") as handle:
            data = handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise _make_error(where, error.strerror or type(error).__name__) from None
    if len(data) > MAX_BYTES:
        raise _make_error(where, f"it has more than {MAX_BYTES} bytes")
    return data


def _make_error(where: str, reason: str) -> CodedValueError:
    return CodedValueError(Errors.C994.format(where=where, reason=reason))
