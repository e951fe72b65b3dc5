"""Steps of training of spacy_clinical's clinical_ner."""

import spacy
from spacy.training import Example
from words import cut_batches, label_words
from worker import Contestant, Order, serve


def make(order: Order) -> Contestant:
    is_mixed = order["precision"] == "bf16"
    nlp = spacy.blank("en")
    encoder = {
        "@architectures": "spacy-clinical.HFEncoder.v1",
        "checkpoint": order["checkpoint"],
        "mixed_precision": is_mixed,
    }
    classifier = {"@architectures": "spacy-clinical.TokenClassifier.v1"}
    nlp.add_pipe("clinical_ner", config={"model": {**classifier, "encoder": encoder}})

    def make_example(text: str) -> Example:
        doc = nlp.make_doc(text)
        return Example.from_dict(doc, {"entities": label_words(text)})

    optimizer = nlp.initialize(lambda: map(make_example, order["texts"]))
    optimizer.learn_rate = order["learn_rate"]
    n_steps = 0

    def train(texts: list[str]) -> None:
        nonlocal n_steps
        n_steps = 0
        for batch in cut_batches(texts):
            nlp.update([make_example(text) for text in batch], sgd=optimizer, drop=0.1)
            n_steps += 1

    return Contestant(
        stages={"steps": train},
        count_entities=lambda _: n_steps,
        policy="without padding",
        precision="bf16" if is_mixed else "fp32",
        packages=("spacy-clinical", "transformers", "torch", "spacy"),
    )


if __name__ == "__main__":
    serve(make)
