"""Find words that tell sentences with negated or uncertain entities from others: the
setting `hints` of clinical_assertion.

Counts the sentences of BRAT folders, as scripts/make_assertion_corpora.py writes them. Use
the parts for training only.

Run: python scripts/find_assertion_hints.py maccrobat/train phee/train -- chia/train
Folders after -- only say what is negated.
"""

import sys
from collections import Counter
from pathlib import Path

import spacy
from spacy.tokens import Doc

from spacy_clinical.assertion.words import split_words
from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.files.json_text import write_json

ATTRIBUTES = {"Negated": "is_negated", "Uncertain": "is_uncertain"}
# A hint is in at least this many sentences with such an entity, and its share of them is this
# many times its share of the others.
LEAST, RATIO = 6, 8
# Words that are inside entities more often than that name findings, and say nothing of them.
MAX_INSIDE = 0.2


def main(folders: list[str]) -> None:
    """Print the hints as JSON.

    folders: Of BRAT files, and perhaps "--".
    """
    border = folders.index("--") if "--" in folders else len(folders)
    tokenizer = {"@tokenizers": "spacy-clinical.ClinicalTokenizer.v1"}
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": tokenizer}})
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    counts = {name: (Counter[str](), Counter[str]()) for name in ATTRIBUTES.values()}
    totals = {name: [0, 0] for name in counts}
    inside, anywhere = Counter[str](), Counter[str]()
    for number, folder in enumerate(folders):
        if number == border:
            continue
        names = list(counts) if number < border else ["is_negated"]
        read = BratCorpus(Path(folder), discontinuous="cover", attributes=ATTRIBUTES)
        for eg in read(nlp):
            count_sentences(nlp(eg.reference.text), eg.reference, names, counts, totals)
            anywhere.update(split_words(eg.reference.text))
            for ent in eg.reference.ents:
                inside.update(split_words(ent.text))
    hints = {}
    for name in counts:
        chosen = choose_words(*counts[name], *totals[name])
        hints[name] = [w for w in chosen if inside[w] <= MAX_INSIDE * anywhere[w]]
    print(write_json(hints, indent=2))


def count_sentences(
    doc: Doc,
    gold: Doc,
    names: list[str],
    counts: dict[str, tuple[Counter[str], Counter[str]]],
    totals: dict[str, list[int]],
) -> None:
    """Count the words of sentences with entities, without and with a true attribute.

    doc: The text with its sentences.
    gold: The text with its entities.
    names: Of the attributes that are known.
    counts: By attribute, sentences without and with it that have a word.
    totals: By attribute, such sentences.
    """
    for sentence in doc.sents:
        start, end = sentence.start_char, sentence.end_char
        ents = [ent for ent in gold.ents if start <= ent.start_char < end]
        words = set(split_words(sentence.text))
        for name in names if ents else ():
            is_true = any(ent._.get(name) for ent in ents)
            counts[name][is_true].update(words)
            totals[name][is_true] += 1


def choose_words(
    without: Counter[str], having: Counter[str], n_without: int, n_having: int
) -> list[str]:
    """Choose the words that are much more frequent where an attribute is true.

    without, having: Sentences by word.
    n_without, n_having: Such sentences.
    """
    return sorted(
        word
        for word, count in having.items()
        if count >= LEAST
        and word.isalpha()
        and count * n_without >= RATIO * (without[word] + 0.5) * n_having
    )


if __name__ == "__main__":
    main(sys.argv[1:])
