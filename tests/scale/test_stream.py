from concurrent.futures import ThreadPoolExecutor

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.types import Note

NAME = "Zebulon Quarterstaff"


@Language.component("test_fails_on_bad")
def fail_on_bad(doc: Doc) -> Doc:
    if "bad" in doc.text:
        raise ValueError(f"[E999] {doc.text}")
    return doc


class FailingStream:
    """A component whose stream breaks, with all that is in it, on a bad note."""

    def __call__(self, doc: Doc) -> Doc:
        return fail_on_bad(doc)

    def pipe(self, stream, *, batch_size):
        for doc in list(stream):
            yield fail_on_bad(doc)


@Language.factory("test_breaks_on_bad")
def make_failing_stream(nlp: Language, name: str) -> FailingStream:
    return FailingStream()


class UnreadStream(FailingStream):
    """A component whose stream breaks before it takes anything."""

    def pipe(self, stream, *, batch_size):
        raise TypeError


@Language.factory("test_breaks_at_once")
def make_unread_stream(nlp: Language, name: str) -> UnreadStream:
    return UnreadStream()


def make_notes(*texts):
    return [Note(str(i), text, {}, f"{i}.txt") for i, text in enumerate(texts)]


def make_pipeline(component):
    nlp = spacy.blank("en")
    nlp.add_pipe(component)
    nlp.add_pipe("sentencizer")
    return nlp


@pytest.mark.parametrize("component", ["test_fails_on_bad", "test_breaks_on_bad"])
@pytest.mark.parametrize("batch_size", [1, 2, 50])
def test_annotate_notes_keeps_neighbors_of_a_bad_note(component, batch_size):
    texts = ["bad 0", "one", "two", f"bad {NAME}", "bad 4", "", "six", "bad 7"]
    notes = make_notes(*texts)
    results = list(
        annotate_notes(make_pipeline(component), iter(notes), batch_size=batch_size)
    )
    assert [note for note, _ in results] == notes
    assert [doc.text for _, doc in results] == texts
    # What follows the failing component has run on all.
    assert all(doc.has_annotation("SENT_START") for _, doc in results)
    errors = [doc._.clinical_error for _, doc in results]
    assert [error is not None for error in errors] == [t[:3] == "bad" for t in texts]
    assert errors[3] == {
        "component": component,
        "code": "E999",
        "type": "ValueError",
        "message": errors[3]["message"],
    }
    assert errors[3]["message"].startswith(
        f"[C312] Component '{component}' failed on this note (24 characters) "
        "with ValueError [E999]."
    )
    assert NAME not in str(errors)


def test_annotate_notes_survives_a_tokenizer_that_fails():
    nlp = make_pipeline("test_fails_on_bad")
    tokenize = nlp.tokenizer

    def tokenize_or_fail(text: str) -> Doc:
        if "torn" in text:
            raise RuntimeError(text)
        return tokenize(text)

    nlp.tokenizer = tokenize_or_fail
    notes = make_notes("one", f"torn {NAME}", "three")
    docs = [doc for _, doc in annotate_notes(nlp, notes)]
    assert [doc.text for doc in docs] == ["one", "", "three"]
    assert docs[1]._.clinical_error["component"] == "tokenizer"
    assert docs[1]._.clinical_error["type"] == "RuntimeError"
    assert NAME not in str(docs[1]._.clinical_error)


def read_state(nlp):
    """All that is set in a pipeline."""
    handlers = [
        proc.get_error_handler() if hasattr(proc, "get_error_handler") else None
        for _, proc in nlp.pipeline
    ]
    attributes = [dict(getattr(proc, "__dict__", {})) for _, proc in nlp.pipeline]
    return nlp.default_error_handler, nlp.max_length, handlers, attributes


@pytest.fixture(params=["raise", "log"])
def shared(request):
    """A pipeline that others use too, as it came or with a handler of their own."""
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("clinical_sentencizer", config={"overwrite": True})
    nlp.add_pipe("test_breaks_on_bad")
    nlp.add_pipe("test_fails_on_bad")
    if request.param == "log":
        nlp.set_error_handler(lambda name, proc, docs, error: None)
    return nlp


TEXTS = ["one", f"bad {NAME}", "three", "bad 4", "five", "six"]


def test_no_state_changes_while_streams_are_interleaved(shared):
    before = read_state(shared)
    streams = [
        annotate_notes(shared, make_notes(*TEXTS), batch_size=size) for size in (2, 3)
    ]
    found = [[], []]
    for number in (0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0):
        found[number].append(next(streams[number]))
        assert read_state(shared) == before
    assert [next(stream, None) for stream in streams] == [None, None]
    assert read_state(shared) == before
    for results in found:
        assert [doc.text for _, doc in results] == TEXTS
        failed = [doc._.clinical_error is not None for _, doc in results]
        assert failed == [text.startswith("bad") for text in TEXTS]


@pytest.mark.parametrize("end", ["drop", "close", "throw"])
def test_no_state_changes_where_a_stream_ends_half_way(shared, end):
    before = read_state(shared)
    stream = annotate_notes(shared, make_notes(*TEXTS), batch_size=2)
    next(stream)
    if end == "drop":
        del stream
    elif end == "close":
        stream.close()
    else:
        with pytest.raises(KeyError, match="thrown"):
            stream.throw(KeyError("thrown"))
    assert read_state(shared) == before


def test_others_get_their_errors_while_a_stream_is_suspended():
    nlp = spacy.blank("en")
    nlp.add_pipe("test_fails_on_bad")
    nlp.add_pipe("sentencizer")
    stream = annotate_notes(nlp, make_notes("one", "two"), batch_size=1)
    next(stream)
    with pytest.raises(ValueError, match="E999"):
        list(nlp.pipe(["good", "bad"]))
    with pytest.raises(ValueError, match="E088"):
        nlp.make_doc("x" * (nlp.max_length + 1))
    assert len(list(stream)) == 1
    with pytest.raises(ValueError, match="E999"):
        list(nlp.pipe(["good", "bad"]))


def test_threads_can_share_a_pipeline(shared):
    before = read_state(shared)

    def work(_):
        notes = annotate_notes(shared, make_notes(*TEXTS), batch_size=2)
        return [doc._.clinical_error is not None for _, doc in notes]

    with ThreadPoolExecutor(4) as pool:
        for failed in pool.map(work, range(40)):
            assert failed == [text.startswith("bad") for text in TEXTS]
    assert read_state(shared) == before


def test_an_error_that_a_handler_keeps_to_itself_is_told():
    nlp = spacy.blank("en")
    sentencizer = nlp.add_pipe("sentencizer")
    nlp.set_error_handler(lambda name, proc, docs, error: None)
    predict = sentencizer.predict

    def fail(docs):
        if any("bad" in doc.text for doc in docs):
            raise ValueError
        return predict(docs)

    # Its class is compiled: methods can't be replaced.
    class Failing(type(sentencizer)):
        predict = staticmethod(fail)

    failing = Failing()
    failing.set_error_handler(lambda name, proc, docs, error: None)
    nlp._components = [("sentencizer", failing)]
    docs = [doc for _, doc in annotate_notes(nlp, make_notes(*TEXTS))]
    assert [doc.text for doc in docs] == TEXTS
    codes = [(doc._.clinical_error or {}).get("code") for doc in docs]
    assert codes == ["C030" if text.startswith("bad") else None for text in TEXTS]


@Language.component("test_makes_new_docs")
def make_new_doc(doc: Doc) -> Doc:
    return fail_on_bad(Doc(doc.vocab, words=[token.text for token in doc]))


def test_components_may_make_docs_of_their_own():
    nlp = make_pipeline("test_makes_new_docs")
    results = list(annotate_notes(nlp, make_notes(*TEXTS)))
    assert [note.text for note, _ in results] == TEXTS
    assert [doc.text.strip() for _, doc in results] == TEXTS


class Broken(FailingStream):
    """A component whose stream takes some notes and then no more, for good."""

    n_streams = 0

    def pipe(self, stream, *, batch_size):
        self.n_streams += 1
        if self.n_streams > 1:
            raise TypeError
        yield next(stream)
        yield next(stream)
        raise TypeError


@Language.factory("test_breaks_for_good")
def make_broken(nlp: Language, name: str) -> Broken:
    return Broken()


def test_no_note_vanishes_if_a_component_breaks_for_good():
    nlp = make_pipeline("test_breaks_for_good")
    stream = annotate_notes(nlp, make_notes("one", "two", "three"), batch_size=1)
    assert [next(stream)[1].text, next(stream)[1].text] == ["one", "two"]
    with pytest.raises(TypeError):
        list(stream)


def test_annotate_notes_reads_no_more_than_it_needs():
    n_read = 0

    def read():
        nonlocal n_read
        for note in make_notes(*["text"] * 100):
            n_read += 1
            yield note

    stream = annotate_notes(make_pipeline("test_fails_on_bad"), read(), batch_size=5)
    next(stream)
    assert n_read <= 10


def test_annotate_notes_passes_on_what_its_source_raises():
    def read():
        yield from make_notes("one", "two")
        raise OSError("disk gone")

    stream = annotate_notes(make_pipeline("test_breaks_on_bad"), read())
    assert [next(stream)[1].text, next(stream)[1].text] == ["one", "two"]
    with pytest.raises(OSError, match="disk gone"):
        next(stream)


def test_annotate_notes_does_not_turn_in_circles():
    nlp = make_pipeline("test_breaks_at_once")
    with pytest.raises(TypeError):
        list(annotate_notes(nlp, make_notes("one")))


def test_annotate_notes_takes_notes_beyond_the_usual_limit():
    nlp = spacy.blank("en")
    text = "word " * 250_000
    ((_, doc),) = annotate_notes(nlp, make_notes(text))
    assert doc.text == text
    assert nlp.max_length == 1_000_000
