"""Put trained components into the package as one pipeline.

Run: python scripts/ship_model.py training/ner/model-best training/icd9/model-last \
         training/assertion/model-best
Then write its card: scripts/model_card.py.
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

import srsly
from add_codes import STORAGE, add_codes
from model_card import META, TARGET
from spacy.language import Language
from spacy.util import load_config, load_model_from_config
from store_encoders import set_storage

from spacy_clinical.about import __version__
from spacy_clinical.models import DEFAULT_MODEL

# Chosen on the dev parts of MACCROBAT, BC5CDR and NCBI Disease, and on typed lines.
THRESHOLD = 0.35
SHORT_FORMS = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pipeline", type=Path, help="pipeline with clinical_ner")
    parser.add_argument("codes", type=Path, help="pipeline with a categorizer")
    parser.add_argument("assertion", type=Path, help="pipeline with a trained head")
    args = parser.parse_args()
    # Scores and card stay those of before until scripts/model_card.py writes new ones.
    before = srsly.read_json(TARGET / "meta.json")["performance"]
    card = (TARGET / "README.md").read_text(encoding="utf8")
    meta = {**META, "performance": before}
    shipped = read_without_words(args.pipeline, meta=meta)
    add_assertion(shipped, args.assertion)
    add_codes(shipped, args.codes)
    shutil.rmtree(TARGET, ignore_errors=True)
    shipped.to_disk(TARGET)
    (TARGET / "README.md").write_text(card, encoding="utf8")


def read_without_words(path: Path, meta: dict[str, Any]) -> Language:
    """Load a pipeline, but not the words that training has left in its vocabulary."""
    config = load_config(path / "config.cfg")
    # Nobody who loads the pipeline has the paths of its training.
    config["paths"] = dict.fromkeys(config["paths"])
    encoder = config["components"]["clinical_ner"]["model"]["encoder"]
    encoder["checkpoint"] = "sentence-transformers/all-MiniLM-L6-v2"
    encoder["mixed_precision"] = True
    config["components"]["clinical_ner"] |= {
        "threshold": THRESHOLD,
        "short_forms": SHORT_FORMS,
    }
    set_storage(config, STORAGE)
    nlp = load_model_from_config(config, meta=meta, auto_fill=True)
    # Tokenizer and other components have learned nothing: they keep this version's rules.
    ner = nlp.get_pipe("clinical_ner")
    ner.from_disk(path / "clinical_ner", exclude=["vocab"])
    for shim in ner.shims:
        shim.origin["checkpoint"] = f"{DEFAULT_MODEL}-{__version__}"
        # The scores are those of the weights that ship.
        shim.from_bytes(shim.to_bytes())
    return nlp


def add_assertion(nlp: Language, path: Path) -> None:
    """Add the assertion of another pipeline, on the encoder of the entity recognizer."""
    name = "clinical_assertion"
    source = load_model_from_config(load_config(path / "config.cfg"), auto_fill=True)
    trained = source.get_pipe(name)
    trained.from_disk(path / name, exclude=["vocab", "rules"])
    config = {k: v for k, v in source.get_pipe_config(name).items() if k != "factory"}
    config["model"]["encoder"] = {
        "@architectures": "spacy-clinical.SharedEncoder.v1",
        "component": "clinical_ner",
    }
    # Also of the entities that overlap longer ones.
    config["spans_keys"] = ["ner"]
    pipe = nlp.add_pipe(name, after="clinical_ner", config=config)
    pipe.take_head(trained)


if __name__ == "__main__":
    main()
