"""spacy_clinical's clinical_ner."""

from typing import Any

import spacy
from worker import Contestant, Labels, Order, count_entities, serve


def make(order: Order) -> Contestant:
    nlp = spacy.blank("en")
    encoder = {
        "@architectures": "spacy-clinical.HFEncoder.v1",
        "checkpoint": order["checkpoint"],
        "precision": order["precision"],
    }
    classifier = {"@architectures": "spacy-clinical.TokenClassifier.v1"}
    pipe: Any = nlp.add_pipe(
        "clinical_ner", config={"model": {**classifier, "encoder": encoder}}
    )
    shim = pipe.shims[0]
    size, stride = shim.window
    if order["device"] != "cpu":
        shim.to_device("gpu", int(order["device"].partition(":")[2] or 0))

    def label(texts: list[str]) -> Labels:
        docs = [nlp.make_doc(text) for text in texts]
        scores = pipe.predict(docs)
        columns = pipe.cfg["columns"]
        return [
            [
                (token.idx, columns[best])
                for token, best, is_seen in zip(
                    doc, scored.X.argmax(1), scored.pieces.is_seen, strict=True
                )
                if is_seen
            ]
            for doc, scored in zip(docs, scores, strict=True)
        ]

    label(order["texts"][:1])
    return Contestant(
        stages={"Docs": lambda texts: list(nlp.pipe(texts, batch_size=32))},
        count_entities=count_entities,
        policy=f"windows of {size} pieces, overlap {size - stride}; batches by pieces",
        precision=shim.describe()["precision"],
        packages=("spacy-clinical", "transformers", "torch", "spacy"),
        label=label,
    )


if __name__ == "__main__":
    serve(make)
