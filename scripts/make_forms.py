"""Write invented forms with what is on them, to train on and to measure by: forms of clinics,
forms of offices, and, to measure only, forms by another hand.

Run: python scripts/make_forms.py corpus/forms --clinic 4500 --office 9000 --dev 100
"""

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_forms.fields import FIELDS
from synthetic_forms.layout import make_form
from synthetic_forms.noise import add_noise, annotate_by_hand
from synthetic_forms.office import make_office_form
from synthetic_forms.other_hand import list_sheets, make_other_form
from synthetic_forms.page import Page
from synthetic_forms.record import make_record

# Templates for measuring have other numbers, and questions that no other has.
FIRST_UNSEEN = 1_000_000
HELD_OUT = 5
# Times that each sheet of the other hand is typed.
TYPED = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clinic", type=int, default=1500, help="templates of clinics")
    parser.add_argument("--office", type=int, default=3000, help="templates of offices")
    parser.add_argument("--forms", type=int, default=1, help="forms of each template")
    parser.add_argument("--dev", type=int, default=100, help="unseen templates of each")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    seen = [
        *list_clinic(range(args.clinic), args.forms),
        *list_office(range(args.office), args.forms),
    ]
    write_forms(args.folder / "train.jsonl", make_all(seen))
    unseen = range(FIRST_UNSEEN, FIRST_UNSEEN + args.dev)
    parts = {"clinic": list_clinic(unseen, 1), "office": list_office(unseen, 1)}
    parts["other_hand"] = [
        ("other_hand", i, 0) for i in range(TYPED * len(list_sheets()))
    ]
    # The other hand has no part in training, not even to choose the best model.
    parts["dev"] = parts["clinic"] + parts["office"]
    for name, forms in parts.items():
        write_forms(args.folder / f"{name}.jsonl", make_all(forms))


Form = tuple[str, int, int]


def list_clinic(templates: range, n_forms: int) -> list[Form]:
    return [("clinic", t, form) for t in templates for form in range(n_forms)]


def list_office(templates: range, n_forms: int) -> list[Form]:
    return [("office", t, form) for t in templates for form in range(n_forms)]


def make_all(forms: Iterable[Form]) -> Iterator[tuple[str, Page]]:
    """Make forms, some of them as bad scans, or as annotated by people."""
    known = [field for i, field in enumerate(FIELDS) if i % HELD_OUT]
    for kind, template, form in forms:
        rng = random.Random(f"noise {template} {form}")
        drawn = {"clinic": 0.2}.get(kind, 0.75)
        if kind == "clinic":
            fields = FIELDS if template >= FIRST_UNSEEN else known
            page = make_form(template, form, fields=fields)
        elif kind == "office":
            page = make_office_form(template, form)
        else:
            page = make_other_form(template)
        if rng.random() < 0.6:
            page = add_noise(page, rng, strength=rng.uniform(0.2, 1.0))
        if rng.random() < drawn:
            page = annotate_by_hand(page, rng)
        yield f"{kind}-{template}-{form}", page


def write_forms(path: Path, forms: Iterable[tuple[str, Page]]) -> None:
    """Write forms, one a line, in FUNSD's shape."""
    with path.open("w", encoding="utf8") as out:
        for name, page in tqdm(forms, desc=path.name, file=sys.stderr):
            out.write(json.dumps(make_record(page, name)) + "\n")


if __name__ == "__main__":
    main()
