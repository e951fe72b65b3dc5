"""Read UMLS and RxNorm in RRF: names, semantic types and definitions.

SOURCE: UMLS Reference Manual, chapter 3, https://www.ncbi.nlm.nih.gov/books/NBK9685/;
RxNorm Technical Documentation, https://www.nlm.nih.gov/research/umls/rxnorm/docs.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from spacy_clinical.concepts.entry import Entry
from spacy_clinical.concepts.sources.source import (
    Adapter,
    Contents,
    Facts,
    Source,
    make_fault,
)
from spacy_clinical.concepts.sources.tables import read_rows
from spacy_clinical.concepts.systems import make_xref

# Each row ends with a separator.
_N_NAMES, _N_TYPES, _N_DEFINITIONS, _N_SOURCES = 19, 7, 9, 26
# UMLS's codes of languages, as ISO 639-1 has them.
LANGUAGES = {
    **{"ARA": "ar", "BAQ": "eu", "CHI": "zh", "CZE": "cs", "DAN": "da", "DUT": "nl"},
    **{"ENG": "en", "EST": "et", "FIN": "fi", "FRE": "fr", "GER": "de", "GRE": "el"},
    **{"HEB": "he", "HUN": "hu", "ITA": "it", "JPN": "ja", "KOR": "ko", "LAV": "lv"},
    **{"NOR": "no", "POL": "pl", "POR": "pt", "RUS": "ru", "SCR": "hr", "SPA": "es"},
    **{"SWE": "sv", "TUR": "tr", "UKR": "uk"},
}
# Names in RxNorm that are made for other purposes.
_SECOND_IN_RXNORM = frozenset({"SY", "TMSY", "PSN", "ET", "DF", "DFG"})
_NO_CODE = frozenset({"", "NOCODE"})


class Atom(NamedTuple):
    """A name in one of the vocabularies of UMLS or RxNorm: a row of MRCONSO.RRF.

    Names are those of its columns.
    """

    cui: str
    lat: str
    ts: str
    stt: str
    ispref: str
    sab: str
    tty: str
    code: str
    text: str
    suppress: str

    @property
    def rank(self) -> tuple[bool, ...]:
        """Place among the names of a concept; the preferred one is first."""
        is_umls = self.ts == "P" and self.stt == "PF"
        is_rxnorm = self.sab == "RXNORM" and self.tty not in _SECOND_IN_RXNORM
        is_valid, is_english = self.suppress == "N", self.lat == "ENG"
        is_best = is_umls or is_rxnorm
        return not is_valid, not is_english, not is_best, self.ispref != "Y"


def read_umls(source: Source) -> Contents:
    """Read MRCONSO.RRF and MRSTY.RRF, and MRDEF.RRF and MRSAB.RRF if they are there.

    RAISES ValueError: C901, for rows with other columns; C904, if MRSTY.RRF is missing
        or empty.
    """
    return _read(source, UMLS.kind, "mr", "UMLS")


def read_rxnorm(source: Source) -> Contents:
    """Read RXNCONSO.RRF and RXNSTY.RRF, and RXNSAB.RRF if it is there.

    RAISES ValueError: C901, for rows with other columns; C904, if RXNSTY.RRF is missing
        or empty.
    """
    return _read(source, RXNORM.kind, "rxn", "RXNORM")


def _read(source: Source, kind: str, prefix: str, own: str) -> Contents:
    names, types, definitions, sources = (
        source.find(rf"{prefix}{part}\.rrf") for part in ("conso", "sty", "def", "sab")
    )
    if names is None or types is None:
        missing = f"{prefix.upper()}STY.RRF isn't beside it"
        raise make_fault(names or source.path, kind, missing)
    version = _find_version(source, kind, sources, own)

    def read_entries() -> Iterator[Entry]:
        yield from _read_names(source, kind, names, own)
        row = []
        for row in read_rows(source, types, kind, _N_TYPES, "|"):
            yield Entry(row[0], types=(row[1], row[3]))
        if not row:
            raise make_fault(types, kind, "it has no rows")
        if definitions is not None and own == "UMLS":
            for row in read_rows(source, definitions, kind, _N_DEFINITIONS, "|"):
                is_old = row[6] not in ("", "N")
                yield Entry(
                    row[0], definition=row[5], source=row[4], is_obsolete=is_old
                )

    return Contents(Facts(own.lower(), version, *_FACTS[own]), read_entries())


_FACTS = {
    "UMLS": ("UMLS Metathesaurus License", "https://www.nlm.nih.gov/research/umls"),
    "RXNORM": (
        "UMLS Metathesaurus License; names of RxNorm itself are free",
        "https://www.nlm.nih.gov/research/umls/rxnorm",
    ),
}


def _read_names(source: Source, kind: str, path: Path, own: str) -> Iterator[Entry]:
    rows = read_rows(source, path, kind, _N_NAMES, "|")
    atoms = (
        Atom(r[0], r[1], r[2], r[4], r[6], r[11], r[12], r[13], r[14], r[16])
        for r in rows
    )
    for _, group in groupby(atoms, key=lambda atom: atom.cui):
        for atom in sorted(group, key=lambda atom: atom.rank):
            yield _make_entry(atom, own)


def _make_entry(atom: Atom, own: str) -> Entry:
    has_code = atom.code not in _NO_CODE and atom.sab not in ("MTH", own)
    return Entry(
        id=atom.cui,
        name=atom.text,
        types=(atom.tty,) if atom.sab == "RXNORM" and own == "RXNORM" else (),
        xrefs=(make_xref(atom.sab, atom.code),) if has_code else (),
        source=atom.sab,
        language=LANGUAGES.get(atom.lat, atom.lat.lower()),
        is_obsolete=atom.suppress in ("O", "E", "Y"),
    )


def _find_version(source: Source, kind: str, path: Path | None, own: str) -> str:
    """Find the version in the table of sources; "" if it isn't there.

    That of UMLS is the release in which the newest of its sources came.
    """
    if path is None:
        return ""
    rows = read_rows(source, path, kind, _N_SOURCES, "|")
    if own == "UMLS":
        return max((row[9] for row in rows), default="")
    return next((row[6] for row in rows if row[3] == own), "")


def _recognizes_umls(source: Source) -> bool:
    return source.find_main(r"mrconso\.rrf") is not None


def _recognizes_rxnorm(source: Source) -> bool:
    return source.find_main(r"rxnconso\.rrf") is not None


UMLS = Adapter("UMLS RRF", _recognizes_umls, read_umls)
RXNORM = Adapter("RxNorm RRF", _recognizes_rxnorm, read_rxnorm)
