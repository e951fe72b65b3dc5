"""Placeholders of the two entities of a pair in a text that a classifier reads.

SOURCE: Lee et al. 2019, BioBERT: a pre-trained biomedical language representation model
for biomedical text mining: "@GENE$" and "@DISEASE$"; Gu et al. 2021, Domain-specific
language model pretraining for biomedical natural language processing (BLURB): "@CHEMICAL$"
and "@DRUG$".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

# By what the types of entities are called in common corpora and pipelines.
PLACEHOLDERS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("GENE", "GENE-Y", "GENE-N", "PROTEIN", "GENE_OR_GENE_PRODUCT"),
            *("GENEORGENEPRODUCT", "GENEPROTEIN", "GENE/PROTEIN"),
        ),
        "@GENE$",
    ),
    **dict.fromkeys(
        (
            *("DISEASE", "DISEASE_DISORDER", "DISORDER", "DISEASEORPHENOTYPICFEATURE"),
            *("SPECIFICDISEASE", "DISEASECLASS", "COMPOSITEMENTION"),
        ),
        "@DISEASE$",
    ),
    **dict.fromkeys(("CHEMICAL", "SIMPLE_CHEMICAL", "CHEMICALENTITY"), "@CHEMICAL$"),
    **dict.fromkeys(("DRUG", "MEDICATION", "BRAND", "GROUP", "DRUG_N"), "@DRUG$"),
}
_PLACEHOLDER = re.compile(r"@[^@$]*\$")
# What line breaks and tabs become: published texts are one line each.
_SPACE = re.compile(r"\s")


class PairText(NamedTuple):
    """A text with a placeholder for each of two entities (characters, half open)."""

    text: str
    first: tuple[int, int]
    second: tuple[int, int]


def find_placeholder(label: str, own: Mapping[str, str]) -> str:
    """Find what stands for entities of a type: "@SIGN_SYMPTOM$" where nothing else is
    known.

    label: The type; what already is a placeholder stays.
    own: Placeholders by type, before those of `PLACEHOLDERS`.
    """
    if label in own:
        return own[label]
    if _PLACEHOLDER.fullmatch(label):
        return label
    upper = label.upper()
    return PLACEHOLDERS.get(upper, f"@{upper}$")


def write_pair(
    text: str,
    sentence: tuple[int, int],
    places: Sequence[tuple[int, int]],
    placeholders: Iterable[str],
    *,
    reach: int,
) -> PairText:
    """Write a sentence with placeholders for two of its entities.

    text: Of the Doc.
    sentence (characters, half open): The sentence.
    places (characters, half open): The two, in the order of the text, without overlap.
    placeholders: Of the two.
    reach (characters): How much to read around each. What is farther is left out, so that
        the pairs of an endless sentence don't read all of it.
    """
    (start, end), (begin, stop) = places
    first, second = placeholders
    low, high = sentence[0], max(sentence[1], stop)
    before = _cut_start(text[max(low, start - reach) : start], start - reach > low)
    after = _cut_end(text[stop : min(high, stop + reach)], stop + reach < high)
    between = text[end:begin]
    if begin - end > 2 * reach:
        halves = text[end : end + reach], text[begin - reach : begin]
        between = f"{_cut_end(halves[0], True)} {_cut_start(halves[1], True)}"
    parts = [before.lstrip(), first, between, second, after.rstrip()]
    lengths = [len(part) for part in parts]
    at, other = lengths[0], sum(lengths[:3])
    return PairText(
        _SPACE.sub(" ", "".join(parts)),
        (at, at + len(first)),
        (other, other + len(second)),
    )


def _cut_start(text: str, is_cut: bool) -> str:
    """Drop the word that a text starts inside of."""
    words = text.split(None, 1) if is_cut else ()
    return words[1] if len(words) == 2 else text


def _cut_end(text: str, is_cut: bool) -> str:
    """Drop the word that a text ends inside of."""
    words = text.rsplit(None, 1) if is_cut else ()
    return words[0] if len(words) == 2 else text
