import json
from xml.etree import ElementTree

import pytest

from spacy_clinical.export.correction.label_studio import (
    make_config,
    make_task,
    read_tasks,
    write_tasks,
)
from spacy_clinical.types import NoteFailure
from tests.export.correction.made import ANNOTATED, TEXT, make_made_record


@pytest.fixture
def task():
    return make_task(ANNOTATED)


def read(tmp_path, *tasks):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(tasks), "utf8")
    return list(read_tasks(path))


def correct(task, **more):
    """Make a task with an annotation, as Label Studio exports it."""
    [prediction] = task["predictions"]
    annotation = {"result": prediction["result"], "was_cancelled": False, **more}
    return {"id": 7, **task, "annotations": [annotation]}


def test_regions_name_controls_of_the_configuration(tmp_path):
    write_tasks([make_made_record()], tmp_path / "a.json")
    root = ElementTree.parse(tmp_path / "a.xml").getroot()
    controls = {node.get("name"): node for node in root if node.get("name")}
    [task] = json.loads((tmp_path / "a.json").read_text("utf8"))
    for region in task["predictions"][0]["result"]:
        if region["type"] == "relation":
            listed = [node.get("value") for node in root.iter("Relation")]
            assert region["labels"] == listed
            continue
        control = controls[region["from_name"]]
        assert control.get("toName") == region["to_name"] == "text"
        values = {node.get("value") for node in control}
        value = region["value"]
        assert set(value.get("labels") or value.get("choices") or []) <= values
        if region["type"] == "labels":
            assert TEXT[value["start"] : value["end"]] == value["text"]
    assert controls["text"].get("value") == "$text"
    assert (tmp_path / "a.json").stat().st_mode & 0o077 == 0


def test_labels_are_escaped_in_the_configuration():
    labels = {"entities": ['a"<b>&'], "relations": ["<r>"]}
    root = ElementTree.fromstring(make_config(labels))
    assert {node.get("value") for node in root.iter("Label")} == {'a"<b>&'}


def test_annotations_count_before_predictions(task, tmp_path):
    task = correct(task)
    task["annotations"][0]["result"] = task["annotations"][0]["result"][:1]
    [read_one] = read(tmp_path, task)
    assert read_one.status == "corrected"
    assert len(read_one.marks) == 1
    assert read_one.note.id == "n/1"


def test_cancelled_tasks_are_rejected(task, tmp_path):
    [read_one] = read(tmp_path, correct(task, was_cancelled=True))
    assert read_one.status == "rejected"
    [read_one] = read(tmp_path, task)
    assert read_one.status == "suggested"


def test_offsets_in_utf16_units_are_recognized_by_the_words(task, tmp_path):
    for region in task["predictions"][0]["result"]:
        # Each counts the one character outside of the basic plane twice.
        if region["type"] == "labels" and region["value"]["start"] > 0:
            region["value"]["start"] += 1
            region["value"]["end"] += 1
    [read_one] = read(tmp_path, task)
    assert set(read_one.marks) == set(ANNOTATED.marks)


def test_quoted_line_ends_may_be_escaped(task, tmp_path):
    for region in task["predictions"][0]["result"]:
        value = region.get("value", {})
        if isinstance(value.get("text"), str):
            value["text"] = value["text"].replace("\n", "\\n").replace("\r", "")
    [read_one] = read(tmp_path, task)
    assert set(read_one.marks) == set(ANNOTATED.marks)


def test_a_text_that_was_changed_is_refused(task, tmp_path):
    task["data"]["text"] = f"Seen today. {task['data']['text']}"
    [failure, other] = read(tmp_path, task, make_task(ANNOTATED))
    assert isinstance(failure, NoteFailure)
    assert failure.message.startswith("[C762]")
    assert "a.json, task 1" in failure.message
    assert len(other.marks) == len(ANNOTATED.marks)
