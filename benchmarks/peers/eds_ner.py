"""EDS-NLP's eds.transformer with eds.ner_crf, both as they come."""

from typing import Any

import edsnlp
import edsnlp.pipes as eds
import torch
from worker import Contestant, Order, count_entities, serve

# As in the checkpoint that the others take their entities from.
ENTITY_SHARE = 0.25


def make(order: Order) -> Contestant:
    nlp = edsnlp.blank("eds")
    transformer: Any = eds.transformer(model=order["checkpoint"])
    nlp.add_pipe(
        eds.ner_crf(
            embedding=transformer,
            mode="joint",
            labels=order["types"],
            target_span_getter="ents",
            span_setter="ents",
        ),
        name="ner",
    )

    def run(texts: list[str]) -> list[Any]:
        stream = nlp.pipe(texts).set_processing(device=order["device"])
        if not order["autocast"]:
            stream = stream.set_processing(autocast=False)
        return list(stream)

    _balance_head(nlp.get_pipe("ner"), lambda: run(order["texts"][:2]))
    return Contestant(
        stages={"Docs": run},
        count_entities=count_entities,
        policy="windows of 128 pieces, overlap 32; batches of 4,096 pieces; "
        "CRF, untrained, in windows of 40 words",
        precision="bf16" if order["autocast"] else "fp32",
        packages=("edsnlp", "transformers", "torch", "spacy"),
    )


def _balance_head(ner: Any, run: Any) -> None:
    """Give a head that has learned nothing as many entities as the others find.

    It would else find several at each word, and making them would take its time.
    """
    seen: list[torch.Tensor] = []
    hook = ner.linear.register_forward_hook(
        lambda layer, inputs, output: seen.append(output.float().flatten(0, -2))
    )
    run()
    hook.remove()
    # (n_words, n_labels, tags): outside is the first of five tags.
    scores = torch.cat(seen).reshape(-1, len(ner.labels), 5)
    lead = scores[:, :, 1:].amax(-1) - scores[:, :, 0]
    wanted = 1 - ENTITY_SHARE / lead.shape[1]
    with torch.no_grad():
        bias = ner.linear.bias.view(-1, 5)
        bias[:, 0] += torch.quantile(lead, wanted, dim=0).to(bias)


if __name__ == "__main__":
    serve(make)
