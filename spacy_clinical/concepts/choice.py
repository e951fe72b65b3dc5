"""Choose between what a mention may mean by itself and by what it stands for."""

from collections.abc import Sequence

from spacy_clinical.concepts.evidence import (
    Evidence,
    has_short_names_only,
    needs_evidence,
    share_words,
)
from spacy_clinical.concepts.linking import Link, Linker
from spacy_clinical.concepts.mentions import Short

# Concepts with less aren't listed.
MIN_SCORE = 0.01
# The share of the threshold that the best concept has to reach by itself. A score that
# many share is no better than a guess.
MIN_OF_BEST = 0.5
# For each part of a name, the concepts that it may mean, the best first.
Parts = list[list[Link]]


class Chooser:
    """Chooses the concepts of the mentions in a text.

    linker: What has found them.
    evidence: What the text says of its short forms.
    threshold (0 to 1): What the scores of all concepts of a part have to reach together,
        and the best one half of it.
    """

    def __init__(self, linker: Linker, evidence: Evidence, threshold: float) -> None:
        self.linker = linker
        self.evidence = evidence
        self.threshold = threshold

    def choose(self, text: str, plain: Parts, *, is_drug: bool = False) -> Parts:
        """Choose the concepts of a mention without abbreviations that are known.

        A short form that may stand for anything has only those that the text names in
        full somewhere.

        text: Of the mention.
        plain: What was found for it.
        is_drug: Whether it names a drug: their short forms are names of their own.
        """
        if needs_evidence(text) and not is_drug:
            plain = self._keep_supported(text, plain)
        return self.cut(plain)

    def choose_spelled_out(
        self, text: str, plain: Parts, spelled_out: Parts, short: Short | None
    ) -> Parts:
        """Choose between the concepts of a mention as it is, and spelled out.

        short: The short form, if the mention is nothing else. Then its own concepts count
            only where a name of theirs is like the long form; or where the text names
            them in full, but not the long form that the inventory has.
        """
        if (
            short
            and not short.is_defined
            and not self.evidence.has_any([short.long_form])
        ):
            supported = self._keep_supported(text, plain)
            if all(supported):
                return self.cut(supported)
        if get_score(spelled_out) >= self.threshold:
            return self.cut(spelled_out)
        if short:
            return self.cut(
                [
                    [link for link in links if self._fits(short.long_form, link)]
                    for links in plain
                ]
            )
        return self.cut(max(spelled_out, plain, key=get_score))

    def cut(self, parts: Parts) -> Parts:
        """Leave out the parts that don't reach the threshold, and what is improbable."""
        return [
            [link for link in links if link.score >= MIN_SCORE]
            if self._is_enough(links)
            else []
            for links in parts
        ]

    def _is_enough(self, links: Sequence[Link]) -> bool:
        return (
            bool(links)
            and links[0].any_score >= self.threshold
            and links[0].score >= self.threshold * MIN_OF_BEST
        )

    def _fits(self, long_form: str, link: Link) -> bool:
        names = self.linker.list_names(link)
        return has_short_names_only(names) or share_words(long_form, names)

    def _keep_supported(self, short: str, parts: Parts) -> Parts:
        return [
            [
                link
                for link in links
                if link.score >= MIN_SCORE
                and self.evidence.supports(short, self.linker.list_names(link))
            ]
            for links in parts
        ]


def get_score(parts: Sequence[Sequence[Link]]) -> float:
    """Get the score of the part that fits least."""
    return min((links[0].any_score if links else 0.0 for links in parts), default=0.0)
