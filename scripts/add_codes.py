"""Put a trained categorizer of ICD-9 codes into a pipeline, in place of its own.

Run: python scripts/add_codes.py training/icd9/model-last \\
         spacy_clinical/models/en_clinical_sm out/with_codes
"""

import sys
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.util import load_config, load_model_from_config

from spacy_clinical.about import __version__
from spacy_clinical.models import DEFAULT_MODEL

NAME = "clinical_icd9_categorizer"
STORAGE = "int8_embeddings"


def main(trained: str, pipeline: str, output: str) -> None:
    """Write the pipeline with the categorizer.

    trained: Pipeline with the trained categorizer.
    pipeline: Pipeline to put it into.
    output: Folder to write to.
    """
    nlp = spacy.load(pipeline)
    add_codes(nlp, Path(trained))
    nlp.to_disk(Path(output))


def add_codes(nlp: Language, path: Path) -> None:
    """Add the categorizer of another pipeline, and forget where it was trained.

    nlp: A pipeline; a categorizer that it has is replaced.
    path: Pipeline with the trained categorizer.
    """
    source = load_model_from_config(load_config(path / "config.cfg"), auto_fill=True)
    config = {k: v for k, v in source.get_pipe_config(NAME).items() if k != "factory"}
    encoder = config["model"]["encoder"]
    encoder["checkpoint"] = "sentence-transformers/all-MiniLM-L6-v2"
    encoder["storage"] = STORAGE
    # It learned from case reports, which abbreviate little.
    config["expand_abbreviations"] = True
    if NAME in nlp.component_names:
        nlp.remove_pipe(NAME)
    pipe = nlp.add_pipe(NAME, config=config)
    pipe.from_disk(path / NAME, exclude=["vocab"])
    for shim in pipe.shims:
        shim.origin["checkpoint"] = f"{DEFAULT_MODEL}-{__version__}"


if __name__ == "__main__":
    main(*sys.argv[1:])
