"""Entities as BRAT standoff (https://brat.nlplab.org/standoff.html)."""

from spacy.tokens import Doc


def format_ann(doc: Doc) -> str:
    """List `doc.ents` as text-bound annotations, one a line; "" for none.

    A line break inside an entity ends a fragment, as BRAT asks.
    """
    lines = []
    for number, ent in enumerate(doc.ents, start=1):
        places, parts = [], []
        start = ent.start_char
        for part in ent.text.split("\n"):
            if part.strip():
                places.append(f"{start} {start + len(part)}")
                parts.append(part)
            start += len(part) + 1
        text = " ".join(parts)
        lines.append(f"T{number}\t{ent.label_} {';'.join(places)}\t{text}\n")
    return "".join(lines)
