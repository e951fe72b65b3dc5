"""Switch the components of a pipeline for a while."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from spacy.language import Language


@contextmanager
def choose_components(nlp: Language, names: Sequence[str]) -> Iterator[None]:
    """Run only some components of a pipeline, in their own order.

    Other threads must not use the pipeline meanwhile.
    """
    before = nlp.pipe_names
    try:
        _enable(nlp, names)
        yield
    finally:
        _enable(nlp, before)


def _enable(nlp: Language, names: Sequence[str]) -> None:
    for name in nlp.component_names:
        is_enabled = name not in nlp.disabled
        if name in names and not is_enabled:
            nlp.enable_pipe(name)
        elif name not in names and is_enabled:
            nlp.disable_pipe(name)
