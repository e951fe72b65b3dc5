"""A component for pipelines that run in Spark's workers, and tells what happens there."""

import os
import time
import uuid
from pathlib import Path

import torch
from spacy.language import Language
from spacy.tokens import Doc


@Language.factory("test_spark_probe")
class Probe:
    """Leaves a file for each time that it is loaded, and fails or waits where told.

    folder: Of the files; none are left for "".
    """

    def __init__(self, nlp: Language, name: str, folder: str = "") -> None:
        self.folder = folder
        if folder:
            path = Path(folder, f"load-{uuid.uuid4()}")
            path.write_text(f"{os.getpid()} {os.getppid()} {torch.get_num_threads()}")

    def __call__(self, doc: Doc) -> Doc:
        if "broken" in doc.text:
            raise ValueError(f"[E999] {doc.text}")
        if "wait here" in doc.text:
            self._wait_once()
        return doc

    def _wait_once(self) -> None:
        """Wait to be killed, unless some process has waited already."""
        try:
            with Path(self.folder, "waiting").open("x") as handle:
                handle.write(str(os.getpid()))
        except FileExistsError:
            return
        time.sleep(60)
        raise SystemExit("Nobody came.")
