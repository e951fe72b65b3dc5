import json

import pytest

from spacy_clinical.service.components import choose_components
from spacy_clinical.service.loaded import prepare
from spacy_clinical.service.respond import write_record
from spacy_clinical.service.work import Annotation, Order, compute
from spacy_clinical.types import Note
from tests.service.running import FAILING, NOTE, make_nlp


@pytest.fixture(scope="module")
def loaded():
    return prepare(make_nlp("clinical_deidentifier", "test_service_odd"))


def make_orders(*texts, write=write_record):
    notes = [Note(f"n{i}", text, {}, "") for i, text in enumerate(texts)]
    return [Order(note, write) for note in notes]


def test_what_a_pipeline_can_do_is_known_before_components_are_switched(loaded):
    assert loaded.names == loaded.nlp.component_names
    assert loaded.enabled == tuple(loaded.nlp.pipe_names)
    assert loaded.finding == loaded.enabled
    assert loaded.qa == ""
    assert loaded.example["error"] is None
    assert prepare(make_nlp()).finding == ()


def test_a_finder_that_is_disabled_is_there_for_requests_that_need_it():
    nlp = make_nlp("clinical_deidentifier")
    nlp.disable_pipe("clinical_deidentifier")
    loaded = prepare(nlp)
    assert "clinical_deidentifier" not in loaded.enabled
    assert "clinical_deidentifier" in loaded.finding
    # Clean notes don't show what it says.
    assert "clinical_assertion" not in loaded.finding
    assert nlp.disabled == ["clinical_deidentifier"]


def test_components_are_switched_and_switched_back(loaded):
    nlp = loaded.nlp
    before = nlp.pipe_names
    seen = []

    def fail():
        with choose_components(nlp, ["entity_ruler"]):
            seen.extend(nlp.pipe_names)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert seen == ["entity_ruler"]
    assert nlp.pipe_names == before
    nlp.disable_pipe("entity_ruler")
    with choose_components(nlp, before):
        assert nlp.pipe_names == before
    assert "entity_ruler" in nlp.disabled
    nlp.enable_pipe("entity_ruler")


def test_a_note_that_can_not_be_written_fails_alone(loaded):
    def write(record):
        if record["id"] == "n1":
            raise ValueError(record["text"])
        return b"{}"

    orders = make_orders(NOTE, "qqsecret", NOTE, write=write)
    answers = compute(loaded, Annotation(loaded.enabled), orders)
    assert [answer.is_written for answer in answers] == [True, False, True]
    assert [answer.body for answer in answers[::2]] == [b"{}", b"{}"]
    failed = json.loads(answers[1].body)
    assert failed["id"] == "n1"
    assert failed["error"]["type"] == "ValueError"
    assert b"qqsecret" not in answers[1].body


class Breaking:
    """Work that fails as a whole if one of its notes is bad."""

    def make_records(self, loaded, orders):
        if any(FAILING in order.note.text for order in orders):
            raise RuntimeError(FAILING)
        return [{"id": order.note.id, "error": None} for order in orders]


def test_a_batch_that_fails_is_computed_note_by_note(loaded):
    orders = make_orders("a", FAILING, "b c")
    answers = compute(loaded, Breaking(), orders)
    assert [answer.code for answer in answers] == ["", "other", ""]
    assert [answer.n_words for answer in answers] == [1, 0, 2]
    assert FAILING.encode() not in answers[1].body
