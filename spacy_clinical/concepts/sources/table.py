"""List the formats of sources, and find the one of a source."""

from spacy_clinical.concepts.sources.loinc import LOINC
from spacy_clinical.concepts.sources.mesh import MESH_ASCII, MESH_TABLE, MESH_XML
from spacy_clinical.concepts.sources.obo import OBO
from spacy_clinical.concepts.sources.obo_json import OBO_GRAPHS, TERM_LIST
from spacy_clinical.concepts.sources.omop import OMOP
from spacy_clinical.concepts.sources.own_tables import JSON_LINES, TABLE
from spacy_clinical.concepts.sources.rrf import RXNORM, UMLS
from spacy_clinical.concepts.sources.snomed import SNOMED
from spacy_clinical.concepts.sources.source import Adapter, Source
from spacy_clinical.errors import CodedValueError, Errors

# The first that recognizes a source reads it: those of releases go by names of files,
# the others by content.
ADAPTERS: tuple[Adapter, ...] = (
    *(UMLS, RXNORM, OMOP, SNOMED, LOINC),
    *(OBO_GRAPHS, TERM_LIST, OBO, MESH_XML, MESH_ASCII, MESH_TABLE),
    *(JSON_LINES, TABLE),
)


def find_adapter(source: Source) -> Adapter:
    """Find the adapter for a source.

    RAISES ValueError: C900, if nothing reads it; C904, if it can't be decompressed.
    """
    for adapter in ADAPTERS:
        if adapter.recognizes(source):
            return adapter
    kinds = ", ".join(adapter.kind for adapter in ADAPTERS)
    raise CodedValueError(Errors.C900.format(name=source.name, kinds=kinds))
