"""The process that Spark's Python workers are forked from, with a pipeline in it.

PySpark starts it in each executor, in place of its own daemon, if it is told to:

    spark.python.daemon.module = spacy_clinical.scale.spark_daemon
    spark.executorEnv.SPACY_CLINICAL_PRELOAD = en_clinical_sm

The workers then share the pipeline's weights and all that was imported, and need not
load them. The name is the one that `spark.annotate` is given.
"""

import os
import sys

from pyspark.daemon import manager

from spacy_clinical.scale.pipelines import load_once

VARIABLE = "SPACY_CLINICAL_PRELOAD"
WORKER = "pyspark.worker"


def main() -> None:
    """Load what the variable names, and serve Spark."""
    name = os.environ.get(VARIABLE)
    # Spark also has daemons of other workers, that look for data sources and the like.
    if name and sys.argv[1:] in ([], [WORKER]):
        load_once(name)
    manager()


if __name__ == "__main__":
    main()
