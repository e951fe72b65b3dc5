"""Write resources/word_synonyms.tsv: words that mean the same, as the shipped vocabularies
use them.

Two words mean the same if many concepts have names that differ in these words only, and
that is so for a large share of the concepts with either word: "renal failure" and "kidney
failure", "renal artery" and "kidney artery" …

Run: python scripts/make_word_synonyms.py
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from spacy_clinical.concepts.entry import Concept
from spacy_clinical.concepts.spelling import SYNONYMS, Speller
from spacy_clinical.concepts.store import open_vocabulary

# Concepts that have both words, and their share of those with the rarer and the more
# frequent one.
MIN_COUNT, MIN_OF_RARER, MIN_OF_OTHER = 4, 0.2, 0.12
# Forms of one word may differ more in how frequent they are.
N_ALIKE, MIN_OF_FORM = 4, 0.35
MAX_WORDS, MIN_LENGTH = 7, 4
# Concepts have both in their names, but they mean something else.
NOT_ALIKE = {
    *(("disorder", "infectious"), ("deletion", "monosomy"), ("duplication", "trisomy")),
    *(("acute", "chronic"), ("bone", "fractured"), ("decreased", "increased")),
}


def main() -> None:
    pairs, counts = count_pairs()
    kept = sorted(
        ((n, pair) for pair, n in pairs.items() if is_alike(pair, n, counts)),
        reverse=True,
    )
    groups: dict[str, str] = {}
    for _, (one, other) in kept:
        first, second = find_root(groups, one), find_root(groups, other)
        if first != second:
            rare, usual = sorted((first, second), key=lambda w: (counts[w], w))
            groups[rare] = usual
    rows = sorted((word, find_root(groups, word)) for word in groups)
    text = "".join(f"{word}\t{root}\n" for word, root in rows)
    header = "# Written by scripts/make_word_synonyms.py, from MONDO, HPO and MeSH.\n"
    SYNONYMS.write_text(header + text, encoding="utf8")
    print(f"{SYNONYMS}: {len(rows)} words")


def count_pairs() -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Count the concepts with names that differ in two words only, and those with each
    word."""
    speller = Speller({})
    pairs: Counter[tuple[str, str]] = Counter()
    counts: Counter[str] = Counter()
    for name in ("mondo", "hpo", "mesh"):
        for concept in open_vocabulary(name):
            keys = {tuple(key) for key in list_keys(speller, concept)}
            counts.update({word for key in keys for word in key})
            pairs.update(list_pairs(keys))
    return pairs, counts


def list_keys(speller: Speller, concept: Concept) -> Iterator[list[str]]:
    """List the names of a concept that have several words."""
    for name in (concept.name, *concept.synonyms):
        key = speller.spell(name).key.split()
        if 1 < len(key) <= MAX_WORDS:
            yield key


def list_pairs(keys: Iterable[tuple[str, ...]]) -> set[tuple[str, str]]:
    """List the words in which names differ that have all other words in common."""
    by_rest: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for key in keys:
        for place, word in enumerate(key):
            by_rest[key[:place] + key[place + 1 :]].add(word)
    return {
        pair for words in by_rest.values() for pair in combinations(sorted(words), 2)
    }


def is_alike(pair: tuple[str, str], n: int, counts: Counter[str]) -> bool:
    """Check whether two words mean the same."""
    one, other = pair
    if n < MIN_COUNT or pair in NOT_ALIKE or min(map(len, pair)) < MIN_LENGTH:
        return False
    if not (one.isalpha() and other.isalpha()):
        return False
    of_rarer = n / min(counts[one], counts[other])
    of_other = n / max(counts[one], counts[other])
    if one[:N_ALIKE] == other[:N_ALIKE]:
        return of_rarer >= MIN_OF_FORM
    return of_rarer >= MIN_OF_RARER and of_other >= MIN_OF_OTHER


def find_root(groups: dict[str, str], word: str) -> str:
    """Find the word that stands for all that mean the same."""
    while word in groups:
        word = groups[word]
    return word


if __name__ == "__main__":
    main()
