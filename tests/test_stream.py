import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import raise_error

from spacy_clinical.stream import annotate_notes
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


def test_annotate_notes_leaves_the_error_handlers_as_they_were():
    nlp = make_pipeline("test_breaks_on_bad")
    sentencizer = nlp.get_pipe("sentencizer")
    list(annotate_notes(nlp, make_notes("bad", "good")))
    assert nlp.default_error_handler is raise_error
    assert sentencizer.get_error_handler() is raise_error


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
