import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy
from spacy.attrs import NORM, ORTH, SPACY
from spacy.lang.en.tokenizer_exceptions import TOKENIZER_EXCEPTIONS
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.util import (
    compile_infix_regex,
    compile_prefix_regex,
    compile_suffix_regex,
    from_bytes,
    to_bytes,
)
from spacy.vocab import Vocab

from spacy_clinical.errors import CodedImportError, CodedValueError, Errors
from spacy_clinical.tokenization.abbreviations import ABBREVIATIONS, TITLES
from spacy_clinical.tokenization.patterns import (
    INFIXES,
    PLACEHOLDERS,
    PREFIXES,
    SUFFIXES,
    TOKEN_MATCH,
    URL_MATCH,
)

# The longest run without white space that spaCy's tokenizer gets in one piece: it
# takes off one affix at a time and searches what is left, which is quadratic.
MAX_RUN = 200
# Characters of a pattern that an error shows.
MAX_SHOWN = 80
RUN = rf"(?<![^\s\])}}>*_])\S{{{MAX_RUN + 1},}} ?"
RUN_PIECE = re.compile(
    rf"[^\w\s]{{8,20}} ?|(?:\w|[^\w\s](?![^\w\s]{{7}})){{1,{MAX_RUN}}} ?|[^\w\s] ?"
)


class TextPiece(NamedTuple):
    """A part of a note that is tokenized on its own.

    is_token: Whether it is one token, perhaps with a space after it.
    """

    text: str
    is_token: bool


class ClinicalTokenizer(Tokenizer):
    """spaCy's tokenizer, for text with placeholders and with runs of any length.

    A placeholder is one token, although it may hold white space. All else is
    spaCy's: rules, exceptions, cache.
    """

    def __init__(self, vocab: Vocab, *args: Any, **settings: Any) -> None:
        """Set up the tokenizer.

        settings: As for spaCy's Tokenizer.
        """
        super().__init__(vocab, *args, **settings)
        self.placeholders = PLACEHOLDERS

    @property
    def placeholders(self) -> list[str]:
        """Regular expressions of text that is one token."""
        return self._placeholders

    @placeholders.setter
    def placeholders(self, patterns: list[str]) -> None:
        self._special = _compile_special(patterns)
        self._placeholders = list(patterns)

    def __call__(self, text: str) -> Doc:
        """Tokenize a text; the text of the Doc equals it.

        text: Any text.
        """
        if self._special.search(text) is None:
            doc: Doc = super().__call__(text)
            return doc
        return self._join(self.split_pieces(text))

    def split_pieces(self, text: str) -> Iterator[TextPiece]:
        """Cut a text around placeholders, and runs that are too long.

        text: Any text.
        YIELDS: Pieces that follow each other without gap or overlap.
        """
        end = 0
        for special in self._special.finditer(text):
            if end < special.start():
                yield TextPiece(text[end : special.start()], False)
            end = special.end()
            if special[1]:
                yield TextPiece(special[0], True)
            else:
                for piece in RUN_PIECE.finditer(special[0]):
                    yield TextPiece(piece[0], False)
        if end < len(text):
            yield TextPiece(text[end:], False)

    def explain(self, text: str) -> list[tuple[str, str]]:
        """Say which rule made each token; PLACEHOLDER is ours.

        text: Any text.
        RETURNS: Pairs of rule and token, without white space tokens.
        """
        explained = []
        for piece in self.split_pieces(text):
            if piece.is_token:
                explained.append(("PLACEHOLDER", piece.text.removesuffix(" ")))
            else:
                explained.extend(super().explain(piece.text))
        return explained

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize the rules, with the placeholders.

        exclude: Names of parts to leave out.
        """
        getters: dict[str, Callable[[], Any]] = {
            "rules": partial(super().to_bytes, exclude=exclude),
            "placeholders": lambda: self.placeholders,
        }
        return to_bytes(getters, exclude)

    def from_bytes(
        self, bytes_data: bytes, *, exclude: Iterable[str] = ()
    ) -> "ClinicalTokenizer":
        """Restore the rules, in place.

        bytes_data: What `to_bytes` returned.
        exclude: Names of parts to leave as they are.
        RAISES ValueError: C026 or C201, if the placeholders are damaged.
        """
        setters: dict[str, Callable[[bytes], Any]] = {
            "rules": partial(super().from_bytes, exclude=exclude),
            "placeholders": self._restore_placeholders,
        }
        from_bytes(bytes_data, setters, exclude)
        return self

    def _restore_placeholders(self, saved: Any) -> None:
        if not isinstance(saved, list) or not all(isinstance(p, str) for p in saved):
            reason = "its placeholders are damaged"
            raise CodedValueError(Errors.C026.format(name="tokenizer", reason=reason))
        self.placeholders = saved

    def __reduce__(self) -> tuple[Any, ...]:
        make, args, *_ = super().__reduce__()
        return make, args, {"placeholders": self.placeholders}

    def __setstate__(self, state: dict[str, list[str]]) -> None:
        self.placeholders = state["placeholders"]

    def _join(self, pieces: Iterable[TextPiece]) -> Doc:
        """Tokenize pieces and put the tokens into one Doc."""
        rows = []
        for piece in pieces:
            if piece.is_token:
                word = self.vocab[piece.text.removesuffix(" ")]
                row = [word.orth, piece.text.endswith(" "), word.norm]
                rows.append(numpy.array([row], dtype="uint64"))
            else:
                rows.append(super().__call__(piece.text).to_array([ORTH, SPACY, NORM]))
        tokens = numpy.concatenate(rows)
        words, spaces = tokens[:, 0].tolist(), tokens[:, 1].astype(bool).tolist()
        doc = Doc(self.vocab, words=words, spaces=spaces)
        # Exceptions give their tokens another norm than the word has elsewhere.
        norms: Any = tokens[:, 2:]
        return doc.from_array([NORM], norms)


def create_clinical_tokenizer(
    rules: Literal["clinical", "scispacy"] = "clinical",
    placeholders: list[str] | None = None,
    abbreviations: list[str] | None = None,
) -> Callable[[Language], Tokenizer]:
    """Make a tokenizer for clinical text.

    rules: Where the rules come from. "scispacy" takes those of scispaCy's
        combined_rule_tokenizer, which must be installed.
    placeholders (regular expressions): Text that is one token whatever it holds.
        None for the [**...**] and ___ of MIMIC.
    abbreviations: More words that keep their full stop, with it.
    RETURNS: A function from the pipeline to its tokenizer.
    RAISES ValueError: C201, if a placeholder is no pattern, or matches no text.
    RAISES ImportError: C202, if scispaCy is asked for and not installed.
    """

    def make_tokenizer(nlp: Language) -> Tokenizer:
        if rules == "scispacy":
            tokenizer = _copy_scispacy(nlp)
        else:
            tokenizer = _make_clinical(nlp.vocab)
        for word in abbreviations or ():
            tokenizer.add_special_case(word, [{ORTH: word}])
        if placeholders is not None:
            tokenizer.placeholders = placeholders
        return tokenizer

    return make_tokenizer


def _make_clinical(vocab: Vocab) -> ClinicalTokenizer:
    # Of spaCy's exceptions only the contractions: the others are smileys ("8)"),
    # single letters ("L.") and words without their apostrophe ("id", "hes").
    exceptions = {
        text: tokens
        for text, tokens in TOKENIZER_EXCEPTIONS.items()
        if re.fullmatch(r"[A-Za-z]*['\u2019][A-Za-z'\u2019]*", text)
    }
    for word in ABBREVIATIONS | TITLES:
        exceptions[word] = [{ORTH: word}]
    return ClinicalTokenizer(
        vocab,
        rules=exceptions,
        prefix_search=compile_prefix_regex(_group(PREFIXES)).search,
        suffix_search=compile_suffix_regex(_group(SUFFIXES)).search,
        infix_finditer=compile_infix_regex(INFIXES).finditer,
        token_match=re.compile(TOKEN_MATCH).match,
        url_match=re.compile(URL_MATCH).match,
    )


def _group(patterns: Iterable[str]) -> list[str]:
    """Make each pattern safe for the anchor that spaCy adds."""
    return [rf"(?:{pattern})" for pattern in patterns]


def _copy_scispacy(nlp: Language) -> ClinicalTokenizer:
    try:
        scispacy = importlib.import_module("scispacy.custom_tokenizer")
    except ImportError as error:
        raise CodedImportError(Errors.C202.format(what="tokenizer")) from error
    theirs = scispacy.combined_rule_tokenizer(nlp)
    tokenizer = ClinicalTokenizer(
        nlp.vocab,
        rules=theirs.rules,
        prefix_search=theirs.prefix_search,
        suffix_search=theirs.suffix_search,
        infix_finditer=theirs.infix_finditer,
        token_match=theirs.token_match,
        url_match=theirs.url_match,
    )
    # Our rules keep underscores together, theirs do not.
    tokenizer.placeholders = [*PLACEHOLDERS, r"_{2,}"]
    return tokenizer


def _compile_special(placeholders: list[str]) -> re.Pattern[str]:
    """Compile one pattern for placeholders (its first group) and too long runs."""
    for pattern in placeholders:
        shown = pattern if len(pattern) < MAX_SHOWN else f"{pattern[:MAX_SHOWN]}..."
        try:
            useless = re.match(pattern, "") or re.fullmatch(pattern, " ")
        except (re.error, RecursionError, OverflowError) as error:
            reason = str(error) if isinstance(error, re.error) else "it is too large"
            raise CodedValueError(
                Errors.C201.format(pattern=shown, reason=reason)
            ) from error
        if useless:
            raise CodedValueError(
                Errors.C201.format(pattern=shown, reason="it matches no text")
            )
    return re.compile(rf"((?:{'|'.join(placeholders) or '(?!)'}) ?)|{RUN}")
