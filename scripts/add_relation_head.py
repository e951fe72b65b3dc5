"""Let a pipeline decide which entities belong together by a head that was trained over a
copy of its encoder.

Run: python scripts/add_relation_head.py training/relations/model-best \\
         spacy_clinical/models/en_clinical_sm out/with_relations
"""

import sys
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

NAME, ENCODER, ASSERTION = "clinical_relations", "clinical_ner", "clinical_assertion"


def main(trained: str, pipeline: str, output: str) -> None:
    """Write the pipeline with the head.

    trained: Pipeline with the trained `clinical_relations`.
    pipeline: Pipeline with the `clinical_ner` whose encoder it was trained on.
    output: Folder to write to.
    """
    nlp = spacy.load(pipeline)
    add_head(nlp, spacy.load(trained).get_pipe(NAME))
    nlp.to_disk(Path(output))


def add_head(nlp: Language, trained: Any) -> None:
    """Add the component to a pipeline, or replace it, with the weights of another.

    nlp: Pipeline with a `clinical_ner`.
    trained: A trained `clinical_relations`.
    """
    weights = {name: trained.model.attrs[name] for name in ("width", "hidden")}
    config = {
        "model": {
            "@architectures": "spacy-clinical.RelationHead.v1",
            "size": trained.model.get_ref("projection").get_dim("nO"),
            **weights,
            "encoder": {
                "@architectures": "spacy-clinical.SharedEncoder.v1",
                "component": ENCODER,
            },
        },
        "threshold": trained.threshold,
        "more": trained.more,
        **trained.limits._asdict(),
    }
    if NAME in nlp.component_names:
        nlp.remove_pipe(NAME)
    # Records of medications say whether they are denied.
    after = ASSERTION if ASSERTION in nlp.component_names else ENCODER
    nlp.add_pipe(NAME, config=config, after=after).take_head(trained)


if __name__ == "__main__":
    main(*sys.argv[1:])
