"""Find definitions of abbreviations with scispaCy's detector in an environment of its own.

Reads [texts] from standard input; writes for each the places of short and long forms, in
characters, and the seconds it took, without those for tokens.
"""

import json
import sys
import time
from importlib.metadata import version

import spacy
from scispacy.abbreviation import AbbreviationDetector
from scispacy.custom_tokenizer import combined_rule_tokenizer


def main() -> None:
    texts = json.load(sys.stdin)
    nlp = spacy.blank("en")
    nlp.tokenizer = combined_rule_tokenizer(nlp)
    detector = AbbreviationDetector(nlp)
    docs = [nlp.make_doc(text) for text in texts]
    start = time.process_time()
    for doc in docs:
        detector(doc)
    seconds = time.process_time() - start
    result = {
        "found": [list_pairs(doc) for doc in docs],
        "seconds": seconds,
        "versions": {name: version(name) for name in ("scispacy", "spacy")},
    }
    json.dump(result, sys.stdout)


def list_pairs(doc: spacy.tokens.Doc) -> list[list[list[int]]]:
    """List short forms with their long forms, each once: where it is defined."""
    nearest = {}
    for short in doc._.abbreviations:
        long = short._.long_form
        # Of all uses of a short form, the definition is the nearest one.
        distance = min(abs(short.start - long.end), abs(long.start - short.end))
        place = [long.start_char, long.end_char]
        pair = distance, [[short.start_char, short.end_char], place]
        key = short.text, *place
        nearest[key] = min(nearest.get(key, pair), pair)
    return [pair for _, pair in nearest.values()]


if __name__ == "__main__":
    main()
