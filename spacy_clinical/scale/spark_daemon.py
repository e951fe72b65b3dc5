"""The process from which Spark forks Python workers, with a pipeline loaded.

PySpark starts it in each executor instead of its own daemon, with these settings:

    spark.python.daemon.module = spacy_clinical.scale.spark_daemon
    spark.executorEnv.SPACY_CLINICAL_PRELOAD = en_clinical_sm

The workers then share the pipeline's weights and all imported modules. The name must be
the one that is passed to `spark.annotate`.
"""

import os
import sys

from pyspark.daemon import manager

from spacy_clinical.scale.pipelines import load_once

VARIABLE = "SPACY_CLINICAL_PRELOAD"
WORKER = "pyspark.worker"


def main() -> None:
    """Load the pipeline named by the variable, and run Spark's daemon."""
    name = os.environ.get(VARIABLE)
    # Spark also starts daemons for other workers, such as those of data sources.
    if name and sys.argv[1:] in ([], [WORKER]):
        load_once(name)
    manager()


if __name__ == "__main__":
    main()
