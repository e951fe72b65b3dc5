"""Write invented forms with what is on them, to train on and to measure by.

Run: python scripts/make_forms.py corpus/forms --templates 1500 --dev 100
"""

import argparse
import json
import random
import sys
from pathlib import Path

from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_forms.layout import make_form
from synthetic_forms.noise import add_noise
from synthetic_forms.record import make_record
from synthetic_forms.words import FIELDS

# Templates for measuring have other numbers, and questions that no other has.
FIRST_UNSEEN = 1_000_000
HELD_OUT = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--templates", type=int, default=1500)
    parser.add_argument("--forms", type=int, default=2, help="forms of each template")
    parser.add_argument("--dev", type=int, default=100, help="unseen templates")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    write_forms(args.folder / "train.jsonl", range(args.templates), args.forms)
    unseen = range(FIRST_UNSEEN, FIRST_UNSEEN + args.dev)
    write_forms(args.folder / "dev.jsonl", unseen, 1)


def write_forms(path: Path, templates: range, n_forms: int) -> None:
    """Write forms, one a line, in FUNSD's shape; half of them as a bad scan."""
    known = [field for i, field in enumerate(FIELDS) if i % HELD_OUT]
    is_unseen = templates.start >= FIRST_UNSEEN
    with path.open("w", encoding="utf8") as out:
        for template in tqdm(templates, desc=path.name, file=sys.stderr):
            for form in range(n_forms):
                fields = FIELDS if is_unseen else known
                page = make_form(template, form, fields=fields)
                rng = random.Random(f"noise {template} {form}")
                if rng.random() < 0.6:
                    page = add_noise(page, rng, strength=rng.uniform(0.2, 1.0))
                name = f"{template}-{form}"
                out.write(json.dumps(make_record(page, name)) + "\n")


if __name__ == "__main__":
    main()
