"""A version of en_clinical_sm, all of it or some of its components."""

from typing import Any

from worker import Contestant, Order, count_entities, serve

from spacy_clinical.models import load


def make(order: Order) -> Contestant:
    nlp: Any = load("en_clinical_sm")
    wanted = order["components"] or nlp.pipe_names
    for name in nlp.pipe_names:
        if name not in wanted:
            nlp.disable_pipe(name)
    return Contestant(
        stages={"Docs": lambda texts: list(nlp.pipe(texts))},
        count_entities=count_entities,
        policy=", ".join(nlp.pipe_names),
        precision="auto",
        packages=("spacy-clinical", "transformers", "torch", "spacy"),
    )


if __name__ == "__main__":
    serve(make)
