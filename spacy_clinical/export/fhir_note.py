"""Make FHIR's resources that hold no findings: the note, its sections, the device."""

import base64
import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from spacy_clinical.about import __title__, __version__
from spacy_clinical.export.fhir_values import (
    EMPTY_REASON,
    Resource,
    clean,
    make_extensions,
    make_narrative,
    make_subject,
    make_uuid,
)
from spacy_clinical.files.json_text import write_json

LOINC = "http://loinc.org"
NOTE_TYPE = {"system": LOINC, "code": "34109-9", "display": "Note"}


class NoteMaker:
    """Make the resources of a note that hold no findings, and the ids of all resources.

    entries: References to what was found in each section, once it has been made.
    """

    def __init__(
        self, record: Mapping[str, Any], subject: str | None, date: str
    ) -> None:
        self.record = record
        self.subject = make_subject(subject)
        self.date = date
        self.text: str = record.get("text") or ""
        self.starts = [row["start"] for row in record["sections"]]
        self.entries: list[list[Resource]] = [[] for _ in self.starts]

    def make_id(self, *parts: object) -> str:
        """Make the same id for the same part of the same note."""
        return make_uuid(self.record["source"], self.record["id"], *map(str, parts))

    def refer(self, *parts: object) -> Resource:
        return {"reference": f"urn:uuid:{self.make_id(*parts)}"}

    def refer_device(self) -> Resource:
        return {"reference": f"urn:uuid:{self.get_device_id()}"}

    def get_device_id(self) -> str:
        provenance = write_json(self.record.get("provenance") or {}, sort_keys=True)
        return make_uuid("device", __version__, provenance)

    def make_device(self) -> Resource:
        versions: list[Resource] = [{"value": __version__}]
        for name, facts in (self.record.get("provenance") or {}).items():
            if isinstance(facts, Mapping):
                value = "; ".join(
                    f"{key}: {_write(facts[key])}" for key in facts if facts[key]
                )
                versions.append({"type": {"text": clean(name)}, "value": clean(value)})
        return {
            "resourceType": "Device",
            "id": self.get_device_id(),
            "deviceName": [{"name": __title__, "type": "model-name"}],
            "version": versions,
        }

    def list_outcomes(self) -> Iterator[Resource]:
        error = self.record.get("error")
        if error is not None:
            message = clean(error.get("message") or "") or "failed"
            issue = {"severity": "error", "code": "exception", "diagnostics": message}
            yield {
                "resourceType": "OperationOutcome",
                "id": self.make_id("outcome"),
                "issue": [issue],
            }

    def make_document(self, *, with_text: bool) -> Resource:
        name = clean(self.record["id"]) or "note"
        data = self.text.encode("utf8", "replace")
        attachment: Resource = {
            "contentType": "text/plain; charset=utf-8",
            "title": name,
        }
        if with_text and data:
            digest = hashlib.sha1(data, usedforsecurity=False).digest()
            attachment["data"] = base64.b64encode(data).decode("ascii")
            attachment["hash"] = base64.b64encode(digest).decode("ascii")
            attachment["size"] = len(data)
        return {
            "resourceType": "DocumentReference",
            "id": self.make_id("document"),
            **make_extensions(None, self.record.get("attributes")),
            "masterIdentifier": {"value": name},
            "status": "current",
            "type": {"coding": [NOTE_TYPE]},
            "subject": self.subject,
            "content": [{"attachment": attachment}],
            "context": {"related": [self.refer("composition")]},
        }

    def make_composition(self, *, with_text: bool) -> Resource:
        composition: Resource = {
            "resourceType": "Composition",
            "id": self.make_id("composition"),
            "status": "preliminary",
            "type": {"coding": [NOTE_TYPE]},
            "subject": self.subject,
            "date": self.date,
            "author": [self.refer_device()],
            "title": "Clinical note",
        }
        if self.starts:
            rows = zip(self.record["sections"], self.entries, strict=True)
            composition["section"] = [
                self._make_section(row, entries, with_text) for row, entries in rows
            ]
        return composition

    def _make_section(
        self, row: Mapping[str, Any], entries: list[Resource], with_text: bool
    ) -> Resource:
        title = clean(row.get("title") or "") or clean(row["label"]) or "section"
        section: Resource = {"title": title}
        if row.get("loinc"):
            section["code"] = {"coding": [{"system": LOINC, "code": row["loinc"]}]}
        body = "The text is left out."
        if with_text and self.text:
            body = self.text[row["body_start"] : row["end"]]
        section["text"] = make_narrative(body)
        if entries:
            section["entry"] = entries
        elif not (with_text and self.text):
            withheld = {"system": EMPTY_REASON, "code": "withheld"}
            section["emptyReason"] = {"coding": [withheld]}
        return section

    def enter(self, places: Iterable[int], *parts: object) -> None:
        """Enter a finding in the sections that it was found in."""
        numbers = {bisect_right(self.starts, place) - 1 for place in places}
        for number in sorted(numbers - {-1}):
            self.entries[number].append(self.refer(*parts))


def _write(fact: Any) -> str:
    """Write a fact of a component; lists, such as those of vocabularies, as JSON."""
    return write_json(fact) if isinstance(fact, list | dict) else str(fact)
