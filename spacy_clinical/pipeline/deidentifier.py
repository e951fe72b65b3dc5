import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Config, Model

from spacy_clinical.checkpoints import get_checkpoint
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.extensions.attributes import add_to
from spacy_clinical.extensions.doc_data import read_text, token_borders
from spacy_clinical.heads.labels import LabelScheme
from spacy_clinical.heads.recall import RecallDecoder, decode_types
from spacy_clinical.identifiers.found import Identifier, list_gold, set_identifiers
from spacy_clinical.identifiers.merging import MODEL, merge_identifiers
from spacy_clinical.identifiers.records import KINDS, find_known, list_known
from spacy_clinical.identifiers.settings import RULES_VERSION, RuleSettings
from spacy_clinical.pieces.align import Encoded
from spacy_clinical.pipeline.bases.neighbor import PipelineReference, connect_encoder
from spacy_clinical.pipeline.bases.token_head import TokenHeadPipe, tag_spans
from spacy_clinical.types import Bools1d

Decide = Literal["rules", "model", "both"]
# "auto": the threshold that was published with the head, or else "argmax".
Decoder = Literal["auto", "argmax", "threshold_max", "threshold_sum"]
THRESHOLDS = ("threshold_max", "threshold_sum")
_HAS_WORD = re.compile(r"[^\W_]")

DEFAULT_CONFIG = """
[model]
@architectures = "spacy-clinical.IdentifierRules.v1"
"""


@Language.factory(
    "clinical_deidentifier",
    assigns=[
        *("doc.spans", "span._.score"),
        *("doc._.clinical_pieces", "doc._.clinical_provenance"),
    ],
    default_config={
        "model": Config().from_str(DEFAULT_CONFIG)["model"],
        "record_columns": {},
        "scorer": {"@scorers": "spacy-clinical.identifier_scorer.v1"},
    },
    default_score_weights={
        "phi_f": 0.5,
        "phi_p": 0.0,
        "phi_r": 0.0,
        "phi_per_type": None,
        "phi_chars_f": 0.0,
        "phi_chars_p": 0.0,
        "phi_chars_r": 0.5,
    },
)
class ClinicalDeidentifier(TokenHeadPipe):
    """Find what identifies people: names, dates, numbers, addresses, ages."""

    def __init__(
        self,
        nlp: Language,
        model: Model[list[Doc], list[Any]],
        name: str = "clinical_deidentifier",
        *,
        decide: Decide = "both",
        decoder: Decoder = "auto",
        threshold: float | None = None,
        neighbor_threshold: float | None = None,
        holidays: bool = True,
        times: bool = True,
        ages: Literal["all", "over_89"] = "all",
        record_columns: Mapping[str, str] | None = None,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Set up the component.

        Identifiers go to `doc.spans["phi"]`, and never overlap. What rules find keeps its
        place and type; what only the model has found stays beside it, without clinical
        short forms, codes and measurements.

        model: A `spacy-clinical.TokenClassifier.v1` over a token-classification
            checkpoint, or `spacy-clinical.IdentifierRules.v1` for rules alone.
        decide: Who finds identifiers: "rules", "model", or "both".
        decoder: How the model's scores become types: "argmax" (the most probable tag),
            "threshold_max" (the most probable tag but "O", if its probability is at
            least the threshold), "threshold_sum" (the same tag, if the probabilities of
            all but "O" together are), or "auto": "threshold_max" if a threshold is set
            or was published with the checkpoint, else "argmax".
        threshold (0 to 1): Of the model; None for the published one.
        neighbor_threshold (0 to 1): A lower one for tokens beside those that were found,
            so that no name is found in part; None for none.
        holidays: Whether names of holidays are dates to the rules.
        times: Whether the rules find times of day.
        ages: Whether the rules find "all" ages, or those "over_89".
        record_columns: Columns of the notes' metadata that say something of the patient,
            on top of the usual ones: "names", "ids" or "dates" by the column, "" for one
            that says nothing.
        scorer: Scoring method.
        RAISES ValueError: C881, if the model is to decide and there is none; C104, if the
            threshold isn't from 0 to 1; C854, if a setting has an unknown value.
        """
        self._set_up(nlp, model, name)
        self._pipeline = PipelineReference(nlp)
        self.decide = decide
        self.decoder = decoder
        self.threshold = threshold
        self.neighbor_threshold = neighbor_threshold
        self.holidays = holidays
        self.times = times
        self.ages = ages
        self.record_columns = dict(record_columns or {})
        self.scorer = scorer
        self.cfg: dict[str, Any] = {"columns": [], "thresholds": {}}
        self._scheme: LabelScheme | None = None
        self._check_settings()

    @property
    def has_head(self) -> bool:
        """Whether there is a model, not only rules."""
        return bool(self.model.has_ref("output_layer"))

    @property
    def is_trainable(self) -> bool:
        return self.has_head

    @property
    def settings(self) -> RuleSettings:
        """Settings of the rules."""
        return RuleSettings(self.holidays, self.times, self.ages == "over_89")

    def take_meta(self, doc: Doc, meta: Mapping[str, Any]) -> None:
        """Let a Doc know what its note's metadata say of the patient, to find it.

        meta: Other values of the note's row in a table.
        """
        from_usual = list_known(meta)
        if self.record_columns:
            own = {
                _letters(column): kind for column, kind in self.record_columns.items()
            }
            others = {k: v for k, v in meta.items() if _letters(k) not in own}
            from_usual = list_known(others)
            for kind, values in list_known(meta, own).items():
                from_usual.setdefault(kind, []).extend(values)
        known = {kind: from_usual[kind] for kind in KINDS if kind in from_usual}
        if known:
            doc._.known_identifiers = {**known, **doc._.known_identifiers}

    # Predicting

    def predict(self, docs: Iterable[Doc]) -> list[tuple[list[Identifier], Any]]:
        """Find the identifiers of each Doc.

        RETURNS: For each Doc its identifiers, and the model's output or None.
        """
        docs = list(docs)
        encoded: Sequence[Encoded | None] = [None] * len(docs)
        if docs and self.has_head and self.decide != "rules":
            self.prepare_head()
            self._connect()
            encoded = self.model.predict(docs)
        return [
            (self._find(doc, scored), scored)
            for doc, scored in zip(docs, encoded, strict=True)
        ]

    def _find(self, doc: Doc, scored: Encoded | None) -> list[Identifier]:
        if not len(doc):
            return []
        text = read_text(doc)
        found = list(find_known(text, self._get_known(doc)))
        if self.decide != "model":
            # spacy.blank imports this module, and shouldn't wait for patterns.
            from spacy_clinical.identifiers.rules import find_identifiers

            found += find_identifiers(text, self.settings)
        starts, ends = token_borders(doc)
        rows = [
            row._replace(
                start=int(starts[numpy.searchsorted(ends, row.start, side="right")]),
                end=int(ends[numpy.searchsorted(starts, row.end) - 1]),
            )
            for row in found
        ]
        if scored is not None:
            decoded = self._decode(doc, text, scored)
            if self.decide == "both":
                from spacy_clinical.identifiers.clinical import leave_out_clinical

                decoded = leave_out_clinical(decoded, text, rows)
            rows += decoded
        return merge_identifiers(rows, text)

    def _get_known(self, doc: Doc) -> dict[str, list[str]]:
        known = doc._.known_identifiers
        is_right = set(known) <= set(KINDS) and all(
            isinstance(values, list) and all(isinstance(value, str) for value in values)
            for values in known.values()
        )
        if not is_right:
            raise CodedValueError(Errors.C882.format(kinds=", ".join(KINDS)))
        return dict(known)

    def _decode(self, doc: Doc, text: str, scored: Encoded) -> Iterator[Identifier]:
        decoder, threshold = self._choose_decoder()
        is_mark, is_start = _read_tokens(doc)
        for start, end, label, score in decode_types(
            scored.X,
            scored.pieces.is_seen,
            self.scheme,
            decoder=decoder,
            threshold=threshold,
            neighbor_threshold=self.neighbor_threshold,
            is_mark=is_mark,
            is_start=is_start,
        ):
            place = doc[start].idx, doc[end - 1].idx + len(doc[end - 1])
            yield Identifier(*place, label, "", round(score, 6), MODEL)

    def _choose_decoder(self) -> tuple[RecallDecoder, float]:
        published: Mapping[str, float] = self.cfg["thresholds"]
        if self.decoder == "argmax":
            return "argmax", 0.0
        decoder: RecallDecoder = (
            "threshold_max" if self.decoder == "auto" else self.decoder
        )
        threshold = self.threshold
        if threshold is None:
            threshold = published.get(decoder)
        if threshold is not None:
            return decoder, threshold
        if self.decoder == "auto":
            return "argmax", 0.0
        raise CodedValueError(Errors.C880.format(name=self.name, decoder=decoder))

    def set_annotations(
        self, docs: Iterable[Doc], found: list[tuple[list[Identifier], Any]]
    ) -> None:
        """Write the identifiers to `doc.spans["phi"]`."""
        for doc, (rows, scored) in zip(docs, found, strict=True):
            set_identifiers(doc, rows)
            if scored is not None:
                self._record(doc, scored)
            add_to(doc, "clinical_provenance", self.name, self._describe(doc, scored))

    def _describe(self, doc: Doc, scored: Encoded | None) -> dict[str, Any]:
        """Say what has found identifiers, on top of what says which model has."""
        facts: dict[str, Any] = {"decide": self.decide if self.has_head else "rules"}
        if scored is not None:
            decoder, threshold = self._choose_decoder()
            # A model without a checkpoint says nothing of itself.
            provenance = (doc._.clinical_provenance or {}).get(self.name, {})
            facts = {**provenance, **facts, "decoder": decoder, "threshold": threshold}
        if self.decide != "model":
            facts["rules_version"] = RULES_VERSION
        return facts

    # Training

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: str | Sequence[str] | None = None,
    ) -> None:
        """Load the checkpoint, and make a new head if its own doesn't fit the data.

        The types are those of `doc.spans["phi"]` of the examples, or else of `doc.ents`.
        With rules alone, nothing is done.

        labels: Types to use instead of those in the examples.
        RAISES ValueError: C011, if neither the data nor the checkpoint has labels; C880,
            if the decoder needs a threshold; C855, if the component isn't there whose
            encoder it shares.
        """
        if self.has_head:
            self._connect()
            super().initialize(get_examples, nlp=nlp, labels=labels)
            self._choose_decoder()

    def prepare_update(self) -> None:
        self._connect()

    def _list_types(self, eg: Example) -> Iterable[str]:
        return {span.label_ for span in list_gold(eg.reference)}

    def _list_gold(self, eg: Example) -> Sequence[str | None]:
        return tag_spans(eg, list_gold(eg.reference))

    def _connect(self) -> None:
        """Find the encoder of the component that the head shares it with."""
        if self.model.has_ref("encoder"):
            head = self.model.get_ref("head")
            connect_encoder(self._pipeline, self.model, head, name=self.name)

    def _take_published_head(self) -> None:
        super()._take_published_head()
        [shim] = self.shims
        card = get_checkpoint(shim.name)
        published = {setting: getattr(card, setting) for setting in THRESHOLDS}
        self.cfg["thresholds"] = {k: v for k, v in published.items() if v}

    def _make_head(self, columns: Sequence[str]) -> None:
        super()._make_head(columns)
        self.cfg["thresholds"] = {}

    def _check_settings(self) -> None:
        for setting, kind in (("decide", Decide), ("decoder", Decoder)):
            known = get_args(kind)
            if getattr(self, setting) not in known:
                self._raise_unknown(setting, getattr(self, setting), known)
        for value in self.record_columns.values():
            if value not in ("", *KINDS):
                self._raise_unknown("record_columns", value, KINDS)
        if self.decide == "model" and not self.has_head:
            raise CodedValueError(
                Errors.C881.format(name=self.name, decide=self.decide)
            )
        for setting in ("threshold", "neighbor_threshold"):
            value = getattr(self, setting)
            if value is not None and not 0 <= value <= 1:
                raise CodedValueError(
                    Errors.C104.format(
                        name=self.name, setting=setting, value=value, low=0, high=1
                    )
                )

    def _raise_unknown(self, setting: str, value: str, known: Iterable[str]) -> None:
        raise CodedValueError(
            Errors.C854.format(
                name=self.name, setting=setting, unknown=value, known=", ".join(known)
            )
        )


def _letters(column: str) -> str:
    """Write the name of a column as `records.list_known` looks it up."""
    return re.sub(r"[^a-z]", "", str(column).lower())


def _read_tokens(doc: Doc) -> tuple[Bools1d, Bools1d]:
    """Mark the tokens that are punctuation alone, and those that begin a line."""
    is_mark, is_start = [], []
    begins = False
    for token in doc:
        written = token.text
        is_mark.append(_HAS_WORD.search(written) is None)
        is_start.append(begins)
        begins = "\n" in written or (begins and written.isspace())
    return numpy.asarray(is_mark, dtype=bool), numpy.asarray(is_start, dtype=bool)
