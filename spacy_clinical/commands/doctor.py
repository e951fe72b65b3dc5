"""`spacy-clinical doctor`: check the installation."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

import spacy
import typer
from spacy.language import Language

from spacy_clinical.about import __version__
from spacy_clinical.checkpoints import (
    get_checkpoint,
    is_offline_ready,
    list_checkpoints,
)
from spacy_clinical.checkpoints.store import STORE_VARIABLE, list_stores
from spacy_clinical.commands.console import SOME_FAILED, short_warnings
from spacy_clinical.encoders.machine import read_machine
from spacy_clinical.errors import name_type
from spacy_clinical.models import list_models, load

NEEDED = ("spacy", "thinc", "torch", "transformers", "tokenizers", "spacy-transformers")
OPTIONAL = ("scispacy", "medspacy", "pyspark", "pyarrow", "matplotlib")
FACTORIES = "spacy_factories"
# An invented note in which every shipped pipeline finds something.
PROBE = "HPI:\nA 63-year-old man with chest pain.\n\nMEDICATIONS: aspirin 81 mg daily"


class Finding(NamedTuple):
    """A line of the report.

    state: "ok", "note" (something optional is missing) or "wrong".
    """

    name: str
    state: str
    text: str


def doctor() -> None:
    """Check what is installed, what works without a network, and what is wrong.

    Exit status: 0, or 1 if there are problems.
    """
    n_wrong = 0
    with short_warnings():
        for finding in find_all():
            mark = {"ok": " ", "note": "-", "wrong": "!"}[finding.state]
            typer.echo(f"{mark} {finding.name:<20}{finding.text}")
            n_wrong += finding.state == "wrong"
    typer.echo("" if n_wrong else "No problems found.")
    if n_wrong:
        typer.echo(f"Problems found: {n_wrong}. See the lines that start with !")
        raise typer.Exit(SOME_FAILED)


def find_all() -> Iterator[Finding]:
    """Yield all lines of the report."""
    yield Finding("spacy-clinical", "ok", __version__)
    yield from _find_packages()
    yield from _find_factories()
    yield from _find_processor()
    yield _find_tesseract()
    yield _find_java()
    yield from _find_stores()
    yield from _find_checkpoints()
    yield from _find_models()


def _find_packages() -> Iterator[Finding]:
    yield Finding("Python", "ok", f"{platform.python_version()} on {platform.system()}")
    for name in (*NEEDED, *OPTIONAL):
        try:
            yield Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            state = "wrong" if name in NEEDED else "note"
            yield Finding(name, state, "not installed")


def _find_factories() -> Iterator[Finding]:
    """Check that spaCy finds the components through the package's entry points."""
    ours = [
        entry.name
        for entry in metadata.entry_points(group=FACTORIES)
        if entry.value.startswith("spacy_clinical.")
    ]
    spacy.blank("en")
    unknown = [name for name in ours if not Language.has_factory(name)]
    if not ours or unknown:
        text = "not registered: install the package (pip install)"
        yield Finding("factories", "wrong", text)
    else:
        yield Finding("factories", "ok", f"{len(ours)} registered with spaCy")


def _find_processor() -> Iterator[Finding]:
    machine = read_machine()
    threads = f"{machine.n_processors} processors, {machine.n_threads} torch threads"
    yield Finding("processor", "ok", f"{machine.processor}; {threads}")
    if machine.prefers_bfloat16:
        yield Finding("fast path", "ok", 'bfloat16 is fast here (precision = "auto")')
    else:
        yield Finding("fast path", "note", "float32: bfloat16 isn't faster here")
    state = "ok" if machine.gpu else "note"
    yield Finding("GPU", state, machine.gpu or "none (optional)")


def _find_tesseract() -> Finding:
    path = shutil.which("tesseract")
    if path is None:
        return Finding(
            "Tesseract", "note", "missing: only PDFs with text can be read, not scans"
        )
    done = subprocess.run(
        [path, "--list-langs"], capture_output=True, text=True, check=False, timeout=20
    )
    # The first line is a heading.
    languages = done.stdout.splitlines()[1:] if done.returncode == 0 else []
    if not languages:
        return Finding("Tesseract", "wrong", f"{path} doesn't run")
    return Finding("Tesseract", "ok", f"{path}, languages {', '.join(languages)}")


def _find_java() -> Finding:
    path = shutil.which("java")
    if path is None and "JAVA_HOME" not in os.environ:
        return Finding("Java", "note", "missing (only needed for Spark)")
    return Finding("Java", "ok", path or os.environ["JAVA_HOME"])


def _find_stores() -> Iterator[Finding]:
    for store in list_stores():
        if store.is_dir():
            yield Finding("checkpoint store", "ok", str(store))
        else:
            text = f"{store} doesn't exist ({STORE_VARIABLE})"
            yield Finding("checkpoint store", "wrong", text)


def _find_checkpoints() -> Iterator[Finding]:
    n_missing = 0
    for name in list_checkpoints():
        if is_offline_ready(get_checkpoint(name)):
            yield Finding("checkpoint", "ok", f"{name} works without a network")
        else:
            n_missing += 1
    if n_missing:
        text = f"{n_missing} others aren't here yet (spacy-clinical checkpoints fetch)"
        yield Finding("checkpoint", "note", text)


def _find_models() -> Iterator[Finding]:
    for name in list_models():
        try:
            doc = load(name)(PROBE)
        # Any error is a finding.
        except Exception as error:
            yield Finding("pipeline", "wrong", f"{name}: {name_type(error)}: {error}")
            continue
        counts = f"{len(doc.ents)} entities and {len(doc._.icd9)} codes in a test note"
        state = "ok" if doc.ents and doc._.clinical_error is None else "wrong"
        yield Finding("pipeline", state, f"{name} runs: {counts}")
    try:
        nlp = spacy.blank("en")
        nlp.add_pipe("clinical_form_extractor")
        n_fields = len(nlp("Name:  Jane Roe\nAge:   63\n")._.form_fields)
    except Exception as error:
        yield Finding("forms", "wrong", f"{name_type(error)}: {error}")
    else:
        state = "ok" if n_fields else "wrong"
        yield Finding("forms", state, f"{n_fields} fields in a test form")
