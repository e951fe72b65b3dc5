"""All errors and warnings of the package, by code.

Messages never quote a note. They identify it by index, name, length or offset.

C0xx checkpoints, pieces, windows, encoders, entities · C1xx sections · C2xx tokenizer,
sentences, corpora · C3xx command line, export · C4xx codes of notes · C5xx forms · C76x
annotation tools · C770 to C773 new configs · C775 to C777 what is asked of notes ·
C85x, C860 assertion · C864 to C867 abbreviations, augmenter · C868, C869 storage of
weights · C870 to C874 partly labelled corpora, PubTator · C875 long forms for
abbreviations · C880 to C882 identifiers · C890 to C897, W890 their removal · C90x,
C91x, W900 vocabularies · C920 to C922 abbreviations of notes · C94x relations · C96x,
C97x, W901, W902 questions and pairs of texts · C98x, C99x the service.
"""

import re
import warnings

from spacy_clinical.errors.messages import Catalog, CodedMessage
from spacy_clinical.errors.of_concepts import ConceptErrors
from spacy_clinical.errors.of_corrections import CorrectionErrors
from spacy_clinical.errors.of_files import FileErrors
from spacy_clinical.errors.of_findings import FindingErrors
from spacy_clinical.errors.of_models import ModelErrors
from spacy_clinical.errors.of_questions import AskedErrors, QuestionErrors
from spacy_clinical.errors.of_relations import RelationErrors
from spacy_clinical.errors.of_service import ServiceErrors

# The code at the start of spaCy's errors and warnings, which have no attribute for it.
_CODE = re.compile(r"\[([CEW]\d{3,4})\]")


class Errors(
    ModelErrors,
    FileErrors,
    CorrectionErrors,
    AskedErrors,
    FindingErrors,
    ConceptErrors,
    RelationErrors,
    QuestionErrors,
    ServiceErrors,
):
    """All errors of the package."""


class Warnings(metaclass=Catalog):
    W001 = (
        "The tokenizer files of checkpoint '{name}' lower-case all texts, but its "
        "vocabulary is cased, so the case is kept. To change this, set 'do_lower_case' "
        "in its tokenizer_config.json."
    )
    W002 = (
        "{n} labels of component '{name}' have malformed names. They are repaired, and "
        "their probabilities are added to those of the intended types."
    )
    W003 = (
        "The hub doesn't have the commit {revision} of checkpoint '{name}' from its "
        "card. The current commit of its branch 'main' is used; see the provenance."
    )
    W004 = (
        "Component '{name}' reads the encoder of component '{component}', which isn't in "
        "the pipeline, so its rules decide alone. To have no warning, set "
        'decide = "rules".'
    )
    W201 = (
        "{n} of {n_spans} spans in '{path}' start or end inside a token. They are "
        "extended to whole tokens."
    )
    W301 = (
        "'{source}' isn't valid UTF-8, so it is read as Windows-1252. Check its "
        "accents and symbols, or convert it to UTF-8."
    )
    W302 = (
        "Left out {n_files} files in '{source}' that don't end in {suffixes}. To read "
        "such a file as text, give its path."
    )
    W303 = (
        "{n_notes} notes have the same id as an earlier note. Their records keep it, "
        "but differ in the field 'source'."
    )
    W304 = (
        "Plots need matplotlib, which isn't installed: pip install "
        "'spacy-clinical[plots]'. Only the tables are written."
    )
    W305 = (
        "Removed output of earlier runs from '{path}' that this run doesn't write: "
        "{names}."
    )
    W306 = (
        "{n_shards} shards in '{path}' are annotated again, because they were changed "
        "after they were finished, or can't be checked."
    )
    W307 = (
        "Left out {n_files} files in '{source}' that spacy-clinical has written: "
        "records, pages, exports or pipelines. To read such a file, give its path."
    )
    W308 = (
        "'{path}' still has files of earlier runs that may contain text of notes: "
        "{names}. This run writes no text. Remove the files if you don't need them."
    )
    W309 = (
        "Left out {n_links} links to folders in '{source}', because links may be "
        "circular. To read such a folder, give its path."
    )
    W310 = (
        "The labels of '{name}' are those of a form's parts ({known}), not names of fields. "
        'Set fields = "linked" to link questions to answers.'
    )
    W890 = (
        "There is no key, so a random one is used: surrogates and dates will differ in "
        "the next run. To keep them, set {variable}, or give a file with the key."
    )
    W900 = (
        "{n_terms} terms of '{name}' are above or below themselves. They are kept, "
        "without the semantic types that such a circle hides."
    )
    W901 = (
        "{n} of {n_all} answers in '{name}' aren't in the context where their offset "
        "says, and are left out."
    )
    W902 = "{n} questions in '{name}' have no words, and are left out."


_CODED = re.compile(r"\[(C\d{3,4})\]")


def is_own_message(text: str) -> bool:
    """Check whether a text is one of the errors above, with its placeholders filled in.

    These messages don't quote notes, so they can be shown and saved. Other texts that
    start with a code may quote anything.
    """
    match = _CODED.match(text)
    template = getattr(Errors, match[1], None) if match else None
    if template is None:
        return False
    # Doubled braces stand for single ones.
    parts = re.split(r"(?<!\{)\{[^{}]+\}(?!\})", template)
    fixed = (re.escape(part.replace("{{", "{").replace("}}", "}")) for part in parts)
    return re.fullmatch(".*?".join(fixed), text, re.DOTALL) is not None


class CodedWarning(UserWarning):
    """A warning of the catalog."""


class CodedError(Exception):
    """An error of the catalog. Its message quotes no note, so it may be shown.

    Each subclass is also a subclass of the built-in type in its name.

    message: The message, with its code.
    code: Code of the error, such as "C101".
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
    """Get the message of an error of the catalog; None for other errors, whose messages
    may quote a note."""
    message = error.args[0] if error.args else None
    return message if isinstance(message, CodedMessage) else None


def find_code(error: BaseException | str) -> str:
    """Find the code of an error or a warning of this package or of spaCy.

    spaCy's codes (E050, W095) are only in the text of the message.

    RETURNS: The code; "" if there is none.
    """
    own = get_own_message(error) if isinstance(error, BaseException) else error
    if isinstance(own, CodedMessage):
        return own.code
    match = _CODE.match(str(error))
    return match[1] if match and match[1][0] in "EW" else ""


def name_type(error: BaseException) -> str:
    """Get the name of an error's type; for errors of the catalog, the built-in type."""
    types = type(error).__mro__
    if isinstance(error, CodedError):
        types = tuple(kind for kind in types if kind.__module__ == "builtins")
    return types[0].__name__


def warn(message: str) -> None:
    """Issue a warning of the catalog, attributed to the caller's caller."""
    warnings.warn(message, CodedWarning, stacklevel=3)
