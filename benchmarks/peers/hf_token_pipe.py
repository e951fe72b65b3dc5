"""spacy-huggingface-pipelines' hf_token_pipe, as it comes."""

from typing import Any

import spacy
from thinc.api import require_gpu
from worker import Contestant, Order, count_entities, serve


def make(order: Order) -> Contestant:
    if order["device"] != "cpu":
        require_gpu()
    nlp = spacy.blank("en")
    pipe: Any = nlp.add_pipe("hf_token_pipe", config={"model": order["checkpoint"]})
    return Contestant(
        stages={"Docs": lambda texts: list(nlp.pipe(texts))},
        count_entities=count_entities,
        policy=f"windows of {pipe.hf_pipeline.tokenizer.model_max_length} with special "
        "tokens, overlap 16; batches of 1; entities off spaCy's token borders are lost",
        precision="fp32",
        packages=("spacy-huggingface-pipelines", "transformers", "torch", "spacy"),
    )


if __name__ == "__main__":
    serve(make)
