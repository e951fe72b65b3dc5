"""Annotate Parquet files of notes (id, text, age): spark-submit spark_job.py MODEL NOTES OUTPUT"""

import sys

from pyspark.sql import SparkSession

from spacy_clinical.scale.spark import annotate


def main(model: str, notes: str, output: str) -> None:
    spark = SparkSession.builder.getOrCreate()
    df = spark.read.parquet(notes).repartition(4)
    annotate(df, model, keep_cols=["age"]).write.parquet(output)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
