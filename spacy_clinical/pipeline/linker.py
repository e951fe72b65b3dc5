from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import SimpleFrozenDict
from thinc.api import Model

from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.concepts.choice import Chooser, Parts
from spacy_clinical.concepts.dense import DenseScorer
from spacy_clinical.concepts.entity_types import DRUGS, TYPES, UNLINKED, list_all
from spacy_clinical.concepts.evidence import Evidence
from spacy_clinical.concepts.linking import Link, Linker, Query
from spacy_clinical.concepts.mentions import (
    Short,
    find_short_form,
    list_short_forms,
    spell_out,
)
from spacy_clinical.concepts.ranking import TypeNames
from spacy_clinical.concepts.section_types import SectionTypes
from spacy_clinical.concepts.store import open_vocabulary
from spacy_clinical.errors import CodedValueError, Errors, name_type
from spacy_clinical.extensions import concept_attributes
from spacy_clinical.extensions.abbreviation_attributes import ABBREVIATIONS_KEY
from spacy_clinical.extensions.attributes import add_to
from spacy_clinical.extensions.concept_attributes import set_concepts
from spacy_clinical.extensions.doc_data import read_text
from spacy_clinical.extensions.span_groups import list_spans
from spacy_clinical.pipeline.bases.name_encoder import NameEncoderPipe
from spacy_clinical.types import Floats1d, list_names

FORMAT = 1
VOCABULARIES = ("mondo", "hpo", "mesh", "mesh_supplement", "mentions")


class Linked(NamedTuple):
    """A span and the concepts of its parts, the best of each first."""

    span: Span
    parts: list[list[Link]]


@Language.factory(
    "clinical_linker",
    assigns=[
        *("span._.kb_ents", "span._.concept", "doc._.clinical_provenance"),
        "doc.ents",
    ],
    default_config={
        "model": None,
        "types": {},
        "scorer": {"@scorers": "spacy-clinical.linker_scorer.v1"},
    },
    default_score_weights={
        "linker_acc": 1.0,
        "linker_acc_5": 0.0,
        "linker_nil_f": 0.0,
        "linker_per_type": None,
    },
)
class ClinicalLinker(NameEncoderPipe):
    """Say of each entity which concept of a vocabulary it means.

    The id of the best concept is `ent.kb_id_`. `span._.kb_ents` lists ids with their
    scores, as scispaCy does, and `span._.concept` is a record of the best one.
    """

    SETTINGS = (
        *("preferred", "threshold", "top_k", "n_candidates", "target_labels"),
        *("use_ents", "spans_keys", "use_abbreviations", "use_sections"),
    )
    PART, FILE = "linker", "linker.json"

    def __init__(
        self,
        name: str = "clinical_linker",
        *,
        nlp: Language | None = None,
        model: Model[list[str], list[Floats1d]] | None = None,
        vocabularies: str | Sequence[str | Path] = VOCABULARIES,
        preferred: str | Sequence[str] = (),
        threshold: float = 0.3,
        top_k: int = 5,
        n_candidates: int = 30,
        types: Mapping[str, Sequence[str]] = SimpleFrozenDict(),
        labels: str | Sequence[str] | None = None,
        use_ents: bool = True,
        spans_keys: str | Sequence[str] = (),
        use_abbreviations: bool = True,
        use_sections: bool = True,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Set up the component. Vocabularies are opened on first use.

        nlp: Not used; spaCy gives it to each component.
        model: Finds vectors of names, by which candidates are ranked where no name is the
            same: such as `spacy-clinical.ConceptEncoder.v1`. None to leave that out.
        vocabularies: Names of those that ship or are in a store, or folders. Where two
            have the same concept, the first one's counts.
        preferred: Systems of the ids to write, such as "MESH" and "OMIM", in order; none
            for those of the vocabularies. A concept without a code in any of them keeps
            its own id.
        threshold (0 to 1): The score that concepts need, those of all that an entity may
            mean taken together, and half of it the best one; below, the entity has none.
        top_k: Number of concepts in `span._.kb_ents`; those that are nearly impossible
            are left out.
        n_candidates: Number of names of each vocabulary to compare a name with.
        types: By label of entities, the semantic types that their concepts may have; on
            top of those for the vocabularies that ship. [] for all types.
        labels: Of the entities and spans to link; None for all but those that name no
            concept, such as doses, values and dates (`UNLINKED`).
        use_ents: Whether to link `doc.ents`.
        spans_keys: Of the span groups to link.
        use_abbreviations: Whether abbreviations are linked by what they stand for, where
            an earlier component has found it out.
        use_sections: Whether the section of an entity says what types its concept may
            have, where its label doesn't: drugs under medications. If there is no such
            concept, it may have any.
        scorer: Scores the concepts of entities.
        RAISES ValueError: C925, if a setting can't be used.
        """
        self.name = name
        self.model = model
        self.vocabularies = [str(one) for one in _list_paths(vocabularies)]
        self.preferred = list_names(preferred)
        self.threshold = threshold
        self.top_k = top_k
        self.n_candidates = n_candidates
        self.types: Mapping[str, Sequence[str]] = {
            **TYPES,
            **{k: list_names(v) for k, v in types.items()},
        }
        self.target_labels = None if labels is None else list_names(labels)
        self.use_ents = use_ents
        self.spans_keys = list_names(spans_keys)
        self.use_abbreviations = use_abbreviations
        self.use_sections = use_sections
        self.scorer = scorer
        self._linker: Linker | None = None
        self._check_settings()

    @property
    def linker(self) -> Linker:
        """The linker of names to concepts. Its vocabularies are opened on first use.

        RAISES FileNotFoundError: C909, if a vocabulary isn't there.
        RAISES OSError: C910 or C923, if it or its index can't be made.
        RAISES ValueError: C906 to C908, if a vocabulary can't be used.
        """
        if self._linker is None:
            self._linker = Linker(
                [open_vocabulary(name) for name in self.vocabularies],
                preferred=self.preferred,
                n_candidates=self.n_candidates,
                top_k=self.top_k,
                dense=self._make_dense(),
                types=TypeNames(list_all(self.types)),
            )
        return self._linker

    def forget(self) -> None:
        """Open vocabularies anew on next use."""
        self._linker = None

    def _make_dense(self) -> DenseScorer | None:
        if self.model is None:
            return None
        self.model.initialize()
        weight = self.model.attrs.get("sparse_weight") or 0.0
        return DenseScorer(self.model.predict, weight)

    def predict(self, docs: Iterable[Doc]) -> list[list[Linked]]:
        """Find the concepts of the entities of each Doc."""
        return [self._predict_doc(doc) for doc in docs]

    def _predict_doc(self, doc: Doc) -> list[Linked]:
        spans = self.list_targets(doc)
        if not spans:
            return []
        shorts = list_short_forms(doc) if self.use_abbreviations else []
        # An earlier component has looked there.
        is_known = ABBREVIATIONS_KEY in doc.spans
        evidence = Evidence(read_text(doc), None if is_known else load_abbreviations())
        chooser = Chooser(self.linker, evidence, self.threshold)
        sections = SectionTypes(doc, self.types) if self.use_sections else None
        types: list[tuple[str, ...]] = []
        of_sections = []
        for number, span in enumerate(spans):
            known = tuple(self.types.get(span.label_, ()))
            if sections and span.label_ not in self.types:
                known = sections.find(span.start_char)
                of_sections += [number] if known else []
            types.append(known)
        found = self._link(spans, types, shorts, chooser)
        again = [number for number in of_sections if not any(found[number])]
        others = [spans[number] for number in again]
        for number, parts in zip(
            again, self._link(others, [()] * len(again), shorts, chooser), strict=True
        ):
            found[number] = parts
        return list(map(Linked, spans, found))

    def _link(
        self,
        spans: Sequence[Span],
        types: Sequence[tuple[str, ...]],
        shorts: Sequence[Short],
        chooser: Chooser,
    ) -> list[Parts]:
        """Find the concepts of spans.

        types: For each, those that its concept may have.
        """
        queries: list[Query] = []
        places: list[int] = []
        for span, kinds in zip(spans, types, strict=True):
            text = span.text
            places.append(len(queries))
            spelled = spell_out(text, span.start_char, shorts) if shorts else text
            if spelled != text:
                queries.append(Query(spelled, kinds, is_long_form=True))
            queries.append(Query(text, kinds))
        found = self.linker.link(queries)
        places.append(len(queries))
        chosen = []
        for i, span in enumerate(spans):
            *spelled_out, plain = found[places[i] : places[i + 1]]
            if spelled_out:
                short = find_short_form(span.text, span.start_char, shorts)
                parts = chooser.choose_spelled_out(
                    span.text, plain, spelled_out[0], short
                )
            else:
                is_drug = set(types[i]) == set(DRUGS)
                parts = chooser.choose(span.text, plain, is_drug=is_drug)
            chosen.append(parts)
        return chosen

    def list_targets(self, doc: Doc) -> list[Span]:
        """List the spans of a Doc to link."""
        spans = list(doc.ents) if self.use_ents else []
        for key in self.spans_keys:
            spans += list_spans(doc, key)
        if self.target_labels is None:
            spans = [span for span in spans if span.label_ not in UNLINKED]
        else:
            labels = frozenset(self.target_labels)
            spans = [span for span in spans if span.label_ in labels]
        return spans

    def set_annotations(
        self, docs: Iterable[Doc], predictions: list[list[Linked]]
    ) -> None:
        """Write the concepts of entities, and records of them."""
        # By name: DocBin makes tuples of lists.
        facts: dict[str, Any] = {
            "vocabularies": {
                one["name"]: {"version": one["version"], "sha256": one["sha256"]}
                for one in self.describe_vocabularies()
            }
        }
        for shim in self.shims:
            facts.update(shim.describe())
        for doc, found in zip(docs, predictions, strict=True):
            add_to(doc, "clinical_provenance", self.name, dict(facts))
            set_concepts(doc, [self._make_row(span, parts) for span, parts in found])

    def _make_row(self, span: Span, parts: Parts) -> concept_attributes.Linked:
        known = [links for links in parts if links]
        # The best one of each part first.
        ordered = [links[0] for links in known]
        ordered += [link for links in known for link in links[1:]]
        ids = [(link.id, link.score) for link in ordered]
        records = [self._describe(links[0]) for links in known]
        record = dict(records[0]) if records else None
        if record is not None and len(records) > 1:
            record["parts"] = records
        place = span.start_char, span.end_char, span.label_
        return concept_attributes.Linked(*place, ids, record)

    def _describe(self, link: Link) -> dict[str, Any]:
        """Make the record of a concept, as the vocabulary has it that its id is of."""
        linker = self.linker
        place = linker.identities.locate(link.id, link.place)
        vocabulary = linker.vocabularies[place.vocabulary]
        concept = vocabulary.concept(place.number)
        return {
            "id": link.id,
            "name": concept.name,
            "vocabulary": vocabulary.name,
            "version": vocabulary.version,
            "types": list(concept.types),
            "xrefs": {key: list(codes) for key, codes in concept.xrefs.items()},
            "score": round(link.score, 4),
            "how": link.how,
        }

    def describe_vocabularies(self) -> list[dict[str, str]]:
        """Describe the vocabularies: name, version and digest of each."""
        return [
            {"name": one.name, "version": one.version, "sha256": one.sha256}
            for one in self.linker.vocabularies
        ]

    def _check_settings(self) -> None:
        for setting, value, is_right, expected in (
            (
                "vocabularies",
                self.vocabularies,
                bool(self.vocabularies),
                "at least one",
            ),
            ("threshold", self.threshold, 0 <= self.threshold <= 1, "from 0 to 1"),
            ("top_k", self.top_k, self.top_k > 0, "at least 1"),
            ("n_candidates", self.n_candidates, self.n_candidates > 0, "at least 1"),
        ):
            if not is_right:
                raise CodedValueError(
                    Errors.C925.format(
                        name=self.name, setting=setting, value=value, expected=expected
                    )
                )

    # Saving

    def save(self) -> dict[str, Any]:
        types = {label: list(names) for label, names in self.types.items()}
        return {
            "format": FORMAT,
            "settings": super().save(),
            "types": types,
            "vocabularies": self.describe_vocabularies(),
        }

    def restore(self, saved: Any) -> None:
        """Take over what was saved: all of it or nothing.

        RAISES FileNotFoundError: C909, if a vocabulary isn't there.
        RAISES ValueError: C924, if it is another one than it was saved with; C105, if a
            later version of the package saved the component; C026, if it is damaged.
        """
        self._check_format(saved, FORMAT)
        try:
            types = {str(k): list_names(v) for k, v in saved["types"].items()}
            known = [
                (v["name"], v["version"], v["sha256"]) for v in saved["vocabularies"]
            ]
            settings = saved["settings"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"its settings are damaged: {name_type(error)}"
            raise CodedValueError(
                Errors.C026.format(name=self.name, reason=reason)
            ) from None
        before = super().save()
        super().restore(settings)
        try:
            self._check_settings()
            self._linker = None
            self._check_vocabularies(known)
        except (CodedValueError, OSError):
            super().restore(before)
            raise
        self.types = types

    def _check_vocabularies(self, known: Sequence[tuple[str, str, str]]) -> None:
        opened = self.describe_vocabularies()
        for (name, version, sha256), now in zip(known, opened, strict=False):
            if now["sha256"] != sha256:
                raise CodedValueError(
                    Errors.C924.format(
                        name=self.name,
                        vocabulary=name,
                        saved=f"{version} ({sha256[:12]})",
                        found=f"{now['version']} ({now['sha256'][:12]})",
                    )
                )


def _list_paths(paths: str | Path | Sequence[str | Path]) -> Sequence[str | Path]:
    return [paths] if isinstance(paths, str | Path) else paths
