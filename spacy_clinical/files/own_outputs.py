"""Recognize the package's own output files, so that they aren't read as notes or forms.

A file is recognized by its content, not by its name: a table of notes called
notes.jsonl is read. Only the start of a file, or its first line, is checked.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from spacy_clinical.about import __title__
from spacy_clinical.errors import Warnings, warn

# Maximum bytes to read of a file's start, and of its first line if that must be
# complete.
HEAD, LINE = 1 << 16, 1 << 23
# Keys of all records, and their first keys in order.
RECORD = frozenset(
    {
        *("id", "source", "meta", "n_chars", "sections", "subsections", "entities"),
        *("overlapping", "codes", "n_sentences", "sentences", "pieces", "provenance"),
        "error",
    }
)
RECORD_START = ("id", "source", "meta", "n_chars")
FORM = frozenset(
    {"id", "source", "pages", "parts", "links", "fields", "provenance", "error"}
)
FORM_START = ("id", "source", "pages", "parts")
# Of notes and forms without their identifiers. The notes are notes again: where nothing
# else is in a folder that is given, they are read.
CLEAN = frozenset(
    {"id", "source", "text", "n_chars", "identifiers", "provenance", "error"}
)
CLEAN_FORM = frozenset({"id", "source", "file", "pages", "identifiers", "error"})
CLEAN_FILES = ("notes.jsonl", "forms.jsonl")
# Of notes for doccano; for Prodigy, with these in "meta".
DOCCANO = frozenset({"text", "entities", "relations", "note_id", "source"})
PRODIGY, PRODIGY_META = frozenset({"text", "tokens", "spans", "meta"}), {"id", "source"}
FAILURE, ERROR = {"id", "source", "error"}, {"component", "code", "type", "message"}
# Keys of run.json, of the seals of shards, and of scores.json.
OBJECTS = (
    {"package", "pipeline", "pipeline_sha256", "components", "with_text"},
    {"n_notes", "sha256", "failed"},
    {"model", "n_docs", "scores", "by_label", "confusion"},
    {"package", "n_notes", "n_failed", "n_without_identifiers", "identifiers"},
)
NOTE_NLP = (
    "note_nlp_id,note_id,section_concept_id,snippet,offset,lexical_variant,"
    "note_nlp_concept_id,note_nlp_source_concept_id,nlp_system,nlp_date,nlp_datetime,"
    "term_exists,term_temporal,term_modifiers"
)
EXPOSURES = (
    "drug_exposure_id,note_id,drug_concept_id,drug_type_concept_id,stop_reason,refills,"
    "quantity,days_supply,sig,route_concept_id,drug_source_value,"
    "drug_source_concept_id,route_source_value,dose_unit_source_value"
)
MEASUREMENTS = (
    "measurement_id,note_id,measurement_concept_id,measurement_date,"
    "measurement_type_concept_id,operator_concept_id,value_as_number,"
    "value_as_concept_id,unit_concept_id,range_low,range_high,"
    "measurement_source_value,measurement_source_concept_id,unit_source_value,"
    "unit_source_concept_id,value_source_value"
)
FIELDS = (
    "source,page,key,option,value,score,key_x0,key_y0,key_x1,key_y1,"
    "value_x0,value_y0,value_x1,value_y1,group"
)
# Of what was asked of notes.
ANSWERS = "id,question,asked,text,score,null_score,section,sentence,start,end,n_best"
ANSWER = frozenset(ANSWERS.split(","))
FORM_TABLES = "file,source,page,found_by,rows,columns,heads"
FORM_TABLES_FILE, FORM_TABLES_FOLDER = "tables.csv", "form_tables"
# Tables that are written together.
TABLES = {
    "notes.csv": "id,source,n_chars,n_sentences,error",
    "sections.csv": "id,label,loinc,title,start,end,body_start,score",
    "entities.csv": "id,label,text,start,end,score,section",
    "codes.csv": "id,code,title,chapter,score",
}
# Tables that are only written with these, if they have rows.
MORE_TABLES = {
    "concepts.csv": "id,label,text,start,end,kb_id,name,vocabulary",
    "abbreviations.csv": "id,text,long_form,label,source,start,end",
    "relations.csv": "id,label,head_label,head,head_start,head_end",
    "medications.csv": "id,drug,kb_id,dose,dose_high,dose_unit",
    "measurements.csv": "id,name,analyte,part,loinc,value,value_high,comparator",
    "identifiers.csv": "id,label,kind,text,start,end,score,source",
    "tokens.csv": "id,start,end",
    "statements.csv": "id,statement,hypothesis,label,score,scores,windows",
}
BRAT = {"names.csv": "name,id,source"}
BRAT_SETTINGS = "annotation.conf"
# Types of INCEpTION's layers, beside names.csv as in folders for BRAT.
INCEPTION_TYPES = "TypeSystem.xml"
_CONLL = re.compile(rb"-DOCSTART- -X- O O\n\n\S+ -X- \S*:\d+-\d+ \S+\n")


class OwnOutputs:
    """Filters and counts the package's own output files in a folder.

    n_found: Number of output files so far.
    """

    def __init__(self) -> None:
        self.n_found = 0
        self._folders: dict[Path, bool] = {}

    def leave_out(self, paths: Iterable[Path], folder: Path) -> Iterator[Path]:
        """Yield the files that are not the package's own output.

        paths: The files to check.
        folder: Folder with the files. Its subfolders may be output as a whole; the
            folder itself is always read.
        """
        for path in paths:
            if self._is_inside(path.parent, folder) or is_own_file(path):
                self.n_found += 1
            else:
                yield path

    def _is_inside(self, place: Path, folder: Path) -> bool:
        if folder not in place.parents:
            return False
        # No recursion, as folders may be nested very deeply.
        unknown = []
        while place != folder and place not in self._folders:
            unknown.append(place)
            place = place.parent
        inside = self._folders.get(place, False)
        for outer in reversed(unknown):
            inside = inside or is_own_folder(outer)
            self._folders[outer] = inside
        return inside


def is_own_folder(folder: Path) -> bool:
    """Check whether a whole folder is the package's own output.

    This can be texts for BRAT or INCEpTION, the tables of forms, a pipeline, a checkpoint, or notes and
    forms without identifiers.
    """
    try:
        settings = (folder / BRAT_SETTINGS, folder / INCEPTION_TYPES)
        if any(path.is_file() for path in settings) and _has_headers(folder, BRAT):
            return True
        if (folder / "config.cfg").is_file():
            return {"lang", "pipeline"} <= _read_head_keys(folder / "meta.json")
        if (folder / "config.json").is_file():
            return {"checkpoint", "files"} <= _read_head_keys(folder / "MANIFEST.json")
        if folder.name == FORM_TABLES_FOLDER and _has_headers(
            folder.parent, {FORM_TABLES_FILE: FORM_TABLES}
        ):
            return True
        if _read_task(folder / "run.json") == "deidentify":
            return True
        return any(_is_clean(folder / name) for name in CLEAN_FILES)
    # For example, a path that is too long. The reader reports it.
    except OSError:
        pass
    return False


def is_own_file(path: Path) -> bool:
    """Check whether a file is the package's own output."""
    look = _LOOKS.get(path.suffix.lower())
    if look is None:
        return False
    try:
        if not path.is_file():
            return False
        if look is _look_at_parquet:
            return look(path)
        with path.open("rb", buffering=0 if look is _look_at_text else -1) as handle:
            return look(handle, path)
    # The reader reports it.
    except OSError:
        return False


def _look_at_lines(handle: BinaryIO, path: Path) -> bool:
    line = handle.readline(LINE)
    values, is_whole = _read_object(line)
    keys = tuple(values)
    if "resourceType" in values:
        return _is_own_bundle(values, line)
    if not is_whole:
        return keys[:4] in (RECORD_START, FORM_START)
    if set(keys) >= PRODIGY and isinstance(values["meta"], dict):
        return set(values["meta"]) == PRODIGY_META
    if set(keys) == FAILURE:
        return isinstance(values["error"], dict) and set(values["error"]) == ERROR
    known = (RECORD, FORM, CLEAN_FORM, DOCCANO, ANSWER)
    return any(set(keys) >= shape for shape in known)


def _is_own_bundle(values: dict[str, Any], line: bytes) -> bool:
    mark = f'"deviceName": [{{"name": "{__title__}"'.encode("ascii")
    return values["resourceType"] == "Bundle" and mark in line


def _look_at_object(handle: BinaryIO, path: Path) -> bool:
    values, _ = _read_object(handle.read(HEAD))
    return any(set(values) >= keys for keys in OBJECTS)


def _look_at_table(handle: BinaryIO, path: Path) -> bool:
    header = handle.readline(HEAD).rstrip(b"\r\n").decode("utf8", "replace")
    if header in (NOTE_NLP, EXPOSURES, MEASUREMENTS, FORM_TABLES, ANSWERS):
        return True
    # Those of earlier versions have no groups.
    if header in (FIELDS, FIELDS.removesuffix(",group")):
        return True
    known = TABLES.get(path.name) or MORE_TABLES.get(path.name)
    if known is not None and _begins_with(header, known):
        return _has_headers(path.parent, TABLES)
    is_named = header == BRAT.get(path.name)
    return is_named and (path.parent / BRAT_SETTINGS).is_file()


def _look_at_page(handle: BinaryIO, path: Path) -> bool:
    return f'<meta name="generator" content="{__title__} '.encode() in handle.read(HEAD)


def _look_at_markup(handle: BinaryIO, path: Path) -> bool:
    """Check for the labels of a Label Studio project."""
    head = handle.read(HEAD)
    return head.lstrip().startswith(b"<View>") and b'toName="text"' in head


def _look_at_text(handle: BinaryIO, path: Path) -> bool:
    return _CONLL.match(handle.read(1024)) is not None


def _look_at_parquet(path: Path) -> bool:
    if find_spec("pyarrow") is None:
        return False
    # Only this format needs pyarrow.
    from spacy_clinical.files.parquet import BrokenParquetError, ParquetRows

    try:
        with path.open("rb") as handle, ParquetRows(handle) as rows:
            return set(rows.columns) >= RECORD
    except BrokenParquetError:
        return False


def _has_headers(folder: Path, headers: dict[str, str]) -> bool:
    """Check whether a folder has all tables whose headers begin like this."""
    try:
        for name, header in headers.items():
            with (folder / name).open("rb") as handle:
                first_line = handle.readline(HEAD)
            line = first_line.rstrip(b"\r\n").decode("utf8", "replace")
            if not _begins_with(line, header):
                return False
    except OSError:
        return False
    return True


def _begins_with(line: str, header: str) -> bool:
    """Check how a line begins: later versions have more columns, as have attributes that
    were asked for."""
    return f"{line},".startswith(f"{header},")


def _read_head_keys(path: Path) -> set[str]:
    try:
        with path.open("rb") as handle:
            return set(_read_object(handle.read(HEAD))[0])
    except OSError:
        return set()


def _read_task(path: Path) -> Any:
    """Read which command has written shards; None if that is unknown."""
    if not path.is_file():
        return None
    with path.open("rb") as handle:
        return _read_object(handle.read(HEAD))[0].get("task")


def _is_clean(path: Path) -> bool:
    """Check whether a file has records of notes or forms without their identifiers."""
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        keys = set(_read_object(handle.readline(LINE))[0])
    return keys >= CLEAN or keys >= CLEAN_FORM


def _read_object(data: bytes) -> tuple[dict[str, Any], bool]:
    """Parse a JSON object that may be truncated.

    data: Start of the file, truncated anywhere.
    RETURNS: The keys in order, with None for a truncated value; and whether the object
        is complete.
    """
    text = data.decode("utf8", "replace")
    values: dict[str, Any] = {}
    place = _skip(text, 0)
    if text[place : place + 1] != "{":
        return {}, False
    decoder = json.JSONDecoder()
    try:
        while text[place] != "}":
            key, place = decoder.raw_decode(text, _skip(text, place + 1))
            values[str(key)] = None
            place = _skip(text, place)
            if text[place] != ":":
                return values, False
            values[str(key)], place = decoder.raw_decode(text, _skip(text, place + 1))
            place = _skip(text, place)
            if text[place] not in ",}":
                return values, False
    except (ValueError, IndexError, RecursionError):
        return values, False
    return values, True


_SPACE = re.compile(r"[ \t\r\n]*")


def _skip(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place


_LOOKS: dict[str, Any] = {
    **dict.fromkeys((".jsonl", ".ndjson"), _look_at_lines),
    ".json": _look_at_object,
    **dict.fromkeys((".csv", ".tsv"), _look_at_table),
    **dict.fromkeys((".html", ".htm"), _look_at_page),
    **dict.fromkeys((".txt", ".text"), _look_at_text),
    ".xml": _look_at_markup,
    ".parquet": _look_at_parquet,
}


def warn_of_own(own: OwnOutputs, paths: Sequence[str]) -> None:
    """Warn (W307) if output files of the package were left out.

    own: The filter that was used.
    paths: The files and folders that were searched.
    """
    if own.n_found:
        source = ", ".join(paths)
        warn(Warnings.W307.format(n_files=own.n_found, source=source))
