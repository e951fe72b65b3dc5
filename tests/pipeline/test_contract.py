"""What every factory of the package promises, whatever it does."""

import copy
import pickle

import numpy
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

from tests.conftest import NOTES
from tests.pipeline.conftest import FACTORIES

pytestmark = [
    pytest.mark.filterwarnings(r"ignore:\[W00[12]\]"),
    # spaCy's: hooks are not saved with a Doc.
    pytest.mark.filterwarnings(r"ignore:\[W109\]"),
]


@pytest.fixture(params=FACTORIES)
def pipeline(request, pipelines) -> Language:
    return pipelines[request.param]


def annotations(doc: Doc) -> dict:
    """All that the package's components write, as plain data."""
    groups = {
        key: [
            (s.start_char, s.end_char, s.label_, s.kb_id_, title_of(s)) for s in group
        ]
        for key, group in doc.spans.items()
    }
    scores = {
        key: [round(score, 4) for score in group.attrs.get("scores", [])]
        for key, group in doc.spans.items()
    }
    return {
        "text": doc.text,
        "ents": [(e.start_char, e.end_char, e.label_) for e in doc.ents],
        "groups": groups,
        "scores": scores,
        "sentences": [t.is_sent_start for t in doc],
        "sections": [t._.section for t in doc],
        "pieces": doc._.clinical_pieces,
        "provenance": doc._.clinical_provenance,
        "error": doc._.clinical_error,
        "rows": rounded(rows_of(doc)),
        "vector": rounded(doc._.clinical_vector),
        "cats": {code: round(score, 4) for code, score in doc.cats.items()},
        "fields": doc._.form_fields,
        "icd9": [rounded_record(record) for record in doc._.icd9],
        "relations": doc._.relations,
        "answers": [rounded_values(record) for record in doc._.answers],
        "statements": [rounded_values(record) for record in doc._.statements],
    }


def rows_of(doc: Doc):
    """What an encoder made of the Doc, if there is one that nobody listens to."""
    data = doc._.trf_data if Doc.has_extension("trf_data") else None
    return data.model_output.get("last_hidden_state") if data is not None else None


def rounded(array):
    return None if array is None else numpy.round(array, 3).tolist()


def rounded_values(value):
    """Plain data with its numbers rounded."""
    if isinstance(value, dict):
        return {key: rounded_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded_values(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def rounded_record(record: dict) -> dict:
    evidence = [{**e, "score": round(e["score"], 4)} for e in record["evidence"]]
    return {**record, "score": round(record["score"], 4), "evidence": evidence}


def title_of(span: Span) -> tuple:
    title, body = span._.section_title, span._.section_body
    return (title.text if title is not None else None, body.text)


def test_every_factory_is_under_contract():
    assert FACTORIES == [
        "clinical_abbreviations",
        "clinical_assertion",
        "clinical_deidentifier",
        "clinical_form_extractor",
        "clinical_icd9_categorizer",
        "clinical_linker",
        "clinical_long_transformer",
        "clinical_ner",
        "clinical_pair_classifier",
        "clinical_qa",
        "clinical_relations",
        "clinical_section_splitter",
        "clinical_sentencizer",
        "clinical_transformer",
    ]


def list_written(doc: Doc, blank: Doc) -> set[str]:
    """Name the package's attributes that differ from those of a Doc of the same tokens."""
    spans = [*doc.ents, *(span for group in doc.spans.values() for span in group)]
    pairs = {
        "doc": [(doc, blank)],
        "token": list(zip(doc, blank, strict=True)),
        "span": [(span, blank[span.start : span.end]) for span in spans],
    }
    return {
        f"{kind}._.{name}"
        for kind, objects in pairs.items()
        for item, other in objects
        for name in item._._extensions
        if str(getattr(item._, name)) != str(getattr(other._, name))
    }


@pytest.fixture(scope="session")
def annotated() -> dict[str, list[dict]]:
    """By factory, what its pipeline makes of each note alone."""
    return {}


@pytest.fixture
def one_by_one(pipeline, annotated) -> list[dict]:
    [name] = pipeline.pipe_names
    if name not in annotated:
        annotated[name] = [annotations(pipeline(note)) for note in NOTES]
    return copy.deepcopy(annotated[name])


def test_says_what_it_writes(pipeline):
    [name] = pipeline.pipe_names
    told = set(pipeline.get_pipe_meta(name).assigns)
    doc, blank = pipeline(NOTES[0]), pipeline.make_doc(NOTES[0])
    written = list_written(doc, blank)
    assert written <= told
    # Forms have fields, and codes are grouped, where the settings say so.
    rare = {"doc._.form_fields", "doc._.form_tables", "doc._.icd9_groups"}
    rare |= {"span._.score"}
    if name in ("clinical_assertion", "clinical_linker"):
        # They speak of entities, which these pipelines don't have.
        rare |= {attribute for attribute in told if attribute.startswith("span._.")}
    if name == "clinical_relations":
        # So does this.
        rare |= told - {"doc._.clinical_provenance"}
    assert {attribute for attribute in told if "._." in attribute} - written <= rare
    assert pipeline.analyze_pipes()["problems"][name] == []


def test_does_something(pipeline):
    nothing = annotations(spacy.blank("en")(NOTES[0]))
    assert annotations(pipeline(NOTES[0])) != nothing


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_pipe_agrees_with_call(pipeline, one_by_one, batch_size):
    batched = pipeline.pipe(NOTES, batch_size=batch_size)
    assert [annotations(doc) for doc in batched] == one_by_one
    backwards = list(pipeline.pipe(NOTES[::-1], batch_size=batch_size))[::-1]
    assert [annotations(doc) for doc in backwards] == one_by_one


def test_text_and_tokens_stay_as_they_are(pipeline):
    for note in NOTES:
        plain = pipeline.make_doc(note)
        doc = pipeline(note)
        assert doc.text == note
        assert [t.idx for t in doc] == [t.idx for t in plain]


def test_other_annotations_stay_as_they_are(pipeline):
    doc = pipeline.make_doc("No fever today . Plan : rest and fluids .")
    doc.ents = [Span(doc, 1, 2, label="OTHER")]
    doc.spans["other"] = [doc[0:3], doc[2:5]]
    doc[0].tag_ = "DT"
    doc.cats["good"] = 0.5
    doc.user_data["mine"] = 1
    for _, component in pipeline.pipeline:
        doc = component(doc)
    assert (1, 2, "OTHER") in [(e.start, e.end, e.label_) for e in doc.ents]
    assert [(s.start, s.end) for s in doc.spans["other"]] == [(0, 3), (2, 5)]
    assert doc[0].tag_ == "DT"
    assert doc.cats["good"] == 0.5
    assert doc.user_data["mine"] == 1


def test_pipe_as_tuples_keeps_the_context(pipeline):
    pairs = list(enumerate(NOTES))
    out = pipeline.pipe([(t, i) for i, t in pairs], as_tuples=True, batch_size=2)
    assert [(i, doc.text) for doc, i in out] == pairs


def test_processes_agree_with_call_after_a_forward_pass(pipeline, one_by_one):
    # A forked worker of a parent that has computed must not hang (spaCy#13345).
    assert annotations(pipeline(NOTES[0])) == one_by_one[0]
    processed = pipeline.pipe(NOTES, n_process=2, batch_size=2)
    assert [annotations(doc) for doc in processed] == one_by_one


def reload_from_disk(nlp: Language, tmp_path) -> Language:
    nlp.to_disk(tmp_path)
    return spacy.load(tmp_path)


def reload_from_bytes(nlp: Language, tmp_path) -> Language:
    lang = spacy.util.get_lang_class(nlp.lang)
    return lang.from_config(nlp.config).from_bytes(nlp.to_bytes())


def reload_from_pickle(nlp: Language, tmp_path) -> Language:
    return pickle.loads(pickle.dumps(nlp))


@pytest.mark.parametrize(
    "reload", [reload_from_disk, reload_from_bytes, reload_from_pickle]
)
def test_reloads_to_the_same_annotations_without_a_socket(
    pipeline, one_by_one, reload, tmp_path, refuse
):
    for opening in ("socket.socket.connect", "socket.getaddrinfo"):
        refuse(opening, AssertionError("a socket was opened"))
    loaded = reload(pipeline, tmp_path)
    assert [annotations(loaded(note)) for note in NOTES] == one_by_one


def test_components_can_be_sent_to_processes_that_are_not_forked(pipeline, one_by_one):
    # What spaCy sends to its workers on macOS and Windows.
    copied = [pickle.loads(pickle.dumps(pipe)) for _, pipe in pipeline.pipeline]
    for note, expected in zip(NOTES, one_by_one, strict=True):
        doc = pipeline.make_doc(note)
        for pipe in copied:
            doc = pipe(doc)
        assert annotations(doc) == expected


def test_docs_survive_docbin(pipeline):
    docs = list(pipeline.pipe(NOTES))
    packed = DocBin(docs=docs, store_user_data=True).to_bytes()
    unpacked = DocBin().from_bytes(packed).get_docs(spacy.blank("en").vocab)
    for before, after in zip(docs, unpacked, strict=True):
        assert annotations(after) == annotations(before)


def test_docs_survive_to_bytes_and_pickle(pipeline):
    vocab = spacy.blank("en").vocab
    for doc in pipeline.pipe(NOTES):
        assert annotations(Doc(vocab).from_bytes(doc.to_bytes())) == annotations(doc)
        assert annotations(pickle.loads(pickle.dumps(doc))) == annotations(doc)


def test_declares_what_it_assigns(pipeline):
    for name in pipeline.pipe_names:
        assert pipeline.get_pipe_meta(name).assigns


def test_one_bad_note_leaves_its_neighbors_alone(pipeline, one_by_one, monkeypatch):
    """Where a component fails on one note, all come out, in order."""
    name = pipeline.pipe_names[0]
    component = pipeline.get_pipe(name)
    failures = []
    pipeline.set_error_handler(lambda n, p, docs, e: failures.append((n, docs, e)))
    bad = NOTES[4]
    kind = type(component)
    inner = "predict" if hasattr(component, "predict") else "__call__"
    original = getattr(kind, inner)

    def poisoned(self, docs):
        if any(doc.text == bad for doc in ([docs] if isinstance(docs, Doc) else docs)):
            raise RuntimeError("poison")
        return original(self, docs)

    monkeypatch.setattr(kind, inner, poisoned)
    out = [annotations(doc) for doc in pipeline.pipe(NOTES, batch_size=3)]
    assert out[:4] == one_by_one[:4]
    assert out[5:] == one_by_one[5:]
    nothing = annotations(pipeline.make_doc(bad))
    error = out[4].pop("error")
    assert out[4] == {key: value for key, value in nothing.items() if key != "error"}
    assert (error["component"], error["type"]) == (name, "RuntimeError")
    assert error["message"].startswith(f"[C312] Component '{name}' failed")
    assert "poison" not in error["message"]
    [(where, [doc], error)] = failures
    assert where == name
    assert doc.text == bad
    assert str(error) == "poison"
