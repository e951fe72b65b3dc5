"""A real Spark on this machine: two workers, and two executors by spark-submit."""

import datetime
import decimal
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import spacy

from spacy_clinical.export.arrow import SCHEMA, make_table, read_parquet
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.models import DEFAULT_MODEL, load
from spacy_clinical.scale import pipelines
from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.types import Note
from tests.conftest import NOTES, load_shipped
from tests.scale import spark_parts  # noqa: F401

pytest.importorskip("pyspark", reason="pyspark is not installed")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("Spark needs Java, which is not installed", allow_module_level=True)

import pandas as pd
import pyarrow as pa
import pyspark
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spacy_clinical.scale.spark import (
    Job,
    _annotate_rows,
    annotate,
    annotate_batches,
    make_schema,
)

# Spark wants pandas to be there, though annotating doesn't use it. Spark 3.5 compares
# its version by distutils, and leaves sockets open.
pytestmark = pytest.mark.filterwarnings(
    "ignore:PySpark does not yet fully support pandas:FutureWarning",
    "ignore:(The )?distutils:DeprecationWarning",
    "ignore:unclosed <socket:ResourceWarning",
)

ROOT = Path(__file__).parents[2]
NAME = "Zebulon Quarterstaff"
# Tasks of some sixty notes each, so of two batches; more would say no more.
N_NOTES = 300
QUIET = """
rootLogger.level = error
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %c: %m%n
"""
# Jobs of seconds end before a JVM's better compiler has paid.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SETTINGS = {
    "spark.executor.extraJavaOptions": JAVA,
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.session.timeZone": "UTC",
}


@pytest.fixture(scope="session")
def spark_folder(tmp_path_factory):
    """What Spark's processes need: the probe as a plugin of spaCy, and a log that is quiet."""
    folder = tmp_path_factory.mktemp("spark")
    plugin = folder / "plugin" / "spark_parts-1.dist-info"
    plugin.mkdir(parents=True)
    (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: spark-parts\n")
    (plugin / "entry_points.txt").write_text(
        "[spacy_factories]\ntest_spark_probe = tests.scale.spark_parts:Probe\n"
    )
    (folder / "log4j2.properties").write_text(QUIET)
    return folder


@pytest.fixture(scope="session")
def spark_env(spark_folder):
    return {
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{spark_folder / 'plugin'}",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(spark_folder / "local"),
        "SPARK_SUBMIT_OPTS": f"{JAVA} -Dlog4j2.configurationFile="
        f"{spark_folder / 'log4j2.properties'}",
    }


@pytest.fixture(scope="session")
def spark(spark_folder, spark_env, model):
    """Two workers, forked from a daemon that has a pipeline; a task may fail three times."""
    builder = SparkSession.builder.master("local[2,4]")
    settings = {
        **SETTINGS,
        "spark.sql.warehouse.dir": str(spark_folder / "warehouse"),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.python.daemon.module": "spacy_clinical.scale.spark_daemon",
        "spark.executorEnv.SPACY_CLINICAL_PRELOAD": str(model),
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    with pytest.MonkeyPatch.context() as patch:
        for key, value in spark_env.items():
            patch.setenv(key, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        gateway = session.sparkContext._gateway
        yield session
        session.stop()
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(timeout=30)


@pytest.fixture(scope="session")
def model(spark_folder):
    """A quick pipeline. Spark's daemon loads it once for all tests."""
    (spark_folder / "loads").mkdir()
    return save_pipeline(spark_folder / "model", spark_folder / "loads")


@pytest.fixture
def probed(tmp_path):
    """The same, but it leaves a file in a folder each time that it is loaded."""
    (tmp_path / "loads").mkdir()
    return save_pipeline(tmp_path / "model", tmp_path / "loads"), tmp_path / "loads"


def save_pipeline(path, loads=""):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [{"label": "Medication", "pattern": w} for w in ("aspirin", "zinc")]
    )
    nlp.add_pipe("clinical_assertion")
    nlp.add_pipe("test_spark_probe")
    nlp.to_disk(path)
    # Given afterwards, so that the one who saves it leaves no file.
    config = nlp.config.copy()
    config["components"]["test_spark_probe"]["folder"] = str(loads)
    config.to_disk(path / "config.cfg")
    return path


def make_notes(n_notes):
    """Notes of all lengths; one in a hundred breaks a component, one has no text."""
    choose = random.Random(0)
    words = ["aspirin", "zinc", "fever", "denies", "pain.", "81 mg\nHPI:\n", "\nPLAN:"]
    for i in range(n_notes):
        text = " ".join(choose.choices(words, k=choose.randrange(1, 60)))
        if i % 100 == 7:
            text = f"broken {NAME}"
        yield Note(f"n{i}", text, {}, "")


def annotate_here(model, notes, *, with_text=True):
    """What one process on one machine makes of notes, as rows by their ids."""
    nlp = load_shipped() if model == DEFAULT_MODEL else load(model)
    records = [make_record(*result) for result in annotate_notes(nlp, notes)]
    if not with_text:
        records = [without_text(record) for record in records]
    return {row["id"]: row for row in make_table(records).to_pylist()}


def make_df(spark, rows, **types):
    """Make a data frame without a Python worker: those of RDDs have another daemon."""
    rows = pd.DataFrame(rows, columns=list(types))
    return spark.createDataFrame(rows, ", ".join(map(" ".join, types.items())))


def by_id(rows):
    found = [row.asDict(recursive=True) for row in rows]
    assert len({row["id"] for row in found}) == len(found)
    return {row["id"]: row for row in found}


def read_loads(folder):
    """Process, its parent and its threads, for each time that a pipeline was loaded."""
    return [tuple(map(int, path.read_text().split())) for path in folder.glob("load-*")]


def test_hundreds_of_notes_are_as_on_one_machine(spark, probed):
    model, loads = probed
    notes = list(make_notes(N_NOTES))
    rows = [(note.id, note.text, i) for i, note in enumerate(notes)]
    rows[50::100] = [(note_id, None, i) for note_id, _, i in rows[50::100]]
    df = make_df(spark, rows, id="string", text="string", n="int").repartition(5)
    result = annotate(df, model, keep_cols=["n"])
    assert read_loads(loads) == []
    found = by_id(result.collect())
    assert len(found) == N_NOTES
    for i, note in enumerate(notes):
        assert found[note.id].pop("n") == i
    lacking = [found.pop(f"n{i}") for i in range(50, N_NOTES, 100)]
    assert {row["error"]["code"] for row in lacking} == {"C334"}
    assert {row["text"] for row in lacking} == {None}
    # More tasks than workers, and each worker loads once.
    workers = read_loads(loads)
    assert 2 <= len({pid for pid, _, _ in workers}) == len(workers) < 5
    assert {n_threads for _, _, n_threads in workers} == {1}

    expected = annotate_here(model, notes)
    assert found == {note_id: expected[note_id] for note_id in found}
    failed = [row for row in found.values() if row["error"]]
    assert len(failed) == N_NOTES // 100
    assert {row["error"]["code"] for row in failed} == {"E999"}
    assert NAME not in str([row["error"] for row in failed])


def test_notes_that_arent_plain_text_are_converted_or_refused(tmp_path):
    texts = [
        "HPI: aspirin",
        "<p>HPI: aspirin</p>",
        "%PDF-1 aspirin",
        "{\\rtf1 HPI: zinc}",
    ]
    part = pa.record_batch({"id": list("0123"), "text": texts})
    nlp = spacy.blank("en")
    job = Job("", "text", "id", (), 32, True)
    found = _annotate_rows(nlp, part, job)
    assert [found[i]["text"] for i in (0, 1, 3)] == [*texts[:1] * 2, "HPI: zinc"]
    assert found[1]["provenance"] == {"reader": {"source_format": "html"}}
    assert found[2]["error"]["code"] == "C354"
    job = job._replace(markup="refuse", with_text=False)
    found = _annotate_rows(nlp, part, job)
    codes = [record["error"] and record["error"]["code"] for record in found]
    assert codes == [None, "C357", "C354", "C357"]
    assert "aspirin" not in str(found)


def test_a_worker_that_is_killed_loses_and_doubles_nothing(spark, probed, tmp_path):
    model, loads = probed
    notes = list(make_notes(60))
    notes[39] = notes[39]._replace(text="HPI:\nwait here")
    rows = [(note.id, note.text) for note in notes]
    df = make_df(spark, rows, id="string", text="string")
    killed = []

    def kill() -> None:
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            path = loads / "waiting"
            if path.exists() and path.read_text():
                os.kill(int(path.read_text()), signal.SIGKILL)
                killed.append(int(path.read_text()))
                return
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    # In the middle of its partition, behind batches that it has handed on.
    annotate(df.coalesce(1), model, batch_size=8).write.parquet(str(tmp_path / "out"))
    killer.join()
    workers = {pid for pid, _, _ in read_loads(loads)}
    assert set(killed) < workers
    read = spark.read.parquet(str(tmp_path / "out"))
    assert read.schema == make_schema(df.schema)
    assert by_id(read.collect()) == annotate_here(model, notes)
    # Its files are what this package writes and reads itself.
    [part] = (tmp_path / "out").glob("*.parquet")
    assert [record["id"] for record in read_parquet(part)] == [n.id for n in notes]


def test_the_shipped_pipeline_finds_what_it_finds_on_one_machine(spark):
    files = sorted((ROOT / "examples" / "notes").glob("*.txt"))
    texts = NOTES[:6] + [path.read_text("utf8")[:400] for path in files]
    notes = [Note(str(i), text, {}, "") for i, text in enumerate(texts)]
    rows = [(int(note.id), note.text) for note in notes]
    df = make_df(spark, rows, note="int", body="string").coalesce(1)
    # Several batches a task, so that words are forgotten between them.
    result = annotate(df, text_col="body", id_col="note", batch_size=1)
    found = by_id(result.collect())
    assert found == annotate_here(DEFAULT_MODEL, notes)
    assert any(row["entities"] for row in found.values())
    assert any(code["evidence"] for row in found.values() for code in row["codes"])


def test_concepts_are_those_of_one_machine(spark, tmp_path, heart_vocabulary):
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "Disease", "pattern": "cardiac failure"}])
    nlp.add_pipe("clinical_linker", config={"vocabularies": [str(heart_vocabulary)]})
    nlp.to_disk(tmp_path / "nlp")
    notes = [Note("a", "cardiac failure", {}, ""), Note("b", "none", {}, "")]
    rows = [(note.id, note.text) for note in notes]
    result = annotate(
        make_df(spark, rows, id="string", text="string"), tmp_path / "nlp"
    )
    found = by_id(result.collect())
    assert found == annotate_here(tmp_path / "nlp", notes)
    [ent] = found["a"]["entities"]
    assert ent["kb_id"] == "T:1"
    assert ent["concept"]["xrefs"][0] == {"system": "MESH", "xref_codes": ["D006333"]}


KEPT = {
    "a.b": ("string", "'x'", "x"),
    "when ": (
        "timestamp",
        "timestamp'2020-02-29 01:02:03.000004'",
        datetime.datetime(2020, 2, 29, 1, 2, 3, 4),
    ),
    "naïve`": (
        "timestamp_ntz",
        "timestamp_ntz'2020-02-29'",
        datetime.datetime(2020, 2, 29),
    ),
    "day": ("date", "date'1900-01-01'", datetime.date(1900, 1, 1)),
    "price": ("decimal(10,2)", "1.5", decimal.Decimal("1.50")),
    "raw": ("binary", "X'FF00'", bytearray(b"\xff\x00")),
    "tags": ("map<string,int>", "map('a', 1)", {"a": 1}),
    "parts": (
        "array<struct<n:bigint,f:float>>",
        "array(struct(1, 0.5))",
        [(1, 0.5)],
    ),
}


def test_columns_that_are_kept_keep_values_and_types(spark, model):
    quoted = {name: f"`{name.replace('`', '``')}`" for name in KEPT}
    given = ", ".join(
        f"cast({value} as {kind}) as {quoted[name]}"
        for name, (kind, value, _) in KEPT.items()
    )
    none = ", ".join(f"cast(null as {kind})" for kind, _, _ in KEPT.values())
    df = spark.sql(
        f"select 1L as id, 'HPI: zinc' as `the.text`, {given} "
        f"union all select 2L, null, {none}"
    )
    values = [value for _, _, value in KEPT.values()]
    df = df.withColumn("certain", F.lit(1))
    result = annotate(df, model, "the.text", keep_cols=[*KEPT, "certain"])
    assert result.columns == [*SCHEMA.names, *KEPT, "certain"]
    for name in (*KEPT, "certain"):
        assert result.schema[name] == df.schema[name]
    first, second = sorted(result.collect(), key=lambda row: row["id"])
    assert [first[name] for name in KEPT] == values
    assert [second[name] for name in KEPT] == [None] * len(values)
    assert first["certain"] == second["certain"] == 1
    assert second["error"]["code"] == "C334"


def test_without_text_nothing_quotes_a_note(spark, model):
    notes = [Note("a", f"{NAME}:\naspirin\nHPI: denies zinc", {}, "")]
    rows = [("a", notes[0].text), (None, NAME)]
    df = make_df(spark, rows, id="string", text="string")
    rows = annotate(df, model, with_text=False).collect()
    assert NAME not in str(rows)
    assert "aspirin" not in str(rows)
    found = by_id(rows)
    assert found["a"] == annotate_here(model, notes, with_text=False)["a"]
    said = [ent["is_negated"] for ent in found["a"]["entities"]]
    assert said == [False, True]
    assert found[None]["error"]["code"] == "C334"


@pytest.mark.parametrize(
    ("note_id", "text", "message"),
    [
        ("'a'", "cast(null as string)", "no text in its column 'text': null"),
        ("'a'", "cast(X'4AC3' as string)", "no text in its column 'text': bytes that"),
        ("cast(null as int)", f"'{NAME}'", "no id in its column 'id': null"),
        ("''", f"'{NAME}'", "no id in its column 'id': an empty string"),
        (
            "cast(X'4AC3' as string)",
            f"'{NAME}'",
            "no id in its column 'id': bytes that",
        ),
    ],
)
def test_a_row_that_cannot_be_read_says_why(spark, model, note_id, text, message):
    df = spark.sql(f"select {note_id} as id, {text} as text")
    [row] = annotate(df, model).collect()
    assert row["error"]["code"] == "C334"
    assert row["error"]["message"].startswith(f"[C334] The row has {message}")
    assert NAME not in str(row["error"])
    assert row["entities"] == row["sections"] == []


@pytest.mark.parametrize("kind", ["string", "tinyint", "bigint", "decimal(38,0)"])
def test_ids_may_be_strings_and_whole_numbers(spark, model, kind):
    df = spark.sql(f"select cast('12' as {kind}) as id, 'HPI: zinc' as text")
    [row] = annotate(df, model).collect()
    assert row["id"] == "12"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"text_col": "note"}, r"\[C331\].*no column 'note' among its 4"),
        ({"id_col": "ID"}, r"\[C331\].*no column 'ID' among"),
        ({"keep_cols": ["age", "sex"]}, r"\[C331\].*no column 'sex' among"),
        ({"text_col": "age"}, r"\[C332\].*column 'age' as notes: it is of type int"),
        ({"id_col": "when"}, r"\[C332\].*column 'when' as ids: it is of type date"),
        (
            {"keep_cols": ["text"]},
            r"\[C332\].*'text' as a column to keep: the result already has",
        ),
        ({"keep_cols": ["age", "age"]}, r"\[C332\].*column 'age' as a column to keep"),
        ({"model": "nowhere"}, r"\[C333\] No pipeline 'nowhere'.*no such folder"),
        ({"model": str(ROOT)}, r"\[C333\].*no config.cfg in it"),
    ],
)
def test_what_cannot_work_is_told_before_the_job(spark, settings, message):
    df = spark.sql("select 1 id, '' text, 50 age, date'2020-01-01' when")
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        annotate(df, **settings)


def test_no_rows_and_empty_partitions_make_no_rows(spark, model):
    df = spark.sql("select 'a' as id, 'HPI: zinc' as text")
    result = annotate(df.where("id = 'b'").repartition(3), model)
    assert result.collect() == []
    assert annotate(df.repartition(3), model).count() == 1
    none = pa.RecordBatch.from_pylist([{"text": "x", "id": "a"}]).slice(1)
    assert (
        list(annotate_batches(iter([none]), Job(str(model), "", "", (), 1, True))) == []
    )


def test_a_folder_may_be_named_from_where_the_driver_runs(spark, model, monkeypatch):
    monkeypatch.chdir(model.parent)
    df = spark.sql("select 'a' as id, 'HPI: zinc' as text")
    assert annotate(df, model.name).count() == 1


def test_a_pipeline_that_does_not_load_is_named(spark, tmp_path):
    model = save_pipeline(tmp_path / "model")
    (model / "entity_ruler" / "patterns.jsonl").write_text("{")
    job = Job(str(model), "text", "id", (), 32, True)
    batches = iter([pa.RecordBatch.from_pylist([{"text": NAME, "id": 1}])])
    with pytest.raises(OSError, match=r"\[C314\] Can't load the pipeline") as caught:
        list(annotate_batches(batches, job))
    assert str(model) in str(caught.value)
    assert NAME not in str(caught.value)


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "spacy_clinical.scale.spark")
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(ImportError, match=r"\[C330\] Spark needs pyspark"):
        import spacy_clinical.scale.spark  # noqa: F401


def test_annotate_batches_holds_little_at_once(spark, model, monkeypatch):
    monkeypatch.setattr("spacy_clinical.scale.spark.MAX_BYTES", 20_000)
    nlp = load(model)
    monkeypatch.setitem(pipelines._LOADED, "loaded here", nlp)
    n_words = len(nlp.vocab.strings)
    job = Job("loaded here", "text", "id", ("n",), 4, True)
    taken = []

    def feed():
        for i in range(3):
            taken.append(i)
            rows = [{"text": f"word{i}x{j} zinc", "id": j, "n": j} for j in range(100)]
            rows[40]["text"] = "x " * 10_000
            yield pa.RecordBatch.from_pylist(rows)

    sizes = []
    for batch in annotate_batches(feed(), job):
        sizes.append(batch.num_rows)
        assert len(taken) == (len(sizes) + 4) // 5
    assert sizes == [32, 8, 1, 32, 27] * 3
    # Words that only these notes have are forgotten.
    assert len(nlp.vocab.strings) == n_words


def test_spark_submit_ships_a_pipeline_to_executors(
    spark_folder, spark_env, probed, tmp_path
):
    model, loads = probed
    shutil.make_archive(str(tmp_path / "packed"), "gztar", model)
    notes = list(make_notes(60))
    rows = [{"id": note.id, "text": note.text, "age": 50} for note in notes]
    table = pa.Table.from_pylist(rows)
    pa.parquet.write_table(table, tmp_path / "notes.parquet")
    # Executors work below Spark's own folder, so this is a copy by links.
    home = tmp_path / "home"
    home.mkdir()
    for path in Path(pyspark.__file__).parent.iterdir():
        (home / path.name).symlink_to(path)
    settings = {
        **SETTINGS,
        "spark.sql.warehouse.dir": str(tmp_path / "warehouse"),
        "spark.executor.memory": "512m",
        "spark.scheduler.minRegisteredResourcesRatio": "1",
    }
    command = [home / "bin" / "spark-submit", "--master", "local-cluster[2,1,512]"]
    command += [f"--conf={key}={value}" for key, value in settings.items()]
    command += ["--archives", f"{tmp_path / 'packed.tar.gz'}#packed"]
    job = ROOT / "examples/spark_job.py"
    command += [job, "packed", tmp_path / "notes.parquet", tmp_path / "out"]
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **spark_env, "SPARK_HOME": str(home)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = pa.parquet.read_table(tmp_path / "out").to_pylist()
    assert len(found) == len(notes)
    assert {row.pop("age") for row in found} == {50}
    # Two executors, each with workers of its own.
    assert len({parent for _, parent, _ in read_loads(loads)}) == 2
    assert {row["id"]: row for row in found} == annotate_here(model, notes)
    assert NAME not in done.stderr + done.stdout


def look(batches):
    """Say which process forked a worker, and how much of its memory is its own."""
    for _ in batches:
        pass
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    sizes = {key: int(rest.split()[0]) for key, rest in (x.split(":") for x in lines)}
    own = sizes["Private_Clean"] + sizes["Private_Dirty"]
    seen = {"parent": [os.getppid()], "own": [own / sizes["Rss"]]}
    yield pa.RecordBatch.from_pydict(seen)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs /proc")
def test_workers_share_a_pipeline_that_was_loaded_before_them(spark, model):
    text = "concat('HPI: cough for ', id, ' days.') as text"
    df = spark.range(60, numPartitions=4)
    df = df.selectExpr("cast(id as string) as id", text)
    assert annotate(df, model).count() == 60
    # Tests load it in this process, too.
    loads = read_loads(model.parent / "loads")
    [(daemon, n_threads)] = [(pid, n) for pid, _, n in loads if pid != os.getpid()]
    assert n_threads == 1
    # Those that have worked for other tests, with other pipelines, go.
    workers = Path(f"/proc/{daemon}/task/{daemon}/children").read_text().split()
    assert workers
    for pid in workers:
        os.kill(int(pid), signal.SIGKILL)
    rows = annotate(df, model).collect()
    assert len(rows) == 60
    assert {row["error"] for row in rows} == {None}
    seen = df.mapInArrow(look, "parent long, own double").collect()
    assert {row["parent"] for row in seen} == {daemon}
    assert len(read_loads(model.parent / "loads")) == len(loads)
    # Of a worker's memory, most is its daemon's.
    assert max(row["own"] for row in seen) < 0.5
