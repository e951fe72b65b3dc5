"""Check questions and hypotheses."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from thinc.api import Config

from spacy_clinical.errors import CodedValueError, Errors

# Configs double these when they are saved, each time anew.
_DOLLARS = re.compile(r"\${2,}")


def read_asked(
    asked: str | Sequence[str] | Mapping[str, str], *, name: str
) -> dict[str, str]:
    """Make questions or hypotheses by their names.

    asked: One, several, or by name. Without names, each is its own.
    name: The component, for errors.
    RAISES ValueError: C974, if one isn't a text; C962, if one has no words.
    """
    if isinstance(asked, str) or not isinstance(asked, Iterable):
        asked = [asked]
    # Configs and code may give anything.
    pairs: Iterable[tuple[Any, Any]]
    pairs = asked.items() if isinstance(asked, Mapping) else ((t, t) for t in asked)
    words: dict[str, str] = {}
    for number, (key, text) in enumerate(pairs, start=1):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise CodedValueError(
                Errors.C974.format(name=name, number=number, type=kind)
            )
        if not any(map(str.isalnum, text)):
            raise CodedValueError(Errors.C962.format(name=name, number=number))
        words[str(key).strip() if key == text else str(key)] = text.strip()
    return words


def read_setting(asked: Mapping[str, str], *, name: str) -> dict[str, str]:
    """Check questions or hypotheses that a config has.

    RAISES ValueError: C962, if one has no words; C975, if a config can't hold it.
    """
    words = {
        key: _DOLLARS.sub("$", text)
        for key, text in read_asked(asked, name=name).items()
    }
    for number, (key, text) in enumerate(words.items(), start=1):
        if not _can_be_saved({key: text}):
            raise CodedValueError(Errors.C975.format(name=name, number=number))
    return words


def _can_be_saved(asked: dict[str, str]) -> bool:
    try:
        read = Config().from_str(Config({"asked": asked}).to_str())
    # Of whatever the parser stumbles over.
    except ValueError:
        return False
    return bool(read == {"asked": asked})
