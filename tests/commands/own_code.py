"""A file for --code: a component that says of entities what negspaCy and medspaCy do."""

import numpy
from spacy.language import Language
from spacy.tokens import Doc, Span, Token


def is_cue(token):
    return token.lower_ in ("no", "denies")


class OwnAssertion:
    """By the words right before an entity. Its attributes come with it, as negspaCy's."""

    def __init__(self, nlp, name):
        Span.set_extension("negex", default=False, force=True)
        Span.set_extension("is_family", default=False, force=True)
        Span.set_extension("is_historical", default=False, force=True)
        Span.set_extension("certainty", default=None, force=True)
        Span.set_extension("words", default=None, force=True)
        Span.set_extension("unplain", getter=set, force=True)
        Doc.set_extension("own_language", default=None, force=True)
        Token.set_extension("is_cue", getter=is_cue, force=True)

    def __call__(self, doc):
        doc._.own_language = "<b>en</b>"
        for ent in doc.ents:
            before = doc.text[max(0, ent.start_char - 20) : ent.start_char].lower()
            ent._.negex = "no " in before
            ent._.is_family = "mother" in before
            ent._.is_historical = "had " in before
            ent._.certainty = numpy.float32(0.5)
            ent._.words = f"<i>{ent.text}"
        return doc


if not Language.has_factory("own_assertion"):
    Language.factory("own_assertion", func=OwnAssertion)
