"""Write invented receipts with the fields that are on them, to train on and to measure by.

Run: python scripts/make_receipts.py corpus/receipts --templates 300 --dev 50
"""

import argparse
import json
import sys
from pathlib import Path

from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_forms.receipts import make_receipt
from synthetic_forms.record import make_record

# Templates for measuring have other numbers.
FIRST_UNSEEN = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--templates", type=int, default=300)
    parser.add_argument("--receipts", type=int, default=2, help="of each template")
    parser.add_argument("--dev", type=int, default=50, help="unseen templates")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    write_receipts(args.folder / "train.jsonl", range(args.templates), args.receipts)
    unseen = range(FIRST_UNSEEN, FIRST_UNSEEN + args.dev)
    write_receipts(args.folder / "dev.jsonl", unseen, 1)


def write_receipts(path: Path, templates: range, n_receipts: int) -> None:
    """Write receipts, one a line, in FUNSD's shape, with fields as labels."""
    with path.open("w", encoding="utf8") as out:
        for template in tqdm(templates, desc=path.name, file=sys.stderr):
            for number in range(n_receipts):
                page = make_receipt(template, number)
                out.write(json.dumps(make_record(page, f"{template}-{number}")) + "\n")


if __name__ == "__main__":
    main()
