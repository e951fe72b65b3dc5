"""A pipeline that is ready to serve, and what it can do."""

from typing import Any, NamedTuple

from spacy.language import Language

from spacy_clinical.export.records import Record
from spacy_clinical.forms import make_form_doc, make_pages
from spacy_clinical.models import get_title
from spacy_clinical.scale.clean import FINDER, list_own_labels, prepare_finder
from spacy_clinical.scale.jobs import AnnotateJob
from spacy_clinical.scale.stream import run_components
from spacy_clinical.scale.workers import WARM_UP
from spacy_clinical.service.components import choose_components

QA = "clinical_qa"


class Loaded(NamedTuple):
    """A pipeline for notes. What is said of it stays true while components are switched.

    title: Its name and version.
    components: For each its name, factory, whether it is enabled, and labels.
    enabled: The names of those that run unless others are asked for.
    finding: The names of those that run to find identifiers; none if it can't.
    phi_labels: The labels that they give, beside the usual ones.
    qa: The name of what answers questions; "" if nothing does.
    example: The record of an invented note.
    """

    nlp: Language
    title: str
    components: list[dict[str, Any]]
    enabled: tuple[str, ...]
    finding: tuple[str, ...]
    phi_labels: tuple[str, ...]
    qa: str
    example: Record

    @property
    def names(self) -> list[str]:
        """The names of all components."""
        return [component["name"] for component in self.components]


def prepare(nlp: Language) -> Loaded:
    """Prepare a pipeline: all that is made on first use is made.

    nlp: No one else may use it from now on.
    """
    example = AnnotateJob(nlp).work([WARM_UP])[0]
    factories = {name: nlp.get_pipe_meta(name).factory for name in nlp.component_names}
    by_factory = {factory: name for name, factory in factories.items()}
    enabled = tuple(nlp.pipe_names)
    finding, phi_labels = _prepare_finding(nlp) if FINDER in by_factory else ((), ())
    return Loaded(
        nlp,
        get_title(nlp),
        [
            {
                "name": name,
                "factory": factory,
                "enabled": name in enabled,
                "labels": list(getattr(nlp.get_pipe(name), "labels", ())),
            }
            for name, factory in factories.items()
        ],
        enabled,
        finding,
        phi_labels,
        by_factory.get(QA, ""),
        example,
    )


def _prepare_finding(nlp: Language) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with choose_components(nlp, nlp.pipe_names):
        prepare_finder(nlp)
        AnnotateJob(nlp).work([WARM_UP])
        return tuple(nlp.pipe_names), tuple(list_own_labels(nlp))


def prepare_forms(nlp: Language) -> None:
    """Prepare a pipeline for forms, with an invented form."""
    words, boxes = ["Name:", "Jane"], [(10, 10, 40, 20), (50, 10, 80, 20)]
    pages = make_pages(words, boxes, width=300, height=200)
    with nlp.memory_zone():
        run_components(nlp.pipeline, make_form_doc(nlp.vocab, pages))
