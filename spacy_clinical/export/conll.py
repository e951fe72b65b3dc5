"""Write entities of Docs in the format of CoNLL-2003, for spaCy, Flair and others.

A line is a token, a blank line ends a sentence, and "-DOCSTART- -X- O O" begins a note.
The columns, with a space between them:

    1   the token; white space inside it is written as _
    2   -X- (no part of speech)
    3   where it is: id of the note, start and end in characters: note-1:65-74
    4   O, B-Label for the first token of an entity, I-Label for its others

Tokens of white space are left out. A sentence that ends inside an entity goes on in the
next one. The id is not in the line -DOCSTART-, because spaCy's converter fails at it.

SOURCE: Tjong Kim Sang & De Meulder 2003.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from spacy.tokens import Doc

from spacy_clinical.export.docs import get_note
from spacy_clinical.files.atomic import open_atomic

START = "-DOCSTART- -X- O O\n\n"


def format_conll(doc: Doc, note_id: str) -> str:
    """Write a Doc as lines of CoNLL, its sentences and entities."""
    return START + "".join(_list_lines(doc, _fill(note_id) or "note"))


def write_conll(docs: Iterable[Doc], path: Path) -> int:
    """Write Docs to one file, which appears when all are written.

    docs: Their ids are those that `docs.set_note` kept, or their numbers.
    path: In a folder that exists.
    RETURNS: The number of Docs.
    """
    n_docs = 0
    with open_atomic(path) as lines:
        for doc in docs:
            note = get_note(doc)
            lines.write(format_conll(doc, str(n_docs) if note is None else note.id))
            n_docs += 1
    return n_docs


def _list_lines(doc: Doc, note_id: str) -> Iterator[str]:
    is_open = False
    # Tokens of the present entity that are written.
    n_written = 0
    for token in doc:
        if token.ent_iob_ != "I":
            n_written = 0
        if token.is_sent_start and is_open and not n_written:
            yield "\n"
            is_open = False
        if token.is_space:
            continue
        tag = "O"
        if token.ent_type_:
            tag = f"{'I' if n_written else 'B'}-{_fill(token.ent_type_)}"
            n_written += 1
        place = f"{note_id}:{token.idx}-{token.idx + len(token)}"
        yield f"{_fill(token.text)} -X- {place} {tag}\n"
        is_open = True
    if is_open:
        yield "\n"


def _fill(text: str) -> str:
    """Write white space as _: readers cut lines there."""
    return "".join("_" if char.isspace() else char for char in text)
