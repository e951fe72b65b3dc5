"""What survives joining, cutting and retokenizing Docs, without a word about patients."""

import gc
import pickle
import random
import warnings

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from spacy_clinical.export.docs import count_extended, get_note, load_tokenizer
from spacy_clinical.export.docs import make_doc as make_record_doc
from spacy_clinical.export.records import make_record
from spacy_clinical.extensions import doc_data
from spacy_clinical.extensions.attributes import record_error
from spacy_clinical.extensions.doc_data import keep, read_text
from spacy_clinical.extensions.span_groups import list_spans, realign_spans
from spacy_clinical.forms import make_form_doc
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.forms.places import find_places
from spacy_clinical.types import Note

NOTES = [
    "HPI: cough for two days.\n\nMEDICATIONS:\naspirin 81 mg daily\n\nPLAN: rest\n",
    "ALLERGIES: none known\nPLAN:\n\n1. fluids\n2. rest",
    "no titles here",
]


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    nlp.add_pipe("clinical_sentencizer")
    nlp.add_pipe("clinical_form_extractor", config={"model": RULES})
    return nlp


RULES = {"@architectures": "spacy-clinical.FormRules.v1"}


def make_note(nlp, number):
    doc = nlp(NOTES[number])
    if len(doc) > 5:
        doc.ents = [doc.char_span(0, doc[2].idx + len(doc[2]), label="Sign")]
    place = {"section": "", "start": 0, "end": 3, "score": 0.5}
    doc._.icd9 = [{"code": f"40{number}", "score": 0.5, "evidence": [place]}]
    doc._.icd9_groups = {"chapter": {"7": 0.5}}
    doc._.clinical_vector = [1.0]
    return doc


KEYS = ["Name:", "Age:", "Phone:", "Date of birth:", "Allergies:", "Sex:"]
VALUES = ["Roe", "63 x", "none known", "Springfield", "aspirin", "n/a", "Jane"]


def make_form(nlp, seed=0, n_lines=5, keys=KEYS, values=VALUES):
    """A form of two pages."""
    chosen = random.Random(seed)
    pages = []
    for page in range(2):
        words = []
        for line in range(n_lines):
            texts = [chosen.choice(keys), chosen.choice(values)]
            for column, text in enumerate(texts):
                x, y = 100 * column + chosen.random(), 20 * line + page
                words.append(Word(text, (x, y, x + 40, y + 10), chosen.random()))
        pages.append(FormPage(300.0 + page, 200.0, "pt", words, "pdf"))
    return nlp.get_pipe("clinical_form_extractor")(
        make_form_doc(nlp.vocab, pages, source="a.pdf")
    )


def tell(token):
    return (
        token.text.strip(),
        token._.box,
        token._.box_1000,
        token._.page,
        token._.confidence,
    )


def tell_words(doc):
    return [tell(token) for token in doc if token._.box is not None]


def tell_sections(doc):
    return [
        (
            s.label_,
            s.text.strip(),
            s._.section_title.text if s._.section_title is not None else "",
            s._.section_body.text.strip(),
        )
        for s in list_spans(doc, "sections")
    ]


def test_joined_forms_keep_their_places(nlp):
    forms = [make_form(nlp, seed) for seed in range(3)]
    doc = Doc.from_docs(forms)
    assert tell_words(doc) == [word for form in forms for word in tell_words(form)]
    assert doc._.form_fields == [f for form in forms for f in form._.form_fields]
    assert doc._.form_fields
    assert doc._.pages == [page for form in forms for page in form._.pages]
    places = find_places(doc)
    assert set(places.pages.tolist()) == {1, 2, 3, 4, 5, 6}
    for token in doc:
        if token._.box is not None:
            assert tuple(places.boxes[token.i]) == token._.box_1000
    assert [s._.box for s in doc.spans["layout"]] == [
        s._.box for form in forms for s in form.spans["layout"]
    ]


def test_joined_notes_keep_what_they_say(nlp):
    docs = [make_note(nlp, i) for i in range(3)]
    doc = Doc.from_docs(docs)
    assert tell_sections(doc) == [one for d in docs for one in tell_sections(d)]
    assert [e.text for e in doc.ents] == [e.text for d in docs for e in d.ents]
    assert [code["code"] for code in doc._.icd9] == ["400", "401", "402"]
    for code, note in zip(doc._.icd9, NOTES, strict=True):
        [place] = code["evidence"]
        assert doc.text[place["start"] : place["end"]] == note[:3]
    assert doc._.clinical_provenance == docs[0]._.clinical_provenance
    for attribute in ("clinical_pieces", "clinical_vector", "clinical_error"):
        assert doc._.get(attribute) is None
    assert doc._.icd9_groups == {}
    record = make_record(Note("a", doc.text, {}, ""), doc)
    bodies = [
        doc.text[row["body_start"] :].split()[0]
        for row in record["sections"]
        if row["title"]
    ]
    assert bodies == ["cough", "aspirin", "rest", "none", "1."]


def test_joined_docs_tell_the_first_error(nlp):
    docs = [nlp.make_doc("a"), nlp.make_doc("b")]
    record_error(docs[1], "ner", ValueError("x"))
    assert Doc.from_docs(docs)._.clinical_error["component"] == "ner"


def test_records_keep_their_note_silently():
    tokenizer = load_tokenizer()
    doc = Doc(tokenizer.vocab, words=["a", "b"])
    record = make_record(Note("id", doc.text, {"mrn": "12345678"}, "x"), doc)
    docs = [make_record_doc(record, tokenizer) for _ in range(2)]
    assert get_note(docs[0]).meta == {"mrn": "12345678"}
    joined = Doc.from_docs(docs)
    assert get_note(joined) is None
    assert count_extended(joined) == 0
    part = docs[0][:1].as_doc(copy_user_data=True)
    assert get_note(part) == Note("id", part.text, {"mrn": "12345678"}, "x")


def test_no_data_has_keys_that_spacy_quotes(nlp):
    doc = make_form(nlp)
    record_error(doc, "ner", ValueError("x"))
    for key in [*doc.user_data, *make_note(nlp, 0).user_data]:
        assert isinstance(key, tuple)
        assert key[0] == "._."
        assert None not in key


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("keys", [KEYS, ["Name:"]])
def test_parts_of_forms_keep_their_places_in_any_order(nlp, seed, keys):
    chosen = random.Random(seed)
    forms = [make_form(nlp, seed + i, keys=keys) for i in (0, 100)]
    spans = []
    for _ in range(6):
        form = chosen.choice(forms)
        start = chosen.randrange(len(form) - 6)
        spans.append(form[start : start + chosen.randint(6, 20)])
    parts = [span.as_doc(copy_user_data=True) for span in spans]
    assert [tell_words(part) for part in parts] == [tell_words(span) for span in spans]
    doc = Doc.from_docs(parts)
    tokens = [token for span in spans for token in span]
    boxes = [(f._.box, t._.box) for f, t in zip(doc, tokens, strict=True)]
    # What may be either of two words of the same spelling has no place.
    assert all(found in (None, box) for found, box in boxes)
    if keys is KEYS:
        assert sum(a != b for a, b in boxes) <= len(boxes) // 20


def test_lines_of_a_form_keep_their_places(nlp):
    form = make_form(nlp)
    lines = [s for s in form.spans["layout"] if s.label_ == "line"]
    parts = [line.as_doc(copy_user_data=True) for line in lines]
    assert tell_words(Doc.from_docs(parts)) == tell_words(form)


def test_parts_of_forms_have_the_fields_inside(nlp):
    form = make_form(nlp)
    pages = [s for s in form.spans["layout"] if s.label_ == "page"]
    parts = [page.as_doc(copy_user_data=True) for page in pages]
    by_page = [[f for f in form._.form_fields if f["page"] == n] for n in (1, 2)]
    assert [part._.form_fields for part in parts] == by_page
    assert all(by_page)
    assert form[:1].as_doc(copy_user_data=True)._.form_fields == []
    assert form[:].as_doc()._.form_fields == []
    doc = Doc.from_docs(parts[::-1])
    assert len(doc._.form_fields) == len(form._.form_fields)


def test_a_part_of_a_note_has_no_codes(nlp):
    doc = make_note(nlp, 0)
    part = doc[0:5].as_doc(copy_user_data=True)
    assert (part._.icd9, part._.clinical_vector, part._.icd9_groups) == ([], None, {})
    assert part._.clinical_provenance == doc._.clinical_provenance
    whole = doc[:].as_doc(copy_user_data=True)
    assert whole._.icd9 == doc._.icd9


@pytest.mark.parametrize("store", ["copy", "bytes", "pickle", "bin"])
def test_everything_survives_storage(nlp, store):
    for doc in (make_note(nlp, 0), make_form(nlp), Doc.from_docs([make_form(nlp)] * 2)):
        if store == "copy":
            again = doc.copy()
        elif store == "bytes":
            again = Doc(doc.vocab).from_bytes(doc.to_bytes())
        elif store == "pickle":
            again = pickle.loads(pickle.dumps(doc))
        else:
            data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
            [again] = DocBin().from_bytes(data).get_docs(doc.vocab)
        assert tell_words(again) == tell_words(doc)
        assert tell_sections(again) == tell_sections(doc)
        assert len(again._.form_fields) == len(doc._.form_fields)
        assert again._.icd9 == doc._.icd9
        assert again._.clinical_provenance == doc._.clinical_provenance


def test_docs_of_earlier_versions_are_read(nlp):
    form = make_form(nlp)
    [columns] = [value for value in form.user_data.values() if "words" in value]
    old = Doc(nlp.vocab, words=[t.text for t in form], spaces=[False] * len(form))
    keys = ("source", "pages", "boxes", "confidences", "numbers")
    old.user_data["spacy_clinical.form"] = {key: columns[key] for key in keys}
    old.user_data["spacy_clinical.form_fields"] = form._.form_fields
    old.user_data["spacy_clinical.icd9"] = [{"code": "401", "evidence": []}]
    old.user_data[("._.", "clinical_pieces", None, None)] = {"a": 1}
    assert [t._.box for t in old] == [t._.box for t in form]
    assert old._.form_fields == form._.form_fields
    assert old._.icd9 == [{"code": "401", "evidence": []}]
    assert old._.clinical_pieces == {"a": 1}
    assert find_places(old).pages.tolist() == find_places(form).pages.tolist()
    old._.icd9 = []
    assert "spacy_clinical.icd9" not in old.user_data
    with old.retokenize() as retokenizer:
        retokenizer.merge(old[0:2])
    assert {t._.box for t in old} == {None}


def retokenize(doc, draw):
    """Merge and split some tokens, as a test's data says."""
    for _ in range(draw(st.integers(1, 4))):
        i = draw(st.integers(0, len(doc) - 1))
        with doc.retokenize() as retokenizer:
            if draw(st.booleans()):
                end = min(i + draw(st.integers(1, 6)), len(doc))
                retokenizer.merge(doc[i:end])
            elif len(doc[i]) > 1:
                cut = draw(st.integers(1, len(doc[i]) - 1))
                parts = [doc[i].text[:cut], doc[i].text[cut:]]
                retokenizer.split(doc[i], parts, heads=[(doc[i], 0), (doc[i], 0)])


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.data())
def test_retokenized_forms_keep_their_places(nlp, data):
    form = make_form(nlp, data.draw(st.integers(0, 3)), n_lines=3)
    known = [(t.idx, t.idx + len(t), t._.box, t._.page) for t in form]
    retokenize(form, data.draw)
    for token in form:
        start, end = token.idx, token.idx + len(token)
        words = [w for w in known if w[0] < end and w[1] > start]
        boxes = [w[2] for w in words if w[2] is not None and w[3] == words[0][3]]
        assert token._.page == words[0][3]
        if not boxes:
            assert token._.box is None
            continue
        x0, y0, x1, y1 = zip(*boxes, strict=True)
        assert token._.box == (min(x0), min(y0), max(x1), max(y1))
    assert find_places(form).boxes.shape == (len(form), 4)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.data())
def test_retokenized_notes_keep_their_sections(nlp, data):
    doc = make_note(nlp, data.draw(st.integers(0, 1)))
    before = [(s.start_char, s.end_char, s.label_) for s in doc.spans["sections"]]
    retokenize(doc, data.draw)
    for token in doc:
        inside = [
            label
            for start, end, label in before
            if start < token.idx + len(token) and end > token.idx
        ]
        assert token._.section in inside
    sections = list_spans(doc, "sections")
    for span, (start, end, label) in zip(sections, before, strict=True):
        assert span.label_ == label
        assert span.start_char <= start
        assert span.end_char >= end
        title, body = span._.section_title, span._.section_body
        assert title is None or title.start_char >= span.start_char
        assert body.end == span.end
        assert span._.score in (None, *doc.spans["sections"].attrs["scores"])
    record = make_record(Note("a", doc.text, {}, ""), doc)
    assert len(record["sections"]) == len(before)
    assert [code["code"] for code in doc._.icd9]
    realign_spans(doc)
    assert [(s.start, s.end) for s in doc.spans["sections"]] == [
        (s.start, s.end) for s in sections
    ]
    nlp.get_pipe("clinical_sentencizer")(doc)


def test_keeping_again_replaces(nlp):
    doc = nlp.make_doc("a b")
    for value in (1, 2):
        keep(doc, "x", value)
    assert list(doc.user_data.values()) == [2]


def test_a_text_is_joined_once_and_is_that_of_the_doc(nlp):
    for text in ("No fever.", "", " ", "no fever\n\nNo  chills", "\u0130 x"):
        doc = nlp.make_doc(text)
        assert read_text(doc) == text
        assert read_text(doc) is read_text(doc)


def test_texts_of_words_with_and_without_spaces(nlp):
    words = ["ORTH", "LOWER", "NORM", "SHAPE", "ORTH", "LOWER", "é", "\n"]
    for spaces in ([True] * 8, [False] * 8, [True, False] * 4):
        doc = Doc(nlp.vocab, words=words, spaces=spaces)
        assert read_text(doc) == read_text(doc) == doc.text


def test_a_text_stays_the_same_if_tokens_are_merged(nlp):
    doc = nlp.make_doc("No fever or chills today.")
    before = read_text(doc)
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[1:4])
    assert read_text(doc) == doc.text == before
    joined = type(doc).from_docs([doc, doc])
    assert read_text(joined) == joined.text


def test_a_text_is_dropped_with_its_doc(nlp):
    doc = nlp.make_doc("No fever or chills today.")
    read_text(doc)
    n_kept = len(doc_data._TEXTS)
    del doc
    gc.collect()
    assert len(doc_data._TEXTS) < n_kept
