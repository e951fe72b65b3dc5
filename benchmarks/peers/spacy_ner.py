"""spaCy's ner on top of a transformer, as in the configs of spaCy's quickstart."""

from collections.abc import Sequence
from typing import Any

from spacy.language import Language
from spacy.training import Example

# Of the words, as in the checkpoint that the others take their entities from.
ENTITY_SHARE = 0.25

PARSER = {
    "@architectures": "spacy.TransitionBasedParser.v2",
    "state_type": "ner",
    "extra_state_tokens": False,
    "hidden_width": 64,
    "maxout_pieces": 2,
    "use_upper": False,
}


def add_ner(nlp: Language, types: Sequence[str], listener: dict[str, Any]) -> None:
    """Add an entity recognizer.

    types: Labels of its entities.
    listener: Config of the layer that gets the transformer's output.
    """
    config = {"model": {**PARSER, "tok2vec": listener}}
    ner: Any = nlp.add_pipe("ner", config=config)
    for label in types:
        ner.add_label(label)


def initialize(nlp: Language, texts: Sequence[str]) -> None:
    """Initialize a pipeline; its ner learns only how many words are in entities.

    texts: What to find that out on.
    """
    doc = nlp.make_doc("No fever.")
    nlp.initialize(lambda: [Example.from_dict(doc, {"entities": []})])
    if not nlp.has_pipe("ner"):
        return
    ner: Any = nlp.get_pipe("ner")
    with nlp.select_pipes(disable="ner"):
        docs = list(nlp.pipe(texts))
    # `ner.move_names` leaves one out, and its indices are not those of the scores.
    moves = [ner.moves.get_class_name(i) for i in range(ner.moves.n_moves)]
    outside = moves.index("O")
    bias = ner.model.get_ref("lower").get_param("b")
    low, high = -100.0, 100.0
    while high - low > 0.01:
        bias[outside] = middle = (low + high) / 2
        for doc in docs:
            # It keeps what has been found.
            doc.set_ents([], default="missing")
        ner.set_annotations(docs, ner.predict(docs))
        n_inside = sum(token.ent_type != 0 for doc in docs for token in doc)
        if n_inside > ENTITY_SHARE * sum(map(len, docs)):
            low = middle
        else:
            high = middle
    bias[outside] = high
