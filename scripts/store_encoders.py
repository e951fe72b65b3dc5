"""Store the encoders of a saved pipeline in another way, without training anything.

Run: python scripts/store_encoders.py int8_embeddings spacy_clinical/models/en_clinical_sm
"""

import argparse
from pathlib import Path
from typing import Any, get_args

import spacy
from spacy.util import load_config

from spacy_clinical.encoders.settings import Storage

ARCHITECTURE = "spacy-clinical.HFEncoder.v1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("storage", choices=get_args(Storage))
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("output", type=Path, nargs="?", help="default: in place")
    args = parser.parse_args()
    paths = set_storage(load_config(args.pipeline / "config.cfg"), args.storage)
    nlp = spacy.load(args.pipeline, config=dict.fromkeys(paths, args.storage))
    nlp.to_disk(args.output or args.pipeline)


def set_storage(config: dict[str, Any], storage: str) -> list[str]:
    """Set the storage of all encoders in a pipeline's config.

    RETURNS: The settings that were set, as paths with dots.
    """
    paths, pending = [], [("", config)]
    while pending:
        prefix, block = pending.pop()
        if block.get("@architectures") == ARCHITECTURE:
            block["storage"] = storage
            paths.append(f"{prefix}storage")
        pending += [
            (f"{prefix}{key}.", inner)
            for key, inner in block.items()
            if isinstance(inner, dict)
        ]
    return paths


if __name__ == "__main__":
    main()
