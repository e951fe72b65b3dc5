"""Run medspaCy's ConText or negspaCy over entities that are given, as told on standard
input.

    python context_rules.py medspacy_context|negex

One JSON object a line: {"texts": [...], "spans": [[[start, end], ...], ...], "rounds": n}.
The answer, one line too, has for each span the attributes that are true for it, and how
long the component took in each round on Docs that had tokens, sentences and entities.
Sentences are those that the peer's own documentation takes: medspaCy's PyRuSH; spaCy's
sentencizer for negspaCy.
"""

import gc
import importlib
import json
import sys
import time
from importlib.metadata import version
from typing import Any

import spacy

CONTEXT = (
    "is_negated",
    "is_uncertain",
    "is_historical",
    "is_hypothetical",
    "is_family",
)
PACKAGES = {"medspacy_context": "medspacy", "negex": "negspacy"}
MODULES = {"medspacy_context": "medspacy", "negex": "negspacy.negation"}


def main() -> None:
    name = sys.argv[1]
    importlib.import_module(MODULES[name])
    nlp = spacy.blank("en")
    sentences = "medspacy_pyrush" if name == "medspacy_context" else "sentencizer"
    sentencizer = nlp.add_pipe(sentences)
    component: Any = nlp.add_pipe(name)
    for line in sys.stdin:
        order = json.loads(line)
        seconds, docs = [], []
        for _ in range(order["rounds"]):
            docs = [
                _make_doc(nlp, sentencizer, text, spans)
                for text, spans in zip(order["texts"], order["spans"], strict=True)
            ]
            gc.disable()
            start = time.process_time()
            for doc in docs:
                component(doc)
            seconds.append(time.process_time() - start)
            gc.enable()
        found = [[_list_true(name, span) for span in doc.ents] for doc in docs]
        places = [[(s.start_char, s.end_char) for s in doc.ents] for doc in docs]
        versions = {PACKAGES[name]: version(PACKAGES[name]), "spacy": spacy.__version__}
        answer = {"seconds": seconds, "found": found, "places": places}
        sys.stdout.write(json.dumps({**answer, "versions": versions}) + "\n")
        sys.stdout.flush()


def _make_doc(nlp: Any, sentencizer: Any, text: str, spans: list[list[int]]) -> Any:
    doc = nlp.make_doc(text)
    doc = sentencizer(doc)
    found = [
        doc.char_span(start, end, "X", alignment_mode="expand") for start, end in spans
    ]
    doc.ents = spacy.util.filter_spans([span for span in found if span is not None])
    return doc


def _list_true(name: str, span: Any) -> list[str]:
    if name == "negex":
        return ["is_negated"] if span._.negex else []
    return [attribute for attribute in CONTEXT if getattr(span._, attribute)]


if __name__ == "__main__":
    main()
