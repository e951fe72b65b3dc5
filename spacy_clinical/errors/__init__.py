"""Every error and warning that the package raises, by code.

No text here has a place for a note's content: say which note (index, name,
length, offset), never what it says.

C0xx checkpoints, pieces, windows, encoders, entities · C1xx sections ·
C2xx tokenizer, sentences, corpora · C3xx command line, export · C4xx codes of notes ·
C5xx forms · C85x, C86x assertion.
"""

import re
import warnings

from spacy_clinical.errors.messages import Catalog, CodedMessage
from spacy_clinical.errors.of_files import FileErrors
from spacy_clinical.errors.of_models import ModelErrors

# What spaCy's errors and warnings begin with, which have no attribute for it.
_CODE = re.compile(r"\[([CEW]\d{3,4})\]")


class Errors(ModelErrors, FileErrors):
    """Every error of the package."""


class Warnings(metaclass=Catalog):
    W001 = (
        "The tokenizer files of checkpoint '{name}' lower-case every text, but its "
        "vocabulary is cased: read with the case kept. To choose, put "
        "'do_lower_case' in its tokenizer_config.json."
    )
    W002 = (
        "{n} labels of component '{name}' have malformed names; repaired, and their "
        "probabilities added to those of the types they stand for."
    )
    W003 = (
        "The hub has no commit {revision} of checkpoint '{name}', which its card names: "
        "what its branch 'main' is today is used instead. Its provenance names the commit."
    )
    W201 = (
        "{n} of {n_spans} spans in '{path}' start or end inside a token; extended to "
        "whole tokens."
    )
    W301 = (
        "'{source}' isn't UTF-8; read as Windows-1252. Check its accents and "
        "symbols, or convert it to UTF-8."
    )
    W302 = (
        "Left out {n_files} files in '{source}' that don't end in {suffixes}. Name "
        "such a file itself to read it as text."
    )
    W303 = (
        "{n_notes} notes have the id of an earlier note. Their records keep it; the "
        "field 'source' tells them apart."
    )
    W304 = (
        "Plots need matplotlib, which isn't installed: pip install 'spacy-clinical[plots]'. "
        "The tables are written."
    )
    W305 = (
        "Removed from '{path}' what earlier runs had written there and this one doesn't: "
        "{names}."
    )
    W306 = (
        "{n_shards} shards in '{path}' are done again: they aren't as they were when they "
        "were finished, or nothing can tell."
    )
    W307 = (
        "Left out {n_files} files in '{source}' that spacy-clinical has written: records, "
        "pages, exports or pipelines. Name such a file itself to read it."
    )
    W308 = (
        "'{path}' still has files of earlier runs that may hold text of notes, though this "
        "run writes none: {names}. Remove what is no longer needed."
    )
    W309 = (
        "Left out {n_links} links to folders in '{source}', as links may lead in circles. "
        "Name such a folder itself to read it."
    )


_CODED = re.compile(r"\[(C\d{3,4})\]")


def is_own_message(text: str) -> bool:
    """Check whether a text is one of the errors above, with its places filled in.

    Such quote no note: they can be shown and kept. A message that only begins with a
    code may say anything.
    """
    found = _CODED.match(text)
    template = getattr(Errors, found[1], None) if found else None
    if template is None:
        return False
    # Doubled braces stand for single ones.
    parts = re.split(r"(?<!\{)\{[^{}]+\}(?!\})", template)
    fixed = (re.escape(part.replace("{{", "{").replace("}}", "}")) for part in parts)
    return re.fullmatch(".*?".join(fixed), text, re.DOTALL) is not None


class CodedWarning(UserWarning):
    """A warning of the catalog."""


class CodedError(Exception):
    """An error of the catalog. Its message quotes no note, so it can be shown and kept.

    Each is also of the built-in type that its class is named after.

    code: Such as "C101".
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = get_code(message)


class CodedValueError(CodedError, ValueError):
    """A ValueError of the catalog."""


class CodedOSError(CodedError, OSError):
    """An OSError of the catalog."""


class CodedFileNotFoundError(CodedError, FileNotFoundError):
    """A FileNotFoundError of the catalog."""


class CodedFileExistsError(CodedError, FileExistsError):
    """A FileExistsError of the catalog."""


class CodedBlockingIOError(CodedError, BlockingIOError):
    """A BlockingIOError of the catalog."""


class CodedImportError(CodedError, ImportError):
    """An ImportError of the catalog."""


class CodedMemoryError(CodedError, MemoryError):
    """A MemoryError of the catalog."""


class CodedRuntimeError(CodedError, RuntimeError):
    """A RuntimeError of the catalog."""


def get_code(message: str) -> str:
    """Get the code of a message of the catalog; "" for other texts."""
    return message.code if isinstance(message, CodedMessage) else ""


def get_own_message(error: BaseException) -> CodedMessage | None:
    """Get the catalog's message that an error was made with; None for errors of others,
    whose messages may quote a note."""
    message = error.args[0] if error.args else None
    return message if isinstance(message, CodedMessage) else None


def find_code(error: BaseException | str) -> str:
    """Find the code of an error or a warning, also of spaCy's own; "" if it has none.

    spaCy's (E050, W095) have their code only in the text: nothing else reads a text for it.
    """
    own = get_own_message(error) if isinstance(error, BaseException) else error
    if isinstance(own, CodedMessage):
        return own.code
    found = _CODE.match(str(error))
    return found[1] if found and found[1][0] in "EW" else ""


def name_type(error: BaseException) -> str:
    """Get the name of an error's type: the built-in one for errors of the catalog."""
    types = type(error).__mro__
    if isinstance(error, CodedError):
        types = tuple(kind for kind in types if kind.__module__ == "builtins")
    return types[0].__name__


def warn(message: str) -> None:
    """Issue a warning of the catalog as a UserWarning of the caller's caller."""
    warnings.warn(message, CodedWarning, stacklevel=3)
