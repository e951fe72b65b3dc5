"""Annotate the notes of a Spark data frame. Needs pyspark and pyarrow (extra "spark").

A row of the result is a row of the data frame. Its columns are those of
`export.arrow.SCHEMA`, with the same names and types, then the columns that were kept.
A row that has no text or no id, or on which a component failed, says so in `error`; no
row ends the job. `source` is "" and `meta` empty: keep the columns that say more.

Each Python worker loads the pipeline once, for all its tasks. All of them need this
package, installed or as an environment that goes with the job, and the pipeline:

    # shipped with this package, an installed package, or a folder that all machines see
    annotate(df, "en_clinical_sm")
    # or what nlp.to_disk writes, sent with the job:
    #   tar -C my_pipeline -czf pipeline.tar.gz .
    #   spark-submit --archives pipeline.tar.gz#pipeline job.py
    annotate(df, "pipeline")

Workers share its weights, and what they import, if Spark is told to fork them from
`spark_daemon`; else plan a gigabyte for each.

Spark sets how many threads torch computes with in a worker: spark.task.cpus, which is 1.
It hands a worker 10,000 rows at a time; where notes are very long, lower that by
spark.sql.execution.arrow.maxRecordsPerBatch.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from spacy.language import Language
from spacy.util import is_package

from spacy_clinical.errors import (
    CodedFileNotFoundError,
    CodedImportError,
    CodedValueError,
    Errors,
    get_code,
)
from spacy_clinical.export.attributes import (
    Named,
    check_attributes,
    parse_attributes,
)
from spacy_clinical.export.records import (
    ErrorRecord,
    Record,
    make_failed,
    make_record,
    without_text,
)
from spacy_clinical.files.regular import describe_error
from spacy_clinical.models import DEFAULT_MODEL, list_models
from spacy_clinical.notes.markup import Markup, convert_text
from spacy_clinical.scale.pipelines import load_once
from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.types import Note, list_names

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyspark import SparkFiles
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql import functions as F
    from pyspark.sql import types as T
    from pyspark.sql.pandas.types import from_arrow_schema

    from spacy_clinical.export.arrow import NAMED_SCHEMA, SCHEMA, make_table
except ImportError as error:
    raise CodedImportError(Errors.C330.format(name=error.name)) from error

# Bytes of text that are held at once, with what is found in them.
MAX_BYTES = 4_000_000
# Batches of the pipeline that make an Arrow batch.
N_BATCHES = 8
_TEXT, _ID = "text", "id"


class Job(NamedTuple):
    """What goes to the workers: plain values, nothing that needs to be loaded."""

    model: str
    text_col: str
    id_col: str
    keep_cols: tuple[str, ...]
    batch_size: int
    with_text: bool
    markup: Markup = "convert"
    attributes: tuple[str, ...] = ()
    code: str = ""


def annotate(
    df: DataFrame,
    model: str | Path = DEFAULT_MODEL,
    text_col: str = "text",
    id_col: str = "id",
    *,
    keep_cols: str | Sequence[str] = (),
    batch_size: int = 32,
    with_text: bool = True,
    markup: Markup = "convert",
    attributes: Named = (),
    code: str | Path = "",
) -> DataFrame:
    """Find sections, entities and codes in the notes of a data frame.

    Lazy, as all transformations of Spark: only columns and pipeline are looked for.

    model: A pipeline that was sent with the job, ships in this package, or is installed;
        or a folder that all machines see. Looked for in this order.
    text_col: Column of strings that holds the notes.
    id_col: Column of strings or whole numbers that holds their ids.
    keep_cols: Columns that the result has, too, unchanged.
    batch_size (notes): Notes that are worked on together.
    with_text: Whether the result may hold what is made of the notes' words: text, titles,
        entities' text, labels of unknown sections. Columns that are kept stay as they are.
    markup: What to do with notes that aren't plain text, such as HTML: "convert" them,
        "refuse" them with an error in their row, or "keep" them as they are.
    attributes: Of other components, to put into the columns `attributes`, `tokens` and
        into entities: "span._.negex", "doc._.language". The job fails before its first
        note if the pipeline doesn't know one (C362).
    code: A Python file to import before the pipeline is loaded: one that was sent with
        the job (spark.addFile, spark-submit --files), or that all machines see.
    RETURNS: A row for each row, in the same partitions and in their order.
    RAISES ValueError: C331, if a column isn't there; C332, if one can't be used; C361,
        if something doesn't name an attribute.
    RAISES FileNotFoundError: C333, if there is no such pipeline.
    """
    keep_cols = list_names(keep_cols)
    found = _resolve_model(df.sparkSession, str(model))
    job = Job(
        found,
        text_col,
        id_col,
        tuple(keep_cols),
        batch_size,
        with_text,
        markup,
        tuple(parse_attributes(attributes).list_names()),
        str(code),
    )
    _check_columns(df.schema, job)
    columns = [_get_column(text_col).alias(_TEXT), _get_column(id_col).alias(_ID)]
    columns += [
        _get_column(name).alias(f"kept_{i}") for i, name in enumerate(job.keep_cols)
    ]
    return df.select(columns).mapInArrow(
        partial(annotate_batches, job=job),
        make_schema(df.schema, keep_cols, with_attributes=bool(job.attributes)),
    )


def make_schema(
    schema: T.StructType,
    keep_cols: str | Sequence[str] = (),
    *,
    with_attributes: bool = False,
) -> T.StructType:
    """Make the schema of what `annotate` returns.

    schema: Of the data frame that has the columns to keep.
    with_attributes: Whether attributes of other components were named.
    """
    found = NAMED_SCHEMA if with_attributes else SCHEMA
    return T.StructType(
        [*from_arrow_schema(found), *(schema[name] for name in list_names(keep_cols))]
    )


def annotate_batches(
    batches: Iterator[pa.RecordBatch], job: Job
) -> Iterator[pa.RecordBatch]:
    """Annotate a partition in a Python worker, some notes at a time.

    batches: With the columns text and id, then those to keep.
    """
    sent = Path(SparkFiles.getRootDirectory())
    nlp = load_once(job.model, folder=sent, code=job.code)
    check_attributes(parse_attributes(job.attributes))
    for batch in batches:
        for part in _cut(batch, job.batch_size * N_BATCHES):
            # Frees the words that only these notes have.
            with nlp.memory_zone():
                records = _annotate_rows(nlp, part, job)
            yield _join(records, part, job)


def _cut(batch: pa.RecordBatch, n_rows: int) -> Iterator[pa.RecordBatch]:
    """Cut a batch so that no part has many rows or much text."""
    sizes = (
        pc.call_function("binary_length", [batch.column(_TEXT)])
        .fill_null(0)
        .to_pylist()
    )
    start = n_bytes = 0
    for row, size in enumerate(sizes):
        if row > start and (row - start == n_rows or n_bytes + size > MAX_BYTES):
            yield batch.slice(start, row - start)
            start, n_bytes = row, 0
        n_bytes += size
    if batch.num_rows:
        yield batch.slice(start)


def _annotate_rows(
    nlp: Language, part: pa.RecordBatch, job: Job
) -> list[dict[str, Any]]:
    columns = part.column(_ID), part.column(_TEXT)
    rows = [_read_row(*values, job) for values in zip(*columns, strict=True)]
    notes = [row.note for row in rows if not row.fault]
    results = annotate_notes(nlp, notes, batch_size=job.batch_size)
    done = iter(
        [
            _strip(make_record(note, doc, attributes=job.attributes), job)
            for note, doc in results
        ]
    )
    return [_make_failed(row, job) if row.fault else next(done) for row in rows]


class _Row(NamedTuple):
    """A note as its row gives it.

    lacking: Those of its fields that the row doesn't have.
    fault: Why it can't be annotated, with its code; else "".
    """

    note: Note
    lacking: tuple[str, ...]
    fault: str


def _read_row(note_id: pa.Scalar, text: pa.Scalar, job: Job) -> _Row:
    found: dict[str, str] = {}
    lacking, fault = [], ""
    for what, column, value in (
        ("id", job.id_col, note_id),
        ("text", job.text_col, text),
    ):
        found[what], reason = _read_value(value)
        if what == "id" and not reason and not found[what]:
            reason = "an empty string"
        if reason:
            lacking.append(what)
            fault = Errors.C334.format(what=what, column=column, found=reason)
    note = Note(found["id"], found["text"], {}, "")
    if not fault:
        try:
            converted = convert_text(note.text, markup=job.markup)
            note = converted.make_note(note.id, {}, "")
        except ValueError as error:
            fault = describe_error(error, note.id)
    return _Row(note, tuple(lacking), fault)


def _read_value(value: pa.Scalar) -> tuple[str, str]:
    """Read a cell, or say what is in it instead."""
    try:
        found = value.as_py()
    # Spark takes any bytes for a string.
    except UnicodeDecodeError:
        return "", "bytes that aren't UTF-8"
    return ("", "null") if found is None else (str(found), "")


def _strip(record: Record, job: Job) -> dict[str, Any]:
    return {**(record if job.with_text else without_text(record))}


def _make_failed(row: _Row, job: Job) -> dict[str, Any]:
    error: ErrorRecord = {
        "component": "reader",
        "code": get_code(row.fault),
        "type": "ValueError",
        "message": row.fault,
    }
    return _strip(make_failed(row.note, error), job) | dict.fromkeys(row.lacking)


def _join(
    records: Sequence[dict[str, Any]], part: pa.RecordBatch, job: Job
) -> pa.RecordBatch:
    """Put the columns that were kept beside what was found."""
    schema = NAMED_SCHEMA if job.attributes else SCHEMA
    [found] = make_table(records, schema=schema).combine_chunks().to_batches()
    first = part.num_columns - len(job.keep_cols)
    fields = [
        part.schema.field(first + i).with_name(name)
        for i, name in enumerate(job.keep_cols)
    ]
    return pa.RecordBatch.from_arrays(
        [*found.columns, *part.columns[first:]],
        schema=pa.schema([*found.schema, *fields]),
    )


def _get_column(name: str) -> Column:
    quoted = name.replace("`", "``")
    return F.col(f"`{quoted}`")


def _check_columns(schema: T.StructType, job: Job) -> None:
    for name in (job.text_col, job.id_col, *job.keep_cols):
        if name not in schema.names:
            message = Errors.C331.format(column=name, n_columns=len(schema.names))
            raise CodedValueError(message)
    for name, use, is_right in (
        (job.text_col, "notes", _is_text),
        (job.id_col, "ids", _is_id),
    ):
        if not is_right(schema[name].dataType):
            reason = f"it is of type {schema[name].dataType.simpleString()}"
            raise CodedValueError(
                Errors.C332.format(column=name, use=use, reason=reason)
            )
    # Spark's names don't differ by case alone.
    schema_of_result = NAMED_SCHEMA if job.attributes else SCHEMA
    taken = {name.lower() for name in schema_of_result.names}
    for name in job.keep_cols:
        if name.lower() in taken:
            reason = "the result has a column of that name already; rename it first"
            use = "a column to keep"
            raise CodedValueError(
                Errors.C332.format(column=name, use=use, reason=reason)
            )
        taken.add(name.lower())


def _is_text(kind: T.DataType) -> bool:
    return isinstance(kind, T.StringType | T.CharType | T.VarcharType)


def _is_id(kind: T.DataType) -> bool:
    is_whole = isinstance(kind, T.DecimalType) and kind.scale == 0
    return is_whole or _is_text(kind) or isinstance(kind, T.IntegralType)


def _resolve_model(session: SparkSession, model: str) -> str:
    """Look for a pipeline before the job starts, as far as the driver can know.

    RETURNS: Its name; or the path of its folder from the root, as workers run elsewhere.
    """
    is_shipped = set(PurePosixPath(model).parts[:1]) & _list_archives(session)
    if is_shipped or model in list_models() or is_package(model):
        return model
    if not Path(model, "config.cfg").is_file():
        reason = "no config.cfg in it" if Path(model).is_dir() else "no such folder"
        raise CodedFileNotFoundError(Errors.C333.format(name=model, reason=reason))
    return str(Path(model).resolve())


def _list_archives(session: SparkSession) -> set[str]:
    """Name the folders that the archives of a job become on its workers."""
    settings = ("spark.archives", "spark.yarn.dist.archives")
    urls = [
        url for key in settings for url in (session.conf.get(key, "") or "").split(",")
    ]
    # Spark Connect has none.
    context = getattr(session, "sparkContext", None)
    if context is not None:
        urls += context.listArchives
    parts = [urlsplit(url) for url in urls if url]
    return {part.fragment or PurePosixPath(part.path).name for part in parts}
