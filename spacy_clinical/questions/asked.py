"""Check questions and hypotheses."""

from collections.abc import Mapping, Sequence

from spacy_clinical.errors import CodedValueError, Errors


def read_asked(
    asked: str | Sequence[str] | Mapping[str, str], *, name: str
) -> dict[str, str]:
    """Make questions or hypotheses by their names.

    asked: One, several, or by name. Without names, each is its own.
    name: The component, for errors.
    RAISES ValueError: C962, if one has no words.
    """
    if isinstance(asked, str):
        asked = [asked]
    if not isinstance(asked, Mapping):
        asked = {text: text for text in asked}
    words = {str(key): str(text).strip() for key, text in asked.items()}
    for number, text in enumerate(words.values(), start=1):
        if not any(map(str.isalnum, text)):
            raise CodedValueError(Errors.C962.format(name=name, number=number))
    return words
