"""Invented records for tests of the page of `spacy-clinical view`."""

from spacy_clinical.export.viewer import Run, make_view, render_view

ATTACK = (
    '</script><script>document.title="run"</script><!--<script>'
    '<img src=x onerror=document.title="run"> \x00\x07 "\' &lt; \u2028\u2029'
)
TEXT = "HPI:\nPain \U0001f915\U0001f915 and fever, no\ncough.\n\nPLAN:\nAspirin for fever.\n"


def make_record(
    note_id="one", text=TEXT, *, found=(), codes=(), titles=("HPI:", "PLAN:")
):
    """A record with entities (words, label, score) and codes (code, title, words)."""
    starts = [text.index(title) for title in titles if title in text]
    ends = [*starts[1:], len(text)]
    names = ["history_of_present_illness", "plan"]
    sections = [
        {
            "label": name,
            "loinc": "10164-2" if name != "plan" else "18776-5",
            "title": text[start : text.index(":", start) + 1],
            "start": start,
            "end": end,
            "body_start": text.index(":", start) + 2,
        }
        for name, start, end in zip(names, starts, ends, strict=False)
    ]

    def place(words):
        start = text.index(words)
        section = next(
            (s["label"] for s in reversed(sections) if s["start"] <= start), ""
        )
        return {"start": start, "end": start + len(words), "section": section}

    return {
        "id": note_id,
        "source": f"{note_id}.txt",
        "meta": {"ward": "7 West"},
        "n_chars": len(text),
        "text": text,
        "sections": sections,
        "subsections": [],
        "entities": [
            {"label": label, "text": words, "score": score, **place(words)}
            for words, label, score in found
        ],
        "overlapping": [],
        "codes": [
            {
                "code": code,
                "title": title,
                "chapter": "Symptoms",
                "icd10": ["R50"],
                "score": 0.8,
                "evidence": [{"score": 0.8, **place(words)} for words in evidence],
            }
            for code, title, *evidence in codes
        ],
        "provenance": {"clinical_ner": {"checkpoint": "tiny"}},
        "error": None,
    }


FOUND = [
    ("Pain", "Sign_symptom", 0.9),
    ("fever", "Sign_symptom", 0.7),
    ("cough", "Sign_symptom", 0.3),
    ("Aspirin", "Medication", 0.95),
]
CODES = [("780", "General symptoms", "fever, no\ncough", "Aspirin for fever")]


def make_page(*runs, limit=0):
    named = [Run(name, records) for name, records in zip("xyz", runs, strict=False)]
    return render_view(make_view(named, limit=limit))
