"""Run scispaCy's tokenizer and sentence splitter in an environment of its own.

Reads {"tokenize": [texts], "split": [texts]} from standard input; writes for each
the borders it found, in characters, and the seconds it took.
"""

import json
import sys
import time
from importlib.metadata import version

import spacy
from scispacy.custom_sentence_segmenter import pysbd_sentencizer
from scispacy.custom_tokenizer import combined_rule_tokenizer


def main() -> None:
    request = json.load(sys.stdin)
    nlp = spacy.blank("en")
    nlp.tokenizer = combined_rule_tokenizer(nlp)
    start = time.perf_counter()
    docs = [nlp.tokenizer(text) for text in request["tokenize"]]
    tokenize_seconds = time.perf_counter() - start
    tokens = [[(t.idx, t.idx + len(t)) for t in doc] for doc in docs]

    docs = [nlp.tokenizer(text) for text in request["split"]]
    start = time.perf_counter()
    for doc in docs:
        pysbd_sentencizer(doc)
    split_seconds = time.perf_counter() - start
    starts = [[sent.start_char for sent in doc.sents] for doc in docs]
    result = {
        "tokens": tokens,
        "tokenize_seconds": tokenize_seconds,
        "starts": starts,
        "split_seconds": split_seconds,
        "versions": {name: version(name) for name in ("scispacy", "spacy", "pysbd")},
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
