"""Read the vocabularies of OMOP as Athena exports them: tables with tabs.

SOURCE: OMOP CDM 5.4, https://ohdsi.github.io/CommonDataModel/cdm54.html.
"""

from collections.abc import Iterator

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.sources.source import Adapter, Contents, Facts, Source
from spacy_clinical.concepts.sources.tables import read_table
from spacy_clinical.concepts.systems import make_xref

# Concepts that stand for languages. Others keep the id of their concept.
_LANGUAGES = {"4180186": "en"}
_COLUMNS = (
    *("concept_id", "concept_name", "domain_id", "vocabulary_id"),
    *("concept_class_id", "concept_code", "invalid_reason"),
)
_SYNONYM_COLUMNS = ("concept_id", "concept_synonym_name", "language_concept_id")
_RELATION_COLUMNS = (
    "concept_id_1",
    "concept_id_2",
    "relationship_id",
    "invalid_reason",
)


def read_omop(source: Source) -> Contents:
    """Read CONCEPT.csv, and CONCEPT_SYNONYM.csv, CONCEPT_RELATIONSHIP.csv and
    VOCABULARY.csv if they are there.

    Of relationships, the standard concepts that others map to are read, as
    cross-references to OMOP.

    RAISES ValueError: C901 and C902, for rows with other columns.
    """
    license = "as the vocabularies in it; see Athena"
    url = "https://athena.ohdsi.org"
    version = _find_version(source)
    return Contents(Facts("omop", version, license, url), _read_entries(source))


def _read_entries(source: Source) -> Iterator[Entry]:
    path = source.find_main(r"concept\.csv")
    if path is not None:
        for row in read_table(source, path, OMOP.kind, _COLUMNS):
            yield Entry(
                id=row["concept_id"],
                name=row["concept_name"],
                types=(row["domain_id"], row["concept_class_id"]),
                xrefs=(make_xref(row["vocabulary_id"], row["concept_code"]),),
                source=row["vocabulary_id"],
                language="en",
                is_obsolete=row["invalid_reason"] in ("D", "U"),
            )
    path = source.find(r"concept_synonym\.csv")
    if path is not None:
        for row in read_table(source, path, OMOP.kind, _SYNONYM_COLUMNS):
            language = row["language_concept_id"]
            yield Entry(
                id=row["concept_id"],
                synonyms=(row["concept_synonym_name"],),
                language=_LANGUAGES.get(language, language),
            )
    path = source.find(r"concept_relationship\.csv")
    if path is not None:
        for row in read_table(source, path, OMOP.kind, _RELATION_COLUMNS):
            one, other = row["concept_id_1"], row["concept_id_2"]
            is_map = row["relationship_id"] == "Maps to" and not row["invalid_reason"]
            if is_map and one != other:
                yield Entry(id=one, xrefs=(("OMOP", other),))


def _find_version(source: Source) -> str:
    path = source.find(r"vocabulary\.csv")
    if path is None:
        return ""
    columns = ("vocabulary_id", "vocabulary_version")
    rows = read_table(source, path, OMOP.kind, columns)
    # The release as a whole has the row "None".
    versions = (
        row["vocabulary_version"] for row in rows if row["vocabulary_id"] == "None"
    )
    return next(versions, "")


def _recognizes(source: Source) -> bool:
    return source.find_main(r"concept\.csv") is not None


OMOP = Adapter("OMOP CONCEPT.csv", _recognizes, read_omop)
