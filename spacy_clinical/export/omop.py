"""Records as rows of OMOP's table NOTE_NLP.

Concept ids are 0 ("no matching concept"): mapping entities to OMOP's vocabularies needs
those. `note_nlp_id` is the same whenever the same note is exported.

SOURCE: OMOP Common Data Model 5.4, NOTE_NLP.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from spacy_clinical.about import __title__, __version__

COLUMNS = (
    "note_nlp_id",
    "note_id",
    "section_concept_id",
    "snippet",
    "offset",
    "lexical_variant",
    "note_nlp_concept_id",
    "note_nlp_source_concept_id",
    "nlp_system",
    "nlp_date",
    "nlp_datetime",
    "term_exists",
    "term_temporal",
    "term_modifiers",
)
# Characters on each side of a term in its snippet, and of the columns at most.
AROUND = 60
MAX_TEXT, MAX_MODIFIERS = 250, 2000


def list_rows(record: Mapping[str, Any], *, date: str) -> Iterator[dict[str, Any]]:
    """The entities of a record as rows; the keys are `COLUMNS`.

    record: As `records.make_record` makes it.
    date: When the note was processed (2026-09-14).
    """
    text = str(record.get("text", ""))
    for ent in record["entities"]:
        start, end = ent["start"], ent["end"]
        snippet = text[max(start - AROUND, 0) : end + AROUND]
        modifiers = [f"label={ent['label']}", f"section={ent['section']}"]
        if ent["score"] is not None:
            modifiers.append(f"score={ent['score']}")
        yield {
            "note_nlp_id": make_number(record, start, end, ent["label"]),
            "note_id": record["id"],
            "section_concept_id": 0,
            "snippet": " ".join(snippet.split())[:MAX_TEXT],
            "offset": str(start),
            "lexical_variant": " ".join(ent.get("text", "").split())[:MAX_TEXT],
            "note_nlp_concept_id": 0,
            "note_nlp_source_concept_id": 0,
            "nlp_system": f"{__title__} {__version__}",
            "nlp_date": date,
            "nlp_datetime": f"{date} 00:00:00",
            # Nobody has looked whether it is denied, past or conditional.
            "term_exists": "",
            "term_temporal": "",
            "term_modifiers": ",".join(modifiers)[:MAX_MODIFIERS],
        }


def make_number(record: Mapping[str, Any], *parts: object) -> int:
    """A number of 63 bits, the same for the same part of the same note."""
    names = [record["source"], record["id"], *map(str, parts)]
    digest = hashlib.sha256("\x1f".join(names).encode("utf8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1
