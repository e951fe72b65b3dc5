"""Components that read the encoder of another component of their pipeline."""

import weakref
from typing import Any

from spacy.language import Language

from spacy_clinical.errors import CodedValueError, Errors


class PipelineReference:
    """A reference to a pipeline, which isn't copied or saved with a component."""

    def __init__(self, nlp: Language | None = None) -> None:
        self._get = None if nlp is None else weakref.ref(nlp)

    def get(self) -> Language | None:
        """Get the pipeline; None if it is gone."""
        return None if self._get is None else self._get()

    def __reduce__(self) -> Any:
        return PipelineReference, ()


def connect_encoder(
    pipeline: PipelineReference, model: Any, projection: Any, *, name: str
) -> None:
    """Connect a model's shared encoder with that of the component that it names.

    Nothing happens if the model has an encoder of its own.

    pipeline: Where that component is.
    model: A model with the ref "encoder".
    projection: What becomes of the encoder's rows.
    name: Of the component that reads them.
    RAISES ValueError: C855, if that component isn't in the pipeline.
    """
    encoder = model.get_ref("encoder")
    component = getattr(encoder, "component", None)
    if component is None:
        return
    nlp = pipeline.get()
    pipe = None
    if nlp is not None and component in nlp.component_names:
        pipe = nlp.get_pipe(component)
    source = _find_encoder(getattr(pipe, "model", None)) or encoder.source
    if source is None:
        raise CodedValueError(Errors.C855.format(name=name, component=component))
    encoder.connect(source, projection)


def _find_encoder(model: Any) -> Any:
    """Find the encoder in a component's model; None if there is none."""
    nodes = model.walk() if hasattr(model, "walk") else ()
    return next((node for node in nodes if node.name == "hf_encoder"), None)
