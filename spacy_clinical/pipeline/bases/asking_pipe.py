"""Base class of components that read each note together with questions or statements."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from spacy.tokens import Doc

from spacy_clinical.pieces.text import OtherText, Sections, Text, read_note
from spacy_clinical.pipeline.bases.checkpoint_pipe import CheckpointPipe
from spacy_clinical.pipeline.bases.learning_pipe import LearningPipe


class Asked(NamedTuple):
    """A question or statement about a Doc, and what the model makes of it.

    name: Its name.
    words: Its words.
    scored: The model's output.
    """

    name: str
    words: str
    scored: Any


class AskingPipe(LearningPipe, CheckpointPipe):
    """Base class of components that read each note together with other texts."""

    def prepare_head(self) -> None:
        """Load the checkpoint's head, unless there is one."""
        raise NotImplementedError

    def prepare_update(self) -> None:
        self.prepare_head()

    def pair(self, words: str) -> OtherText:
        """Make a question or statement the other text of a pair."""
        raise NotImplementedError

    def read_sections(self, doc: Doc, sections: Sections) -> Text:
        """Choose what to read of a Doc: a question may be about a signature, too."""
        return read_note(doc, sections, with_boilerplate=True)

    def score_asked(
        self, given: Sequence[tuple[Doc, Mapping[str, str]]], sections: Sections
    ) -> list[list[Asked]]:
        """Score what is asked of Docs, all in one call of the model.

        given: Docs, each with what is asked of it by name.
        sections: See `read_note`.
        """
        texts = []
        for doc, asked in given:
            if asked:
                text = self.read_sections(doc, sections)
                texts += [replace(text, other=self.pair(w)) for w in asked.values()]
        if texts:
            self.prepare_head()
        scored = iter(self.model.predict(texts) if texts else ())
        return [
            [Asked(name, words, next(scored)) for name, words in asked.items()]
            for _, asked in given
        ]

    def record_asked(self, doc: Doc, found: Sequence[Asked]) -> None:
        """Write on a Doc how much of it was read, if anything was asked."""
        if found:
            scored = [one.scored for one in found]
            self._record_pieces(
                doc,
                n_pieces=scored[0].n_pieces,
                n_seen=scored[0].n_seen,
                n_windows=sum(len(one.logits) for one in scored),
            )
