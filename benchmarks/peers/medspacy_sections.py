"""Run medspaCy's sectionizer over notes, as told on standard input.

One JSON object a line: {"texts": [...]}. The answer, one line too, has for each
text its titled sections as [character offset, category], and how long the component
took on Docs that were already made.
"""

import json
import sys
import time
from typing import Any

import medspacy
import spacy


def main() -> None:
    nlp = spacy.blank("en")
    sectionizer = nlp.add_pipe("medspacy_sectionizer")
    for line in sys.stdin:
        docs = [nlp.make_doc(text) for text in json.loads(line)["texts"]]
        start = time.perf_counter()
        for doc in docs:
            sectionizer(doc)
        seconds = time.perf_counter() - start
        sections = [_get_sections(doc) for doc in docs]
        answer = {"seconds": seconds, "sections": sections, "versions": _versions()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _get_sections(doc: Any) -> list[tuple[int, str]]:
    return [
        (doc[section.title_start].idx, section.category)
        for section in doc._.sections
        if section.category
    ]


def _versions() -> dict[str, str]:
    return {"medspacy": medspacy.__version__, "spacy": spacy.__version__}


if __name__ == "__main__":
    main()
