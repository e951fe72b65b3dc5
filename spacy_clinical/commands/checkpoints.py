"""`spacy-clinical checkpoints`: get published weights, and carry them to machines that
have no network."""

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
from spacy_clinical.checkpoints.files import CONFIG, MANIFEST, PICKLE, SAFE, TOKENIZER
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

# What of a repository is needed: no pictures, no weights for other libraries.
FILES = [CONFIG, *TOKENIZER, "README.md", "LICENSE", "LICENSE.txt", "LICENSE.md"]

_SHIPPED = "ships with this package, so it is there already"

app = typer.Typer(
    no_args_is_help=True,
    help="Get published weights, check them, and carry them to machines without a "
    f"network: folders under {STORE_VARIABLE} are found by the names of their cards.",
)


@app.command("list", cls=PlainCommand)
def list_all() -> None:
    """List the cards: what for, how large, and whether they can be used right now."""
    for name in list_checkpoints():
        card = get_checkpoint(name)
        ready = "ready" if is_offline_ready(card) else "-"
        size = f"{card.parameters:,} M" if card.parameters else ""
        typer.echo(f"{name:<28}{ready:<7}{size:>7}  {card.purpose}")


@app.command(cls=PlainCommand)
def show(
    name: Annotated[str, typer.Argument(help="Card, hub id, or local folder.")],
) -> None:
    """Show all that is known of a checkpoint."""
    card = _get(name)
    labels = f"{card.n_labels:,}" if card.n_labels else "none, or as its config says"
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
            ("At once", f"{card.max_pieces or '-'} wordpieces"),
            ("License", card.license),
            ("Cite", card.source or "-"),
            (
                "Usable",
                "without a network" if is_offline_ready(card) else "after a fetch",
            ),
            ("Where", card.location),
        ]
    )


@app.command(cls=PlainCommand)
def fetch(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Cards or ids.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for them all.")
    ],
) -> None:
    """Get checkpoints from the hub, as safetensors with a manifest, each in a folder."""
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
        # Whatever the library that it connects by raises.
        except Exception as error:
            kind = type(error).__name__
            message = get_own_message(error)
            stop(message or Errors.C020.format(name=card.name, kind=kind), SOME_FAILED)
        typer.echo(f"  commit {revision}")
        if revision != card.revision and not COMMIT.fullmatch(card.revision):
            typer.echo(f'  to keep to it, write in the card: revision = "{revision}"')


@app.command(cls=PlainCommand)
def convert(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER")],
) -> None:
    """Turn pytorch_model.bin into safetensors, and write a manifest."""
    for folder in folders:
        if not folder.is_dir():
            stop(Errors.C029.format(name=folder), SOME_FAILED)
        try:
            _finish(folder, _get(str(folder)), "")
        except (OSError, ValueError) as error:
            stop(get_message(error), SOME_FAILED)
        typer.echo(f"{folder}: {SAFE} and a manifest are there")


@app.command(cls=PlainCommand)
def bundle(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Cards or folders.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .tar to write.")],
) -> None:
    """Pack verified checkpoints into one .tar.

    Unpack it, on the machine without a network, in a folder that
    SPACY_CLINICAL_CHECKPOINTS names.
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
    """Compare checkpoints with their manifests, and load them once."""
    n_failed = 0
    for name in names:
        try:
            with short_warnings():
                found = _verify(name)
        except (OSError, ValueError) as error:
            n_failed += 1
            tell(get_message(error))
        else:
            typer.echo(f"{name}: {found}")
    if n_failed:
        raise typer.Exit(SOME_FAILED)


def _verify(name: str) -> str:
    """RETURNS: What was found."""
    # Only this command needs torch.
    from spacy_clinical.encoders.loading import load_checkpoint

    card = get_checkpoint(name)
    folder = Path(card.location)
    if not folder.is_dir():
        raise CodedValueError(Errors.C029.format(name=name))
    # What ships with this package has no manifest of its own: its installer checks it.
    has_manifest = (folder / MANIFEST).exists() or not is_shipped(card)
    if has_manifest:
        verify(folder)
    load_checkpoint(card)
    known = "as its manifest says" if has_manifest else "ships with this package"
    return f"{known}, and it loads"


def _get(name: str) -> Checkpoint:
    try:
        return get_checkpoint(name)
    except ValueError as error:
        stop(str(error), WRONG_USE)


def _name_in_bundle(name: str, folder: Path) -> str:
    """What a checkpoint is found by in a store."""
    if not Path(name).is_dir():
        return name.replace("/", "--")
    folder = folder.resolve()
    # A cache of the hub: models--owner--name/snapshots/commit.
    if folder.parent.name == "snapshots":
        return folder.parent.parent.name.removeprefix("models--")
    return folder.name


def _download(card: Checkpoint, folder: Path) -> str:
    """Get the files that are needed. RETURNS: The commit that they are of."""
    info = ask_hub(HfApi(), card)
    names = {file.rfilename for file in info.siblings or ()}
    snapshot_download(
        card.name,
        revision=info.sha,
        allow_patterns=[*FILES, *choose_weights(names)],
        local_dir=folder,
    )
    # What the hub's library notes for itself.
    shutil.rmtree(folder / ".cache" / "huggingface", ignore_errors=True)
    with contextlib.suppress(OSError):
        (folder / ".cache").rmdir()
    return str(info.sha)


def _finish(folder: Path, card: Checkpoint, revision: str) -> None:
    from spacy_clinical.encoders.convert import convert_weights

    if convert_weights(folder):
        (folder / PICKLE).unlink()
    facts: dict[str, Any] = {
        "checkpoint": card.name if revision else _name_in_bundle(str(folder), folder),
        "revision": revision or read_snapshot(folder),
        "license": card.license,
        "source": card.source,
    }
    write_manifest(folder, facts)
