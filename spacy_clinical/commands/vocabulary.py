"""`spacy-clinical vocabulary`: build vocabularies of concepts, and look into them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm import tqdm

from spacy_clinical.commands.console import (
    SOME_FAILED,
    PlainCommand,
    get_message,
    print_rows,
    stop_on_errors,
    tell,
)
from spacy_clinical.concepts.build import build_vocabulary
from spacy_clinical.concepts.entry import Concept
from spacy_clinical.concepts.filters import make_filters
from spacy_clinical.concepts.sources.source import Facts
from spacy_clinical.concepts.store import (
    STORE_VARIABLE,
    list_shipped,
    list_vocabularies,
    open_vocabulary,
)
from spacy_clinical.concepts.vocabulary import Vocabulary
from spacy_clinical.errors import CodedValueError, Errors

_N_SHOWN = 12
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Shipped, in a store, or a folder.")
]

app = typer.Typer(
    no_args_is_help=True,
    help="Build vocabularies of concepts to link to, and look into them. Folders in "
    f"{STORE_VARIABLE} are found by their names.",
)


@app.command(cls=PlainCommand)
def build(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE",
            help="OBO, OBO Graphs, MeSH, UMLS, RxNorm, OMOP, SNOMED CT, LOINC: the main "
            "file or the folder of a release; or CSV, TSV or JSON lines with id, name, "
            "synonyms, type. May be compressed (.gz, .xz).",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to make; new or empty.")
    ],
    name: Annotated[str, typer.Option(help="Short name. Default: the source's.")] = "",
    version: Annotated[str, typer.Option(help="Version, if the source has none.")] = "",
    license: Annotated[str, typer.Option(help="License, if not the usual one.")] = "",
    language: Annotated[
        list[str] | None, typer.Option(help="Keep names in a language: en. Repeatable.")
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            help="Keep a vocabulary of a collection: SNOMEDCT_US. Repeatable."
        ),
    ] = None,
    semantic_type: Annotated[
        list[str] | None,
        typer.Option("--type", help="Keep a semantic type: T047. Repeatable."),
    ] = None,
    obsolete: Annotated[bool, typer.Option(help="Keep what is withdrawn.")] = False,
    join: Annotated[
        str,
        typer.Option(
            metavar="SYSTEM",
            help="Keep the concepts of the first source, and add the names and codes of "
            "others that have the same code in a system, such as MESH.",
        ),
    ] = "",
) -> None:
    """Build a vocabulary from files of one or more sources.

    Exit status: 0, or 2 if nothing was built.
    """
    with stop_on_errors(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        built = build_vocabulary(
            sources,
            output,
            facts=Facts(name, version, license),
            filters=make_filters(
                languages=language or (),
                sources=source or (),
                types=semantic_type or (),
                with_obsolete=obsolete,
            ),
            join=join,
            watch=_show_progress,
        )
    manifest = built.manifest
    print_rows(
        [
            ("Vocabulary", f"{manifest.name} {manifest.version}"),
            ("License", manifest.license),
            ("Format", ", ".join(built.kinds)),
            ("Concepts", f"{manifest.n_concepts:,}"),
            ("Names", f"{manifest.n_names:,}"),
            ("Folder", str(output)),
        ]
    )


@app.command("list", cls=PlainCommand)
def list_all() -> None:
    """List the vocabularies that ship, and those in the store."""
    for known in list_vocabularies():
        place = "ships" if known.is_shipped else str(known.folder)
        typer.echo(_printable(f"{known.name:<16}{known.version:<24}{place}"))


@app.command(cls=PlainCommand)
def show(name: Name) -> None:
    """Show what a vocabulary is, and what it was made of."""
    with stop_on_errors():
        vocabulary = open_vocabulary(name, watch=_show_progress)
    manifest = vocabulary.manifest
    kept = [f"{key}: {value}" for key, value in manifest.filters.items() if value]
    rows = [
        ("Vocabulary", f"{manifest.name} {manifest.version}"),
        ("License", manifest.license),
        ("Published", manifest.url or "-"),
        ("Concepts", f"{manifest.n_concepts:,}"),
        ("Names", f"{manifest.n_names:,}"),
        ("Types", _shorten(vocabulary.type_names)),
        ("Kept", "; ".join(kept) or "all that is valid"),
        ("SHA-256", manifest.sha256),
        ("Folder", str(vocabulary.folder)),
    ]
    for file in manifest.sources:
        rows.append(("Source", f"{file.get('file')}, sha256 {file.get('sha256')}"))
    shipped = list_shipped().get(name)
    if shipped is not None:
        rows += [("Changes", shipped.changes), ("Cite", shipped.cite)]
    print_rows([(label, _printable(value)) for label, value in rows])


@app.command(cls=PlainCommand)
def verify(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME", help="Shipped, in a store, or folders."),
    ],
) -> None:
    """Check all files of vocabularies against the digests in their manifests.

    Exit status: 0, or 1 if one is broken or isn't there.
    """
    n_failed = 0
    for name in names:
        try:
            open_vocabulary(name, watch=_show_progress).verify()
        except (OSError, ValueError) as error:
            n_failed += 1
            tell(get_message(error))
        else:
            typer.echo(f"{name}: matches its manifest")
    if n_failed:
        raise typer.Exit(SOME_FAILED)


@app.command(cls=PlainCommand)
def search(
    name: Name,
    text: Annotated[str, typer.Argument(help="An id, or words of a name.")],
    limit: Annotated[int, typer.Option(min=1, help="Concepts to show.")] = 10,
) -> None:
    """Find concepts by an id or by the words of a name.

    Exit status: 0, 1 if there are none, or 2 if there is nothing to search for.
    """
    with stop_on_errors():
        if not any(map(str.isalnum, text)):
            raise CodedValueError(Errors.C884)
        vocabulary = open_vocabulary(name, watch=_show_progress)
        found = _search(vocabulary, text, limit)
    for concept in found:
        _print_concept(concept)
    if not found:
        tell(f"No concept of '{name}' has this id, or these words in a name.")
        raise typer.Exit(SOME_FAILED)


def _search(vocabulary: Vocabulary, text: str, limit: int) -> list[Concept]:
    number = vocabulary.find_id(text)
    numbers = vocabulary.search(text, limit=limit) if number is None else [number]
    return [vocabulary.concept(number) for number in numbers]


def _print_concept(concept: Concept) -> None:
    mark = " (obsolete)" if concept.is_obsolete else ""
    typer.echo(_printable(f"{concept.id}  {concept.name}{mark}"))
    codes = [
        f"{system}:{code}" for system, codes in concept.xrefs.items() for code in codes
    ]
    for label, values in (
        ("types", concept.types),
        ("names", concept.synonyms),
        ("codes", codes),
    ):
        if values:
            typer.echo(_printable(f"  {label}: {_shorten(values)}"))
    if concept.definition:
        typer.echo(_printable(f"  {concept.definition}"))


def _shorten(values: Iterable[str]) -> str:
    values = list(values)
    more = f"; … ({len(values)})" if len(values) > _N_SHOWN else ""
    return "; ".join(values[:_N_SHOWN]) + more


def _printable(text: str) -> str:
    """Replace characters that would control a terminal: files of others may have any."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _show_progress(steps: Iterable[Any], label: str, n_steps: int | None) -> Any:
    return tqdm(
        steps, desc=label, total=n_steps, unit="", unit_scale=True, disable=None
    )
