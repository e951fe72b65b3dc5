"""Read LOINC: the table Loinc.csv, and names in other languages.

SOURCE: LOINC Users' Guide, https://loinc.org/kb/users-guide.
"""

import re
from collections.abc import Iterator

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.sources.source import Adapter, Contents, Facts, Source
from spacy_clinical.concepts.sources.tables import read_table

_AXES = ("component", "property", "time_aspct", "system", "scale_typ", "method_typ")
_COLUMNS = ("loinc_num", *_AXES, "class", "status", "shortname", "long_common_name")
# Columns of other names. RELATEDNAMES2 lists words of parts, such as "Plasma", which
# name no concept.
_NAMES = ("shortname", "displayname", "consumer_name")
_VARIANTS = r"([a-z]{2})[a-z]{2}\d*linguisticvariant\.csv"
_VERSION = re.compile(r"loinc[_-]?(\d\.\d+)", re.IGNORECASE)


def read_loinc(source: Source) -> Contents:
    """Read Loinc.csv, and the tables of linguistic variants if the folder has them.

    RAISES ValueError: C901 and C902, for rows with other columns.
    """
    path = source.path.resolve()
    places = (place.name for place in (path, *path.parents[:2]))
    found = [match for match in map(_VERSION.search, places) if match]
    license = "LOINC License: free, with its notice"
    version = found[0][1] if found else ""
    facts = Facts("loinc", version, license, "https://loinc.org/license")
    return Contents(facts, _read_entries(source))


def _read_entries(source: Source) -> Iterator[Entry]:
    path = source.find_main(r"loinc\.csv")
    if path is not None:
        for row in read_table(source, path, LOINC.kind, _COLUMNS, ","):
            formal = ":".join(row[axis] for axis in _AXES).rstrip(":")
            names = (formal, *(row.get(column, "") for column in _NAMES))
            yield Entry(
                id=row["loinc_num"],
                name=row["long_common_name"] or formal,
                synonyms=tuple(name for name in names if name),
                types=(row["class"],),
                definition=row.get("definitiondescription", ""),
                source="LOINC",
                language="en",
                is_obsolete=row["status"] == "DEPRECATED",
            )
    for path in source.find_all(_VARIANTS):
        language = path.name[:2].lower()
        columns = ("loinc_num", "long_common_name")
        for row in read_table(source, path, LOINC.kind, columns, ","):
            if row["long_common_name"]:
                yield Entry(
                    id=row["loinc_num"],
                    synonyms=(row["long_common_name"],),
                    language=language,
                )


def _recognizes(source: Source) -> bool:
    return source.find_main(r"loinc\.csv") is not None


LOINC = Adapter("LOINC", _recognizes, read_loinc)
