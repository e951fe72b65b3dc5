"""`spacy-clinical checkpoints`: download published weights, and copy them to machines
without a network."""

import contextlib
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer
from huggingface_hub import HfApi, snapshot_download

from spacy_clinical.checkpoints import (
    Checkpoint,
    get_checkpoint,
    is_offline_ready,
    is_shipped,
    list_checkpoints,
)
from spacy_clinical.checkpoints.bundle import write_bundle
from spacy_clinical.checkpoints.files import (
    CONFIG,
    MANIFEST,
    PICKLE,
    SAFE,
    SPARSE_WEIGHT,
    TOKENIZER,
)
from spacy_clinical.checkpoints.hub import COMMIT, ask_hub, choose_weights
from spacy_clinical.checkpoints.store import (
    STORE_VARIABLE,
    read_snapshot,
    verify,
    write_manifest,
)
from spacy_clinical.commands.console import (
    SOME_FAILED,
    WRONG_USE,
    PlainCommand,
    get_message,
    print_rows,
    short_warnings,
    stop,
    tell,
)
from spacy_clinical.errors import CodedValueError, Errors, get_own_message

# Files to download: no pictures, no weights for other libraries.
FILES = [
    CONFIG,
    SPARSE_WEIGHT,
    *TOKENIZER,
    "README.md",
    "LICENSE",
    "LICENSE.txt",
    "LICENSE.md",
]

_SHIPPED = "ships with this package, so there is nothing to do"

app = typer.Typer(
    no_args_is_help=True,
    help="Download and check published weights, and copy them to machines without a "
    f"network. Folders in {STORE_VARIABLE} are found by the names of their cards.",
)


@app.command("list", cls=PlainCommand)
def list_all() -> None:
    """List the cards with their purpose and size, and whether they are ready to use."""
    for name in list_checkpoints():
        card = get_checkpoint(name)
        ready = "ready" if is_offline_ready(card) else "-"
        size = f"{card.parameters:,} M" if card.parameters else ""
        typer.echo(f"{name:<28}{ready:<7}{size:>7}  {card.purpose}")


@app.command(cls=PlainCommand)
def show(
    name: Annotated[str, typer.Argument(help="Card, hub id, or local folder.")],
) -> None:
    """Show the details of a checkpoint."""
    card = _get(name)
    labels = f"{card.n_labels:,}" if card.n_labels else "none, or see its config.json"
    print_rows(
        [
            ("Hub id", card.name),
            ("Revision", card.revision or "-"),
            ("For", card.purpose or "-"),
            ("Head", card.task),
            ("Labels", labels),
            (
                "Size",
                f"{card.parameters:,} million parameters" if card.parameters else "-",
            ),
            ("Maximum", f"{card.max_pieces or '-'} wordpieces in a window"),
            ("License", card.license),
            ("Cite", card.source or "-"),
            (
                "Ready",
                "without a network" if is_offline_ready(card) else "after a fetch",
            ),
            ("Where", card.location),
        ]
    )


@app.command(cls=PlainCommand)
def fetch(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Cards or hub ids.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")],
) -> None:
    """Download checkpoints from the hub, each into its own folder.

    Weights are saved as safetensors, with a manifest of all files.
    """
    for name in names:
        card = _get(name)
        if is_shipped(card):
            typer.echo(f"{name}: {_SHIPPED}")
            continue
        folder = output / name.replace("/", "--")
        typer.echo(f"{card.name} ({card.license}) -> {folder}")
        try:
            with short_warnings():
                revision = _download(card, folder)
            _finish(folder, card, revision)
        # The HTTP library may raise anything.
        except Exception as error:
            kind = type(error).__name__
            message = get_own_message(error)
            stop(message or Errors.C020.format(name=card.name, kind=kind), SOME_FAILED)
        typer.echo(f"  commit {revision}")
        if revision != card.revision and not COMMIT.fullmatch(card.revision):
            typer.echo(f'  to pin it, write in the card: revision = "{revision}"')


@app.command(cls=PlainCommand)
def convert(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER")],
) -> None:
    """Convert pytorch_model.bin, or embeddings in int8, to plain safetensors, and write
    a manifest."""
    for folder in folders:
        if not folder.is_dir():
            stop(Errors.C029.format(name=folder), SOME_FAILED)
        try:
            _finish(folder, _get(str(folder)), "")
        except (OSError, ValueError) as error:
            stop(get_message(error), SOME_FAILED)
        typer.echo(f"{folder}: {SAFE} and a manifest are written")


@app.command(cls=PlainCommand)
def bundle(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Cards or folders.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help=".tar file to write.")],
) -> None:
    """Verify checkpoints and pack them into one .tar file.

    On the machine without a network, unpack it into the folder given by
    SPACY_CLINICAL_CHECKPOINTS.
    """
    folders = []
    for name in names:
        card = _get(name)
        folder = Path(card.location)
        if is_shipped(card):
            typer.echo(f"{name}: {_SHIPPED}")
            continue
        if not folder.is_dir():
            stop(Errors.C029.format(name=name), WRONG_USE)
        folders.append((_name_in_bundle(name, folder), folder))
    if not folders:
        return
    try:
        size = write_bundle(folders, output)
    except (OSError, ValueError) as error:
        stop(get_message(error), SOME_FAILED)
    typer.echo(f"{output}: {len(folders)} checkpoints, {size / 1e6:.1f} MB")


@app.command("verify", cls=PlainCommand)
def verify_all(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Cards or folders.")
    ],
) -> None:
    """Check checkpoints against their manifests, and check that they load."""
    n_failed = 0
    for name in names:
        try:
            with short_warnings():
                outcome = _verify(name)
        except (OSError, ValueError) as error:
            n_failed += 1
            tell(get_message(error))
        else:
            typer.echo(f"{name}: {outcome}")
    if n_failed:
        raise typer.Exit(SOME_FAILED)


def _verify(name: str) -> str:
    """Verify and load a checkpoint. RETURNS: The outcome, to print."""
    # Only this command needs torch.
    from spacy_clinical.encoders.loading import load_checkpoint

    card = get_checkpoint(name)
    folder = Path(card.location)
    if not folder.is_dir():
        raise CodedValueError(Errors.C029.format(name=name))
    # Shipped checkpoints have no manifest: the package's installer checks their files.
    has_manifest = (folder / MANIFEST).exists() or not is_shipped(card)
    if has_manifest:
        verify(folder)
    load_checkpoint(card)
    origin = "matches its manifest" if has_manifest else "ships with this package"
    return f"{origin}, and loads"


def _get(name: str) -> Checkpoint:
    try:
        return get_checkpoint(name)
    except ValueError as error:
        stop(str(error), WRONG_USE)


def _name_in_bundle(name: str, folder: Path) -> str:
    """Get the name of a checkpoint's folder in a store."""
    if not Path(name).is_dir():
        return name.replace("/", "--")
    folder = folder.resolve()
    # The hub's cache: models--owner--name/snapshots/commit.
    if folder.parent.name == "snapshots":
        return folder.parent.parent.name.removeprefix("models--")
    return folder.name


def _download(card: Checkpoint, folder: Path) -> str:
    """Download the needed files. RETURNS: Their commit."""
    info = ask_hub(HfApi(), card)
    names = {file.rfilename for file in info.siblings or ()}
    snapshot_download(
        card.name,
        revision=info.sha,
        allow_patterns=[*FILES, *choose_weights(card.name, names)],
        local_dir=folder,
    )
    # The hub library's own bookkeeping.
    shutil.rmtree(folder / ".cache" / "huggingface", ignore_errors=True)
    with contextlib.suppress(OSError):
        (folder / ".cache").rmdir()
    return str(info.sha)


def _finish(folder: Path, card: Checkpoint, revision: str) -> None:
    from spacy_clinical.encoders.convert import convert_weights, unpack_weights

    if convert_weights(folder):
        (folder / PICKLE).unlink()
    unpack_weights(folder)
    facts: dict[str, Any] = {
        "checkpoint": card.name if revision else _name_in_bundle(str(folder), folder),
        "revision": revision or read_snapshot(folder),
        "license": card.license,
        "source": card.source,
    }
    write_manifest(folder, facts)
