"""`spacy-clinical ask`: ask questions of notes, and print or write a table of answers."""

import shutil
import sys
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from spacy.language import Language

from spacy_clinical.commands.console import (
    SOME_FAILED,
    check_inputs,
    load_code,
    load_pipeline,
    print_rows,
    stop_on_errors,
    tell,
)
from spacy_clinical.commands.options import (
    BatchSize,
    CodeFile,
    IdColumn,
    Limit,
    Markup,
    MarkupMode,
    Paths,
    Processes,
    TextColumn,
)
from spacy_clinical.commands.progress import format_time, list_records, watch
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.export.docs import load_tokenizer
from spacy_clinical.export.frames import ATTRIBUTES, COLUMNS, list_rows, write_value
from spacy_clinical.export.jsonl import write_records
from spacy_clinical.files.atomic import open_atomic
from spacy_clinical.files.cells import TableWriter
from spacy_clinical.notes.reader import NoteReader
from spacy_clinical.notes.sources import list_sources
from spacy_clinical.questions.asked import read_asked
from spacy_clinical.scale.jobs import AnnotateJob
from spacy_clinical.scale.workers import make_chunks, run_chunks
from spacy_clinical.types import NoteFailure

COMPONENT, SPLITTER = "clinical_qa", "clinical_section_splitter"
SUFFIXES = (".csv", ".jsonl")
# Widths of the columns on a terminal, before the answer.
WIDTHS = {"id": 18, "question": 28, "score": 5, "section": 16}
LEAST_WIDTH = 20


def ask(
    paths: Paths,
    question: Annotated[
        list[str],
        typer.Option(
            "--question",
            "-q",
            metavar="QUESTION",
            help="What to ask of each note. Repeat the option for several questions.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="File to write: .csv, or .jsonl. Without it, a table is printed.",
        ),
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            help="Checkpoint for question answering: a card (biobert_large_squad), a hub "
            "id or a folder. Without it, the answer is the sentence that shares most "
            "words with the question."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", help="Pipeline with clinical_qa, instead of a checkpoint."
        ),
    ] = None,
    section: Annotated[
        list[str] | None,
        typer.Option(
            "--section",
            metavar="LABEL",
            help="Section to read, such as social_history. Repeat the option for several.",
        ),
    ] = None,
    top_k: Annotated[
        int, typer.Option(min=1, help="Number of answers to each question.")
    ] = 1,
    text_column: TextColumn = "text",
    id_column: IdColumn = None,
    markup: MarkupMode = Markup.convert,
    batch_size: BatchSize = 32,
    n_process: Processes = 1,
    limit: Limit = 0,
    code: CodeFile = None,
) -> None:
    """Ask questions of notes, and print or write a table of answers.

    The answers are words of the notes: store what is written as safely as the notes. Only
    its owner can read it.

    Exit status: 0 if all notes were read, 1 if some failed, 2 if nothing was done.
    """
    if n_process == 0:
        raise typer.BadParameter("--n-process must be at least 1, or -1.")
    if output is not None and output.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f"--output must end in {' or '.join(SUFFIXES)}.")
    if model is not None and checkpoint is not None:
        raise typer.BadParameter("Give --model or --checkpoint, not both.")
    with stop_on_errors():
        load_code(code)
        asked = read_asked(question, name=COMPONENT)
        outputs = [] if output is None else [output.resolve()]
        check_inputs(paths, outputs)
        sources = list_sources(paths, skip=outputs)
        nlp = make_pipeline(checkpoint) if model is None else load_pipeline(model)
        prepare(nlp, asked, section or (), top_k)
    notes = NoteReader(
        sources,
        text_column=text_column,
        id_column=id_column,
        markup=markup.value,
        limit=limit,
    )
    start = time.perf_counter()
    totals = _Totals()
    with stop_on_errors(None if output is None else output.parent, status=SOME_FAILED):
        results = run_chunks(
            AnnotateJob(nlp), make_chunks(notes, batch_size), n_process=n_process
        )
        rows = totals.list_answers(list_records(watch(results, notes)))
        if output is None:
            is_terminal = sys.stdout.isatty()
            width = shutil.get_terminal_size().columns if is_terminal else None
            for line in format_table(rows, width):
                typer.echo(line)
        else:
            write_answers(rows, output)
            print_rows(
                [
                    ("Notes", str(totals.n_notes)),
                    ("Answers", str(totals.n_answers)),
                    ("Failed", str(totals.n_failed)),
                    ("Time", format_time(totals.n_notes, start)),
                    ("File", str(output)),
                ]
            )
    if totals.n_failed:
        tell(f"{totals.n_failed} of {totals.n_notes} notes failed.")
        raise typer.Exit(SOME_FAILED)


def make_pipeline(checkpoint: str | None) -> Language:
    """Make a pipeline that finds sections and sentences, and answers questions.

    checkpoint: For question answering; None to look for sentences with the words of the
        question.
    """
    nlp = load_tokenizer()
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    config: dict[str, Any] = {
        "model": {"@architectures": "spacy-clinical.SentenceRetrieval.v1"}
    }
    if checkpoint is not None:
        config = {"model": {"encoder": {"checkpoint": checkpoint}}}
    nlp.add_pipe(COMPONENT, config=config)
    return nlp


def prepare(
    nlp: Language, asked: Mapping[str, str], sections: Sequence[str], top_k: int
) -> None:
    """Let a pipeline's component ask these questions only, and load its checkpoint.

    sections: Labels of the sections to read; none for the component's own setting.
    RAISES ValueError: C972, if there is no such component; C973, if no section can have
        one of the labels; the errors of loading.
    """
    if COMPONENT not in nlp.component_names:
        raise CodedValueError(Errors.C972.format(components=", ".join(nlp.pipe_names)))
    if COMPONENT in nlp.disabled:
        nlp.enable_pipe(COMPONENT)
    qa: Any = nlp.get_pipe(COMPONENT)
    qa.questions, qa.top_k = dict(asked), top_k
    if sections:
        check_labels(nlp, sections)
        qa.sections = list(sections)
    # Before any note is read.
    qa.prepare_head()


def check_labels(nlp: Language, sections: Sequence[str]) -> None:
    """Check labels of sections against those that a pipeline's splitter has.

    RAISES ValueError: C973, if it has no such label.
    """
    if SPLITTER not in nlp.pipe_names:
        return
    splitter: Any = nlp.get_pipe(SPLITTER)
    for label in sections:
        if label not in splitter.labels:
            known = ", ".join(sorted(splitter.labels))
            raise CodedValueError(Errors.C973.format(label=label, known=known))


class _Totals:
    """Counts notes while their answers are listed."""

    def __init__(self) -> None:
        self.n_notes = self.n_failed = self.n_answers = 0

    def list_answers(
        self, records: Iterable[Mapping[str, Any] | NoteFailure]
    ) -> Iterator[dict[str, Any]]:
        """List the answers of all records, each of several in a row of its own."""
        for record in records:
            self.n_notes += 1
            if isinstance(record, NoteFailure):
                self.n_failed += 1
                continue
            self.n_failed += record["error"] is not None
            for row, answer in zip(
                list_rows(record, "answers"), record.get("answers", ()), strict=True
            ):
                row.pop(ATTRIBUTES)
                self.n_answers += bool(row["text"])
                yield row
                for other in answer["n_best"][1:]:
                    section = _find_section(record, other["start"])
                    yield {**row, **other, "sentence": None, "section": section}


def _find_section(record: Mapping[str, Any], start: int) -> str:
    """Find the label of the section that a character is in; "" for none."""
    sections = record["sections"]
    i = bisect_right(sections, start, key=lambda section: section["start"]) - 1
    is_inside = i >= 0 and start < sections[i]["end"]
    return sections[i]["label"] if is_inside else ""


def format_table(rows: Iterable[Mapping[str, Any]], width: int | None) -> Iterator[str]:
    """Format answers as lines of a table: note, question, score, section, answer.

    width (characters): Of the terminal; None to write all in full, as for other programs.
    """
    left, is_cut = 0, width is not None
    if width is not None:
        left = max(LEAST_WIDTH, width - sum(WIDTHS.values()) - 2 * len(WIDTHS))
    widths = [*WIDTHS.values(), left]

    def join(cells: Iterable[str]) -> str:
        shown = [
            _fit(cell, column, is_cut=is_cut)
            for cell, column in zip(cells, widths, strict=True)
        ]
        return "  ".join(shown).rstrip()

    yield join([*WIDTHS, "answer"])
    for row in rows:
        cells = (
            row["id"],
            row["question"],
            "-" if row["start"] is None else f"{row['score'] or 0:.2f}",
            row["section"] or "-",
            row["text"] or "(no answer)",
        )
        yield join(map(str, cells))


def _fit(text: str, width: int, *, is_cut: bool) -> str:
    """Write a text in one line of a width, without control characters.

    is_cut: Whether to cut longer texts.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    is_long = is_cut and len(line) > width
    return f"{line[: width - 1]}…" if is_long else line.ljust(width)


def write_answers(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write answers to a .csv or .jsonl file, which appears when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = COLUMNS["answers"]
    if path.suffix.lower() == ".jsonl":
        write_records(({name: row.get(name) for name in columns} for row in rows), path)
        return
    with open_atomic(path) as handle:
        writer = TableWriter(handle, columns)
        for row in rows:
            writer.write([write_value(row.get(name)) for name in columns])
