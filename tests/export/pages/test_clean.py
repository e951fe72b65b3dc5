import html
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.export.pages.clean import KINDS, make_row, render_clean
from spacy_clinical.identifiers.found import LABELS


def make_record(parts):
    """A record of parts: words, or (before, after, label, kind, mode) of an identifier."""
    original = text = ""
    places, offsets = [], []
    for part in parts:
        if isinstance(part, str):
            original, text = original + part, text + part
            continue
        before, after, label, kind, mode = part
        new = len(text), len(text) + len(after)
        if mode != "keep":
            offsets.append((len(original), len(original) + len(before), *new))
        row = {"start": new[0], "end": new[1], "label": label, "kind": kind}
        places.append({**row, "mode": mode, "repeated": False})
        original, text = original + before, text + after
    return {
        **{"id": "n <1>", "text": text, "original": original},
        **{"identifiers": places, "offsets": offsets},
    }


PARTS = [
    "Pt: ",
    ("Jane", "[PATIENT]", "PATIENT", "name", "tag"),
    " of ",
    ("2019", "2019", "DATE", "year", "keep"),
    ", seen ",
    ("July 1", "[DATE]", "DATE", "date", "tag"),
    ("Bob", "", "STAFF", "", "mask"),
    " at ",
    ("Riverside", "Riverside", "HOSP", "hospital", "keep"),
    ("X", "<b>", "OWN", "", "tag"),
    ".",
]


def test_both_sides_have_the_kinds_of_identifiers():
    row = make_row(make_record(PARTS))
    before = [(part.text, part.key, part.is_kept) for part in row.original if part.key]
    assert before == [
        ("Jane", "patient", False),
        ("2019", "date", True),
        ("July 1", "date", False),
        ("Bob", "staff", False),
        ("Riverside", "hosp", True),
        ("X", "other", False),
    ]
    after = [(part.text, part.key) for part in row.clean if part.key]
    assert after == [
        *(("[PATIENT]", "patient"), ("2019", "date"), ("[DATE]", "date")),
        *(("Riverside", "hosp"), ("<b>", "other")),
    ]
    assert [(kind.name, kind.n_found) for kind in row.kinds] == [
        *(("Patient", 1), ("Staff", 1), ("Date", 2), ("Hospital", 1)),
        ("Unknown kind", 1),
    ]


WORDS = st.text("ab <\u05d0", max_size=6)
PART = st.tuples(
    WORDS.filter(bool), WORDS, st.sampled_from(LABELS), st.just(""), st.just("tag")
)
KEPT = st.builds(lambda w: (w, w, "DATE", "date", "keep"), WORDS.filter(bool))


@settings(deadline=None)
@given(st.lists(st.one_of(WORDS, PART, KEPT), max_size=12))
def test_no_text_gets_lost(parts):
    record = make_record(parts)
    row = make_row(record)
    assert "".join(part.text for part in row.original) == record["original"]
    assert "".join(part.text for part in row.clean) == record["text"]
    marked = [part[0] for part in parts if not isinstance(part, str)]
    assert [part.text for part in row.original if part.key] == marked


def test_pages_name_colors_and_run_nothing():
    attack = "<script>alert(1)</script>"
    rows = [make_row(make_record([attack, *PARTS, "\x00"]))]
    page = "".join(render_clean(rows, title="Before and after", model="x"))
    assert "<script" not in page
    assert html.escape(attack) in page
    assert "n &lt;1&gt;" in page
    assert "\u2400" in page
    for kind in KINDS:
        assert f'<span class="chip i-{kind.key}">{kind.name}</span>' in page
        assert f".i-{kind.key} {{ background-color:" in page
    assert page.count('<mark class="i-patient"') == 2
    assert page.count('<mark class="i-hosp kept"') == 2
    assert "default-src 'none'" in page
    # Kinds are told by words, too.
    assert re.search(r'Jane<span class="t">name</span>', page)
    assert re.search(r'Bob<span class="t">staff</span>', page)


def test_samples_show_clean_texts_alone():
    record = make_record(PARTS)
    del record["original"], record["offsets"]
    row = make_row(record)
    assert row.original == []
    page = "".join(render_clean([row], title="To check", model=""))
    assert "Jane" not in page
    assert "<h3>Before" not in page


def test_all_kinds_have_a_hue_of_their_own():
    hues = [kind.hue for kind in KINDS]
    assert len(set(hues)) == len(LABELS) + 1
