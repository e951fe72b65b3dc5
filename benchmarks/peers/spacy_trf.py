"""spacy-transformers' Transformer, with spaCy's ner listening or without a head."""

import spacy
from spacy_ner import add_ner, initialize
from thinc.api import require_gpu
from worker import Contestant, Order, count_entities, serve

TRANSFORMER = {
    "@architectures": "spacy-transformers.TransformerModel.v3",
    "tokenizer_config": {"use_fast": True},
    "get_spans": {
        "@span_getters": "spacy-transformers.strided_spans.v1",
        "window": 128,
        "stride": 96,
    },
}
LISTENER = {
    "@architectures": "spacy-transformers.TransformerListener.v1",
    "grad_factor": 1.0,
    "pooling": {"@layers": "reduce_mean.v1"},
}


def make(order: Order) -> Contestant:
    if order["device"] != "cpu":
        require_gpu()
    nlp = spacy.blank("en")
    model = {**TRANSFORMER, "name": order["checkpoint"]}
    nlp.add_pipe("transformer", config={"model": model})
    if order["head"]:
        add_ner(nlp, order["types"], LISTENER)
    initialize(nlp, order["texts"][:2])
    return Contestant(
        stages={"Docs": lambda texts: list(nlp.pipe(texts))},
        count_entities=count_entities,
        policy="windows of 128 spaCy tokens, overlap 32; batches of 4,096 pieces; "
        + ("spaCy's ner, untrained" if order["head"] else "vectors, no entities"),
        precision="fp32",
        packages=("spacy-transformers", "transformers", "torch", "spacy"),
    )


if __name__ == "__main__":
    serve(make)
