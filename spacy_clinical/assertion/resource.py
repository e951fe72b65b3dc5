"""Read files of cues."""

import configparser
from functools import cache
from pathlib import Path

from spacy_clinical.assertion.checklist import RULES
from spacy_clinical.assertion.cues import CueSet
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.regular import coded_errors, read_regular

DEFAULT_CUES = Path(__file__).parents[1] / "resources" / "assertion_cues.cfg"
_TABLES = ("rules", "words", "sections", "labels")


def load_cues(path: Path = DEFAULT_CUES, known: CueSet | None = None) -> CueSet:
    """Read a file of cues. The shipped one describes the format.

    known: Cues to add them to; what the file says wins.
    RAISES ValueError: C850, C851, C852 or C853, with the line that can't be read; C302 or
        C350, if the file can't be.
    """
    if path == DEFAULT_CUES and known is None:
        return _load_shipped().copy()
    return _read_cues(path, known)


@cache
def _load_shipped() -> CueSet:
    cues = _read_cues(DEFAULT_CUES, None)
    # Found once for all copies.
    cues.find_anchors()
    return cues


def _read_cues(path: Path, known: CueSet | None) -> CueSet:
    with coded_errors(path):
        text = read_regular(path).decode("utf8")
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or getattr(error, "errors", [[0]])[0][0]
        raise CodedValueError(Errors.C853.format(name=path.name, line=line)) from None
    tables = {
        name: {key: _split(value) for key, value in parser[name].items()}
        for name in _TABLES[1:]
        if name in parser
    }
    cues = known or CueSet(
        labels=tables.get("labels"),
        version=parser.get("rules", "version", fallback="1"),
    )
    cues.add_words(tables.get("words", {}))
    for label, values in tables.get("sections", {}).items():
        where = _locate(text, path, f"{label} ")
        cues.set_sections({label: " ".join(values)}, where)
    for key in parser.sections():
        if key not in _TABLES:
            where = _locate(text, path, f"[{key}]")
            cues.add(key, _split(parser[key].get("cues", "")), where)
    return cues


@cache
def list_shipped_rules() -> frozenset[str]:
    """List what the package names as the rules of cues, none made of anybody's words."""
    return frozenset(RULES).union(*load_cues().cues.values())


def _locate(text: str, path: Path, head: str) -> str:
    """Say in which line of a file something begins."""
    lines = text.splitlines()
    found = (i for i, line in enumerate(lines, 1) if line.strip().startswith(head))
    return f" ('{path.name}', line {next(found, 1)})"


def _split(value: str) -> list[str]:
    return [item.strip() for item in value.split(";") if item.strip()]
