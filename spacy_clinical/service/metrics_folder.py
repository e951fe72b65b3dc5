"""Folder in which the processes of a service keep their counts, so that one can send
them all."""

import os
import shutil
import tempfile

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


class MetricsFolder:
    """A folder for counts, while a service runs. There is no text in it.

    It must be there before `prometheus_client` is imported.
    """

    def __init__(self) -> None:
        self._path = ""

    def __enter__(self) -> None:
        if FOLDER_VARIABLE not in os.environ:
            self._path = tempfile.mkdtemp(prefix="spacy-clinical-metrics-")
            os.environ[FOLDER_VARIABLE] = self._path

    def __exit__(self, *_: object) -> None:
        if self._path:
            del os.environ[FOLDER_VARIABLE]
            shutil.rmtree(self._path, ignore_errors=True)
