"""Words that are no names, however they are written: of medicine and of notes."""

import re
from functools import cache
from pathlib import Path

_RESOURCES = Path(__file__).parents[1] / "resources"
_SOURCES = ("clinical_abbreviations.tsv", "icd9_titles.tsv", "section_titles.cfg")
_WORD = re.compile(r"[A-Za-z]{2,}")
# Further columns hold what speaks for a reading, such as "Bruce" for an exercise test.
_N_COLUMNS = 4

# Departments that stand after names: "Dr. Lee Cardiology".
SERVICES = frozenset(
    (
        *("cardiology", "neurology", "oncology", "surgery", "radiology", "medicine"),
        *("orthopedics", "psychiatry", "urology", "nephrology", "gastroenterology"),
        *("pulmonary", "dermatology", "pediatrics", "clinic", "consult"),
    )
)


@cache
def load_not_names() -> frozenset[str]:
    """Load the words that stand where names do and are no names, in lower case."""
    text = (_RESOURCES / "not_names.txt").read_text(encoding="utf8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(" ".join(lines).split())


@cache
def load_medical_words() -> frozenset[str]:
    """Load the words of medicine that this package's tables hold, in lower case."""
    words: set[str] = set()
    for name in _SOURCES:
        text = (_RESOURCES / name).read_text(encoding="utf8")
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        for line in lines:
            said = " ".join(line.split("\t")[:_N_COLUMNS])
            words.update(word.lower() for word in _WORD.findall(said))
    return frozenset(words)


@cache
def load_short_forms() -> frozenset[str]:
    """Load the short forms of clinical terms, in all their spellings."""
    text = (_RESOURCES / _SOURCES[0]).read_text(encoding="utf8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    columns = [line.split("\t")[0].split(", ") for line in lines if line]
    return frozenset(form for forms in columns for form in forms)


def is_medical(word: str) -> bool:
    """Check whether a word is one of medicine or of the headings of notes."""
    return word.lower() in load_medical_words()
