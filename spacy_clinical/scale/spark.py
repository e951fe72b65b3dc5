"""Annotate the notes of a Spark data frame. This needs pyspark and pyarrow (extra
"spark").

The result has one row for each row of the data frame. Its columns are those of
`export.arrow_schema.SCHEMA`, with the same names and types, followed by the kept columns. If a
row has no text or no id, or a component fails on it, the reason is in `error`; the job
continues. `source` and `meta` are empty: use `keep_cols` for other columns.

Each Python worker loads the pipeline once for all its tasks. Every worker needs this
package, installed or in an environment that is sent with the job, and the pipeline:

    # a shipped pipeline, an installed package, or a folder that all machines can read
    annotate(df, "en_clinical_sm")
    # or the output of nlp.to_disk, sent with the job:
    #   tar -C my_pipeline -czf pipeline.tar.gz .
    #   spark-submit --archives pipeline.tar.gz#pipeline job.py
    annotate(df, "pipeline")

Workers share the pipeline's weights and imported modules if Spark forks them from
`spark_daemon`. Otherwise, plan 1 GB of memory for each.

The number of torch threads in a worker is spark.task.cpus (default 1). Spark sends
10,000 rows at a time to a worker. If notes are very long, set
spark.sql.execution.arrow.maxRecordsPerBatch to a lower number.
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

    from spacy_clinical.export.arrow import make_table
    from spacy_clinical.export.arrow_schema import NAMED_SCHEMA, SCHEMA
except ImportError as error:
    raise CodedImportError(Errors.C330.format(name=error.name)) from error

# Maximum bytes of text that are annotated at once.
MAX_BYTES = 4_000_000
# Number of the pipeline's batches in an Arrow batch.
N_BATCHES = 8
_TEXT, _ID = "text", "id"


class Job(NamedTuple):
    """Settings that are sent to the workers, as plain values."""

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

    This is a lazy transformation, as usual in Spark: only the columns and the
    pipeline's name are checked now.

    df: The data frame.
    model: Pipeline that was sent with the job, a shipped or an installed one, or a
        folder that all machines can read, looked up in this order.
    text_col: Column of strings with the notes.
    id_col: Column of strings or integers with their ids.
    keep_cols: Columns to copy to the result.
    batch_size (notes): Number of notes in a batch.
    with_text: Whether the result may have words of the notes: text, titles, entities'
        text, labels of unknown sections. Copied columns are not affected.
    markup: How to treat notes that aren't plain text, such as HTML: "convert" them,
        "refuse" them with an error in their row, or "keep" them unchanged.
    attributes: Custom attributes to put into the columns `attributes` and `tokens` and
        into entities, such as "span._.negex" or "doc._.language". The job fails before
        its first note if an attribute isn't registered (C362).
    code: Python file to import before the pipeline is loaded. It must be sent with the
        job (spark.addFile, spark-submit --files), or readable by all machines.
    RETURNS: One row for each row, in the same partitions and order.
    RAISES ValueError: C331, if a column doesn't exist; C332, if one can't be used;
        C361, if the name of an attribute is invalid.
    RAISES FileNotFoundError: C333, if there is no such pipeline.
    """
    keep_cols = list_names(keep_cols)
    resolved = _resolve_model(df.sparkSession, str(model))
    job = Job(
        resolved,
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
    """Make the schema of the result of `annotate`.

    schema: Schema of the data frame with the columns to keep.
    keep_cols: Columns to copy to the result.
    with_attributes: Whether the result has custom attributes.
    """
    own = NAMED_SCHEMA if with_attributes else SCHEMA
    return T.StructType(
        [*from_arrow_schema(own), *(schema[name] for name in list_names(keep_cols))]
    )


def annotate_batches(
    batches: Iterator[pa.RecordBatch], job: Job
) -> Iterator[pa.RecordBatch]:
    """Annotate a partition in a Python worker, in small batches.

    batches: Batches with the columns text and id, then those to keep.
    job: The settings.
    """
    sent = Path(SparkFiles.getRootDirectory())
    nlp = load_once(job.model, folder=sent, code=job.code)
    check_attributes(parse_attributes(job.attributes))
    for batch in batches:
        for part in _cut(batch, job.batch_size * N_BATCHES):
            # Frees the words that only occur in these notes.
            with nlp.memory_zone():
                records = _annotate_rows(nlp, part, job)
            yield _join(records, part, job)


def _cut(batch: pa.RecordBatch, n_rows: int) -> Iterator[pa.RecordBatch]:
    """Cut a batch into parts of limited rows and text."""
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
    """A note as read from its row.

    lacking: Its missing fields: "id", "text".
    fault: Coded message why it can't be annotated; otherwise "".
    """

    note: Note
    lacking: tuple[str, ...]
    fault: str


def _read_row(note_id: pa.Scalar, text: pa.Scalar, job: Job) -> _Row:
    values: dict[str, str] = {}
    lacking, fault = [], ""
    for what, column, value in (
        ("id", job.id_col, note_id),
        ("text", job.text_col, text),
    ):
        values[what], reason = _read_value(value)
        if what == "id" and not reason and not values[what]:
            reason = "an empty string"
        if reason:
            lacking.append(what)
            fault = Errors.C334.format(what=what, column=column, found=reason)
    note = Note(values["id"], values["text"], {}, "")
    if not fault:
        try:
            converted = convert_text(note.text, markup=job.markup)
            note = converted.make_note(note.id, {}, "")
        except ValueError as error:
            fault = describe_error(error, note.id)
    return _Row(note, tuple(lacking), fault)


def _read_value(value: pa.Scalar) -> tuple[str, str]:
    """Read a cell. RETURNS: Its text, and what is wrong with it, or ""."""
    try:
        cell = value.as_py()
    # Spark accepts any bytes as a string.
    except UnicodeDecodeError:
        return "", "bytes that aren't UTF-8"
    return ("", "null") if cell is None else (str(cell), "")


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
    """Join the records with the columns to keep."""
    schema = NAMED_SCHEMA if job.attributes else SCHEMA
    [made] = make_table(records, schema=schema).combine_chunks().to_batches()
    first = part.num_columns - len(job.keep_cols)
    fields = [
        part.schema.field(first + i).with_name(name)
        for i, name in enumerate(job.keep_cols)
    ]
    return pa.RecordBatch.from_arrays(
        [*made.columns, *part.columns[first:]],
        schema=pa.schema([*made.schema, *fields]),
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
    # Spark's column names aren't case-sensitive.
    schema_of_result = NAMED_SCHEMA if job.attributes else SCHEMA
    taken = {name.lower() for name in schema_of_result.names}
    for name in job.keep_cols:
        if name.lower() in taken:
            reason = "the result already has a column with that name; rename it first"
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
    """Look for a pipeline before the job starts, as far as the driver can.

    RETURNS: Its name, or the absolute path of its folder.
    """
    is_shipped = set(PurePosixPath(model).parts[:1]) & _list_archives(session)
    if is_shipped or model in list_models() or is_package(model):
        return model
    if not Path(model, "config.cfg").is_file():
        reason = "no config.cfg in it" if Path(model).is_dir() else "no such folder"
        raise CodedFileNotFoundError(Errors.C333.format(name=model, reason=reason))
    return str(Path(model).resolve())


def _list_archives(session: SparkSession) -> set[str]:
    """List the folders to which a job's archives are unpacked on its workers."""
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
