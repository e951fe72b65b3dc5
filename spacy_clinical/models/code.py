"""Import of a user's Python file, before a pipeline that needs it is loaded."""

import sys
from pathlib import Path

from spacy.util import import_file

from spacy_clinical.errors import CodedOSError, Errors, name_type

# The module name that spaCy's commands use.
MODULE = "python_code"


def import_code(path: Path) -> None:
    """Import a Python file that registers components or attributes.

    This runs the file, so only use a path that the user has given. A file that is already
    imported isn't run again, so that its functions and classes stay the same objects.

    RAISES OSError: C360, if the file doesn't exist or can't be imported.
    """
    if not path.is_file():
        raise _make_error(path, "there is no such file")
    if path.suffix != ".py":
        raise _make_error(path, "its name doesn't end in .py")
    if find_imported() == path.resolve():
        return
    try:
        module = import_file(MODULE, path.resolve())
    # It may raise anything; sys.exit must not end the command without a message.
    except (Exception, SystemExit) as error:
        raise _make_error(path, _describe(error, path)) from error
    # pickle looks up the file's classes here.
    sys.modules[MODULE] = module


def find_imported() -> Path | None:
    """Get the imported file, so that other processes can import it too."""
    module = sys.modules.get(MODULE)
    name = getattr(module, "__file__", None)
    return None if name is None else Path(name)


def _make_error(path: Path, reason: str) -> OSError:
    return CodedOSError(Errors.C360.format(path=path, reason=reason))


def _describe(error: BaseException, path: Path) -> str:
    """Describe an error by its type and line in the file."""
    kind = name_type(error)
    if isinstance(error, SyntaxError):
        return f"{kind} on line {error.lineno}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        kind = f"{kind} ({error.name})"
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path.resolve()):
            line = trace.tb_lineno
        trace = trace.tb_next
    return kind if line is None else f"{kind} on line {line}"
