"""Lists of names by the label of what they name."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from spacy.language import Language

from spacy_clinical.errors import CodedError, CodedValueError, Errors
from spacy_clinical.files.regular import read_regular, show_path


def read_names(paths: Mapping[str, str | Path]) -> dict[str, list[str]]:
    """Read lists of names, with one name on each line.

    paths: Text files by label.
    RETURNS: The names by label, without empty lines and comments (#).
    RAISES ValueError: C865, if a file can't be read or has none.
    """
    return {label: _read_names(label, Path(path)) for label, path in paths.items()}


def _read_names(label: str, path: Path) -> list[str]:
    def fail(reason: str) -> CodedValueError:
        shown = show_path(path)
        return CodedValueError(
            Errors.C865.format(label=label, path=shown, reason=reason)
        )

    try:
        text = read_regular(path).decode("utf8")
    except UnicodeDecodeError as error:
        raise fail(f"byte {error.start} isn't valid UTF-8") from None
    except CodedError as error:
        raise fail("it isn't a regular file") from error
    except OSError as error:
        raise fail(error.strerror or type(error).__name__) from None
    lines = (" ".join(line.split()) for line in text.removeprefix("\ufeff").split("\n"))
    names = [line for line in lines if line and not line.startswith("#")]
    if not names:
        raise fail("it has no names")
    return names


def check_labels(labels: Iterable[str], seen: set[str], nlp: Language) -> None:
    """Check that there are entities which the names are for.

    labels: Those that there are names for.
    seen: Labels of entities in the corpus so far.
    nlp: The pipeline that is trained. If no component of it has labels for entities
        yet, nothing is checked.
    RAISES ValueError: C867, at a label that isn't known.
    """
    known: set[str] = set()
    for name in nlp.component_names:
        assigns = nlp.get_pipe_meta(name).assigns
        if any(slot in ("doc.ents", "token.ent_type") for slot in assigns):
            known.update(nlp.pipe_labels.get(name, ()))
    for label in labels:
        if known and label not in known | seen:
            shown = ", ".join(sorted(known | seen))
            raise CodedValueError(Errors.C867.format(label=label, known=shown))
