"""Run OpenMed's rules over notes, as told on standard input.

One JSON object a line: {"texts": [...]}. The answer, one line too, has for each text
its identifiers as [start, end, type], how long that took, and what ran.

Its models are published elsewhere and would be downloaded. What runs without them are its
patterns of numbers, dates and addresses (`safety_sweep`), and its names, numbers and dates
of birth after labels and titles (`detect_clinical_identifiers`), which its clinical
profile runs beside a model, too.
"""

import json
import os
import sys
import time
from importlib.metadata import version
from typing import Any

# Nothing is to be downloaded.
os.environ["HF_HUB_OFFLINE"] = "1"

from openmed.core.clinical_identifiers import detect_clinical_identifiers
from openmed.core.safety_sweep import safety_sweep


def main() -> None:
    facts = {"openmed": version("openmed"), "models": "none"}
    for line in sys.stdin:
        texts = json.loads(line)["texts"]
        start = time.perf_counter()
        rows = [_find(text) for text in texts]
        seconds = time.perf_counter() - start
        answer = {"seconds": seconds, "identifiers": rows, "versions": facts}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _find(text: str) -> list[tuple[int, int, str]]:
    labelled = detect_clinical_identifiers(text, language="en")
    # Those that overlap are settled by its own rules.
    found: list[Any] = safety_sweep(text, labelled, lang="en")
    return [(row.start, row.end, row.label) for row in found]


if __name__ == "__main__":
    main()
