"""Read and write ICD-9-CM diagnosis codes, and the labels of models."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Kind = Literal["3_digit", "4_digit", "5_digit", "word"]

CODE = re.compile(
    r"(?:(\d{3})\.?(\d{0,2})|(V\d{2})\.?(\d{0,2})|(E\d{3})\.?(\d?))", re.I | re.A
)
# SOURCE: the CORe card. Single words of titles are labels too, and these look like
# codes: "124" may be the word or trichinellosis.
AMBIGUOUS = frozenset({"124", "125", "500"})


class Icd9Label(NamedTuple):
    """One output of a model.

    column: Its place among the outputs.
    raw: As the checkpoint writes it ("V586").
    code: As ICD-9-CM writes it ("V58.6"); a word is left as it is.
    category: The three-character category ("V58", "E849"); "" for a word.
    """

    column: int
    raw: str
    kind: Kind
    code: str
    category: str


def write_code(code: str) -> str:
    """Put the dot where ICD-9-CM has it: "4019" → "401.9", "E8490" → "E849.0".

    RETURNS: "" if it isn't a code.
    """
    match = CODE.fullmatch(code.strip())
    if not match:
        return ""
    category, rest = (part for part in match.groups() if part is not None)
    return f"{category}.{rest}".upper() if rest else category.upper()


def get_category(code: str) -> str:
    """Get the category of a code with or without its dot: "V58.61" → "V58"."""
    code = code.replace(".", "").upper()
    return code[:4] if code.startswith("E") else code[:3]


def read_labels(labels: Sequence[str]) -> list[Icd9Label]:
    """Read the labels of a model as codes or words.

    "3-digit" is what CORe's authors call so: V and E don't count, so that V586 is one,
    finer than its category. What is no code is a word. Where there are words, labels
    that may be either are left out, and so are repeated ones.

    RETURNS: In the order of the columns.
    """
    codes = [write_code(raw) for raw in labels]
    has_words = not all(codes)
    read: list[Icd9Label] = []
    seen: set[str] = set()
    for column, (raw, code) in enumerate(zip(labels, codes, strict=True)):
        name = code or raw
        if name in seen or (has_words and raw in AMBIGUOUS):
            continue
        seen.add(name)
        category = get_category(code)
        read.append(Icd9Label(column, raw, _get_kind(code), name, category))
    return read


def _get_kind(code: str) -> Kind:
    n_digits = sum(character.isdigit() for character in code)
    if not n_digits:
        return "word"
    if n_digits <= 3:
        return "3_digit"
    return "4_digit" if n_digits == 4 else "5_digit"


def select_labels(labels: Iterable[Icd9Label], kinds: Sequence[str]) -> list[Icd9Label]:
    """Keep the labels of some kinds."""
    return [label for label in labels if label.kind in kinds]
