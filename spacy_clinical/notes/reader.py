"""Read all notes of a run, and estimate the progress."""

from collections.abc import Iterable, Iterator, Sequence

from spacy_clinical.notes.markup import Markup
from spacy_clinical.notes.read import measure_notes
from spacy_clinical.notes.rows import Columns
from spacy_clinical.notes.sources import Source
from spacy_clinical.types import Note, NoteFailure


class NoteReader:
    """Read the notes of many sources; a failure stands for what can't be read.

    sources: As `list_sources` finds them.
    text_column, id_column, markup: See `read_notes`.
    limit: Notes to read; 0 for all.
    n_read: Notes that were read so far.
    """

    def __init__(
        self,
        sources: Sequence[Source | NoteFailure],
        *,
        text_column: str = "text",
        id_column: str | None = None,
        markup: Markup = "convert",
        limit: int = 0,
    ) -> None:
        self.n_read = 0
        self._sources = sources
        self._columns = Columns(text_column, id_column)
        self._markup = markup
        self._limit = limit or None
        self._sizes = [_measure(source) for source in sources]
        self._n_bytes = sum(self._sizes)
        self._n_done = 0
        self._size = 0
        self._share = 0.0
        self._has_tables = any(
            isinstance(source, Source) and source.kind != "text" for source in sources
        )

    def __iter__(self) -> Iterator[Note | NoteFailure]:
        for source, size in zip(self._sources, self._sizes, strict=True):
            self._size = size
            for note, share in self._read_source(source):
                self._share = share
                self.n_read += isinstance(note, Note)
                yield note
                if self.n_read == self._limit:
                    return
            self._n_done += size
            self._size = 0

    @property
    def names(self) -> list[str]:
        """The names of all files, in the order in which they are read."""
        return [
            source.name if isinstance(source, Source) else source.source
            for source in self._sources
        ]

    @property
    def n_expected(self) -> int:
        """The number of all notes: exact for text files, else estimated."""
        n_bytes = self._n_done + self._size * self._share
        if not self._has_tables:
            n_notes = sum(isinstance(source, Source) for source in self._sources)
        elif n_bytes:
            n_notes = round(self.n_read * self._n_bytes / n_bytes)
        else:
            n_notes = self.n_read
        return min(n_notes, self._limit or n_notes)

    def _read_source(
        self, source: Source | NoteFailure
    ) -> Iterable[tuple[Note | NoteFailure, float]]:
        if isinstance(source, NoteFailure):
            return [(source, 1.0)]
        return measure_notes(source, self._columns, self._markup)


def _measure(source: Source | NoteFailure) -> int:
    """Get the size of a file; 0 if unknown."""
    if isinstance(source, NoteFailure) or source.path is None:
        return 0
    try:
        return source.path.stat().st_size
    except OSError:
        return 0
