"""spacy-curated-transformers' BERT with spaCy's ner listening."""

import json
from pathlib import Path

import spacy
from spacy_ner import add_ner, initialize
from thinc.api import require_gpu
from worker import Contestant, Order, count_entities, serve

TRANSFORMER = {
    "@architectures": "spacy-curated-transformers.BertTransformer.v1",
    "piece_encoder": {
        "@architectures": "spacy-curated-transformers.BertWordpieceEncoder.v1"
    },
    "with_spans": {
        "@architectures": "spacy-curated-transformers.WithStridedSpans.v1",
        "stride": 96,
        "window": 128,
    },
}
LISTENER = {
    "@architectures": "spacy-curated-transformers.LastTransformerLayerListener.v1",
    "pooling": {"@layers": "reduce_mean.v1"},
}
LOADERS = {
    "encoder_loader": "spacy-curated-transformers.HFTransformerEncoderLoader.v1",
    "piecer_loader": "spacy-curated-transformers.HFPieceEncoderLoader.v1",
}


def make(order: Order) -> Contestant:
    if order["device"] != "cpu":
        require_gpu()
    checkpoint = Path(order["checkpoint"])
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf8"))
    sizes = {
        "vocab_size": config["vocab_size"],
        "hidden_width": config["hidden_size"],
        "num_hidden_layers": config["num_hidden_layers"],
    }
    nlp = spacy.blank("en")
    nlp.add_pipe("curated_transformer", config={"model": {**TRANSFORMER, **sizes}})
    add_ner(nlp, order["types"], {**LISTENER, "width": config["hidden_size"]})
    nlp.config["initialize"]["components"]["curated_transformer"] = {
        setting: {"@model_loaders": loader, "name": str(checkpoint)}
        for setting, loader in LOADERS.items()
    }
    initialize(nlp, order["texts"][:2])
    return Contestant(
        stages={"Docs": lambda texts: list(nlp.pipe(texts))},
        count_entities=count_entities,
        policy="windows of 128 pieces, overlap 32; batches of 384 windows; "
        "spaCy's ner, untrained",
        precision="fp32",
        packages=("spacy-curated-transformers", "torch", "spacy"),
    )


if __name__ == "__main__":
    serve(make)
