"""`spacy-clinical serve`: answer requests over HTTP, with a page to try it."""

import logging
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from spacy.language import Language

from spacy_clinical.commands.console import (
    load_code,
    load_pipeline,
    stop_on_errors,
    tell,
)
from spacy_clinical.commands.options import Added, CodeFile
from spacy_clinical.errors import CodedImportError, CodedValueError, Errors
from spacy_clinical.identifiers.replace.keys import load_key, make_key
from spacy_clinical.models import DEFAULT_MODEL, get_title
from spacy_clinical.scale.clean import FINDER
from spacy_clinical.scale.pipelines import make_form_pipeline
from spacy_clinical.service.metrics_folder import MetricsFolder

if TYPE_CHECKING:
    from spacy_clinical.service.engine import Engine
    from spacy_clinical.service.settings import Settings

# Those of the extra "serve".
PACKAGES = ("fastapi", "prometheus_client", "python_multipart", "uvicorn")
LEVELS = ("debug", "info", "warning", "error")


def serve(
    model: Annotated[
        str, typer.Argument(help="Pipeline: shipped, installed, or a folder.")
    ] = DEFAULT_MODEL,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port; 0 for any that is free.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes, which share the weights.")
    ] = 1,
    add: Added = None,
    forms: Annotated[bool, typer.Option(help="Whether to read forms.")] = True,
    form_model: Annotated[
        str | None, typer.Option(help="Pipeline for forms. Default: shipped.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File with the token that callers must show. Otherwise it is in the "
            "variable SPACY_CLINICAL_TOKEN.",
        ),
    ] = None,
    no_token: Annotated[
        bool,
        typer.Option("--no-token", help="Listen on any address without a token."),
    ] = False,
    key_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File with the key of surrogates."),
    ] = None,
    max_body: Annotated[
        int, typer.Option(min=1000, help="Bytes of a request with notes.")
    ] = 10_000_000,
    max_upload: Annotated[
        int, typer.Option(min=1000, help="Bytes of a form.")
    ] = 50_000_000,
    max_notes: Annotated[int, typer.Option(min=1, help="Notes in a request.")] = 1000,
    max_note: Annotated[int, typer.Option(min=1, help="Characters of a note.")] = (
        1_000_000
    ),
    max_queue: Annotated[
        int, typer.Option(min=1, help="Tokens of notes that wait.")
    ] = 2_000_000,
    batch_tokens: Annotated[
        int, typer.Option(min=1, help="Tokens of notes that are computed together.")
    ] = 5000,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds for the work on a request.")
    ] = 300,
    log_level: Annotated[
        str, typer.Option(help=f"Of the log: {', '.join(LEVELS)}.")
    ] = "info",
    code: CodeFile = None,
) -> None:
    """Answer requests over HTTP: annotate notes, extract forms, remove identifiers.

    The address in a browser is a page to try it; /docs describes all paths. SIGTERM ends
    the service when all requests are answered; SIGHUP loads the pipeline again. Nothing
    of a note is written to the log or to a file.

    Exit status: 0 when it was ended by a signal, 2 if it couldn't start.
    """
    if log_level not in LEVELS:
        raise typer.BadParameter(f"--log-level must be one of {', '.join(LEVELS)}.")
    with stop_on_errors(), ExitStack() as stack:
        _check_packages()
        if workers > 1:
            # Before prometheus_client is imported.
            stack.enter_context(MetricsFolder())
        from spacy_clinical.service.bearer import TOKEN_VARIABLE, load_token
        from spacy_clinical.service.server import (
            bind,
            is_loopback,
            listen,
            name_address,
            run_alone,
        )
        from spacy_clinical.service.settings import Settings
        from spacy_clinical.service.workers import Workers, check_system

        if workers > 1:
            check_system()
        token = load_token(token_file)
        opened = stack.enter_context(bind(host, port))
        is_local = is_loopback(opened)
        if token is None and not is_local and not no_token:
            message = Errors.C987.format(host=host, variable=TOKEN_VARIABLE)
            raise CodedValueError(message)
        settings = Settings(
            token=token,
            check_host=token is None and is_local and not no_token,
            max_body=max_body,
            max_upload=max_upload,
            max_notes=max_notes,
            max_note=max_note,
            max_queue=max_queue,
            batch_tokens=batch_tokens,
            timeout=timeout,
        )
        _set_up_log(log_level)
        load_code(code)
        load = partial(load_pipeline, model, add or ())
        form_nlp = _load_forms(form_model) if forms else None
        engine = _make_engine(load(), form_nlp, settings, key_file)
        listen(opened)
        title = get_title(engine.loaded.nlp)
        tell(f"{title} at {name_address(opened)}")
        if workers > 1:
            Workers(engine, opened, workers, load).run()
        else:
            run_alone(engine, opened, load)


def _check_packages() -> None:
    """Check that the packages of the extra are installed.

    RAISES ImportError: C993, if they aren't.
    """
    if any(find_spec(name) is None for name in PACKAGES):
        raise CodedImportError(Errors.C993)


def _load_forms(name: str | None) -> Language:
    return load_pipeline(name) if name else make_form_pipeline()


def _make_engine(
    nlp: Language,
    form_nlp: Language | None,
    settings: "Settings",
    key_file: Path | None,
) -> "Engine":
    from spacy_clinical.service.engine import Engine
    from spacy_clinical.service.metrics import Metrics

    factories = {nlp.get_pipe_meta(name).factory for name in nlp.component_names}
    needs_key = FINDER in factories or key_file is not None
    key = load_key(key_file) if needs_key else make_key()
    return Engine(nlp, form_nlp, settings, Metrics(), key)


def _set_up_log(level: str) -> None:
    """Write the package's log and uvicorn's to standard error; no other package's."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    )
    for name in ("spacy_clinical", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level.upper())
        logger.propagate = False
