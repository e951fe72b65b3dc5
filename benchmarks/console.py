"""Options that several benchmarks have, and what they say while they run."""

import argparse
import os
import sys
from pathlib import Path


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Add the option for the folder of the corpora, which a variable may name."""
    data = os.environ.get("SPACY_CLINICAL_DATA")
    parser.add_argument(
        "--data", type=Path, default=data, required=data is None, help="Corpora"
    )


def tell(line: str) -> None:
    """Say something that is no result."""
    print(line, file=sys.stderr, flush=True)
