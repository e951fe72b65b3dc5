"""Build a vocabulary from sources."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from spacy_clinical.about import __version__
from spacy_clinical.concepts.draft import Draft
from spacy_clinical.concepts.filters import Filters
from spacy_clinical.concepts.folder import Manifest, read_manifest
from spacy_clinical.concepts.join import Join
from spacy_clinical.concepts.normalize import clean_text
from spacy_clinical.concepts.sources.source import Facts, Source
from spacy_clinical.concepts.sources.table import find_adapter
from spacy_clinical.concepts.write import write_concepts, write_manifest
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.atomic import fill_folder
from spacy_clinical.files.digests import find_sha256
from spacy_clinical.files.regular import show_path

UNKNOWN = "unknown"

# Wraps what takes long, with a label and the number of steps if it is known.
Watch = Callable[[Iterable[Any], str, int | None], Iterable[Any]]


class Built(NamedTuple):
    """Facts of what was built, and from what.

    n_entries: Entries of all sources, also those that weren't kept.
    kinds: Format of each source.
    """

    manifest: Manifest
    n_entries: int
    kinds: list[str]


def build_vocabulary(
    sources: Sequence[str | Path],
    output: str | Path,
    *,
    facts: Facts | None = None,
    filters: Filters | None = None,
    join: str = "",
    watch: Watch | None = None,
) -> Built:
    """Build a vocabulary. Entries with the same id are put together.

    sources: Files and folders; see `spacy_clinical.concepts.sources`.
    output: The folder to make: a new one or an empty one, in an existing folder.
    facts: What to call the vocabulary; what is empty comes from the sources.
    filters: What to keep.
    join: System of codes, such as "MESH". Then the concepts are those of the first
        source, and the others add names and codes to them: see `Join`.
    watch: Wraps what takes long, to show a progress bar.
    RAISES ValueError: C900 to C904, for sources that can't be read; C905, if no concept
        is left; C928, for entries without an id.
    RAISES OSError: C302, if a source isn't there; C326, if the output isn't empty.
    """
    watch = watch or _watch_nothing
    facts, filters = facts or Facts(), filters or Filters()
    draft = Draft(filters)
    opened = [Source(Path(path)) for path in sources]
    with fill_folder(Path(output), is_private=False) as folder:
        adapters = [find_adapter(source) for source in opened]
        joined = Join(join) if join else None
        for source, adapter in zip(opened, adapters, strict=True):
            contents = adapter.read(source)
            facts = _fill(facts, contents.facts)
            entries = watch(contents.entries, source.name, None)
            if joined is not None:
                change = joined.note if source is opened[0] else joined.move
                entries = chain.from_iterable(map(change, entries))
            for number, entry in enumerate(entries, start=1):
                key = clean_text(entry.id)
                if not key:
                    raise CodedValueError(
                        Errors.C928.format(
                            name=source.name, kind=adapter.kind, number=number
                        )
                    )
                draft.add(entry if key == entry.id else entry._replace(id=key))
        concepts = watch(draft.read(), "concepts", len(draft))
        n_concepts, n_names = write_concepts(concepts, folder)
        if not n_concepts:
            raise _make_error(opened, draft, filters)
        kinds = [adapter.kind for adapter in adapters]
        write_manifest(
            folder,
            {
                "name": facts.name or Path(output).name,
                "version": facts.version or UNKNOWN,
                "license": facts.license or UNKNOWN,
                "url": facts.url,
                "n_concepts": n_concepts,
                "n_names": n_names,
                "package": __version__,
                "sources": list(_list_files(opened, kinds)),
                "filters": filters.describe(),
                "joined_by": joined.system if joined else "",
            },
        )
    return Built(read_manifest(Path(output)), draft.n_entries, kinds)


def _watch_nothing(steps: Iterable[Any], label: str, n_steps: int | None) -> Any:
    return steps


def _fill(facts: Facts, more: Facts) -> Facts:
    """Fill in what is empty."""
    return Facts(*(one or other for one, other in zip(facts, more, strict=True)))


def _list_files(sources: Sequence[Source], kinds: Sequence[str]) -> Iterator[Any]:
    for source, kind in zip(sources, kinds, strict=True):
        for path in source.used:
            yield {
                "file": show_path(path.name),
                "format": kind,
                "bytes": path.stat().st_size,
                "sha256": find_sha256(path),
            }


def _make_error(
    sources: Sequence[Source], draft: Draft, filters: Filters
) -> CodedValueError:
    chosen = [f"{name} {value}" for name, value in filters.describe().items()]
    return CodedValueError(
        Errors.C905.format(
            name=", ".join(source.name for source in sources),
            n_entries=draft.n_entries,
            filters=", ".join(chosen),
            languages=", ".join(sorted(draft.languages)) or "none",
            sources=", ".join(sorted(draft.sources)) or "none",
        )
    )
