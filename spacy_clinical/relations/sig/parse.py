"""Parse sigs."""

from spacy_clinical.relations.sig.assemble import assemble
from spacy_clinical.relations.sig.find import find_parts
from spacy_clinical.relations.sig.sig import Sig


def parse_sig(text: str) -> Sig:
    """Parse what a prescription or a note says of how a drug is taken.

    The patterns are compiled when this is imported: import it where a text is read.

    text: Such as "1-2 tabs q4-6h prn pain"; any text.
    RETURNS: What isn't said is None, places are those of the text.
    """
    return assemble(text, find_parts(text))
