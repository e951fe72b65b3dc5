"""The secret that surrogates and shifts of dates follow from.

The same key gives the same surrogates in every process and every run, and without it
they can't be told from others. It is read from a file or from the environment, and is
never written anywhere.
"""

import hmac
import os
import secrets
from pathlib import Path

from spacy_clinical.errors import CodedValueError, Errors, Warnings, warn

KEY_VARIABLE = "SPACY_CLINICAL_KEY"
# Shorter keys can be found by trying.
MIN_BYTES = 16
MAX_BYTES = 4096


class Key:
    """A secret key, which doesn't show in messages.

    secret: At least 16 bytes that can't be guessed; a text is read as UTF-8.
    RAISES ValueError: C891, if it is too short.
    """

    def __init__(self, secret: bytes | str) -> None:
        if isinstance(secret, str):
            secret = secret.encode("utf8", "surrogateescape")
        if len(secret) < MIN_BYTES:
            reason = f"it has {len(secret)} bytes"
            raise CodedValueError(Errors.C891.format(where="the key", reason=reason))
        self._secret = secret

    def __repr__(self) -> str:
        return "Key(...)"

    def draw(self, *parts: str) -> int:
        """Draw a number of 256 bits that follows from the key and some texts."""
        # Lengths keep ("a", "bc") apart from ("ab", "c").
        sizes = ",".join(str(len(part)) for part in parts)
        message = "\0".join([sizes, *parts]).encode("utf8", "surrogatepass")
        return int.from_bytes(hmac.digest(self._secret, message, "sha256"), "big")

    def sign(self) -> str:
        """Make a mark by which runs with different keys can be told apart."""
        return f"{self.draw('mark') >> 192:016x}"


def make_key() -> Key:
    """Make a random key, which is lost when the process ends."""
    return Key(secrets.token_bytes(32))


def load_key(path: str | Path | None = None) -> Key:
    """Load the key from a file, or else from the variable SPACY_CLINICAL_KEY.

    Without either a random key is made, which a warning says (W890).

    path: A file with the key. White space at its ends doesn't count.
    RAISES ValueError: C891, if the key is too short, or the file can't be read.
    """
    if path is not None:
        return Key(_strip(_read(Path(path)), f"the file '{path}'"))
    value = os.environ.get(KEY_VARIABLE)
    if value is not None:
        data = value.encode("utf8", "surrogateescape")
        return Key(_strip(data, f"the variable {KEY_VARIABLE}"))
    warn(Warnings.W890.format(variable=KEY_VARIABLE))
    return make_key()


def _read(path: Path) -> bytes:
    where = f"the file '{path}'"
    try:
        # A pipe is fine: some tools pass secrets that way.
        with path.open("rb") as handle:
            data = handle.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CodedValueError(Errors.C891.format(where=where, reason=reason)) from None
    if len(data) > MAX_BYTES:
        reason = f"it has more than {MAX_BYTES} bytes"
        raise CodedValueError(Errors.C891.format(where=where, reason=reason))
    return data


def _strip(data: bytes, where: str) -> bytes:
    data = data.strip()
    if len(data) < MIN_BYTES:
        reason = f"it has {len(data)} bytes"
        raise CodedValueError(Errors.C891.format(where=where, reason=reason))
    return data
