"""transformers' token-classification pipeline, with its best batch size."""

import time
from typing import Any

import spacy
from spacy.tokens import Doc
from spacy.util import filter_spans
from transformers import pipeline
from worker import Contestant, Labels, Order, count_entities, serve

BATCH_SIZES = (1, 8, 16, 32)


def make(order: Order) -> Contestant:
    overlap = order["overlap"]
    tagger: Any = pipeline(
        "token-classification",
        model=order["checkpoint"],
        device=order["device"],
        aggregation_strategy="first",
        stride=overlap,
    )
    nlp = spacy.blank("en")
    seconds = {n: _time(tagger, order["texts"], n) for n in BATCH_SIZES}
    best = min(seconds, key=lambda n: seconds[n])

    def extract(texts: list[str]) -> list[tuple[str, list[Any]]]:
        return list(zip(texts, tagger(texts, batch_size=best), strict=True))

    def make_docs(results: list[tuple[str, list[Any]]]) -> list[Doc]:
        return [_make_doc(nlp, text, found) for text, found in results]

    def label(texts: list[str]) -> Labels:
        plain: Any = pipeline(
            "token-classification",
            model=tagger.model,
            tokenizer=tagger.tokenizer,
            device=order["device"],
            ignore_labels=[],
        )
        return [[(p["start"], p["entity"]) for p in note] for note in plain(texts)]

    tried = ", ".join(f"{n}: {s:.2f} s" for n, s in seconds.items())
    return Contestant(
        stages={"offsets": extract, "Docs": make_docs},
        count_entities=count_entities,
        policy=f"windows of 512 with special tokens, overlap {overlap}; "
        f"batches of {best}, the best on {len(order['texts'])} notes ({tried})",
        precision="fp32",
        packages=("transformers", "torch", "spacy"),
        label=label,
    )


def _time(tagger: Any, texts: list[str], batch_size: int) -> float:
    turns = []
    for _ in range(2):
        start = time.perf_counter()
        tagger(texts, batch_size=batch_size)
        turns.append(time.perf_counter() - start)
    return min(turns)


def _make_doc(nlp: Any, text: str, found: list[Any]) -> Doc:
    doc: Doc = nlp.make_doc(text)
    spans = [
        doc.char_span(e["start"], e["end"], e["entity_group"], alignment_mode="expand")
        for e in found
    ]
    doc.ents = filter_spans([span for span in spans if span is not None])
    return doc


if __name__ == "__main__":
    serve(make)
