"""Label the parts of a form without a model, by their text and layout."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from spacy.tokens import Doc

from spacy_clinical.forms.checkboxes import BOX
from spacy_clinical.forms.labels import ANSWER, HEADER, QUESTION, Labelled, join_parts
from spacy_clinical.forms.segments import Segment, find_segments, is_leader, trim_leader
from spacy_clinical.forms.tables.aligned import (
    LETTER,
    MAX_LABEL_WORDS,
    find_aligned,
    is_question,
)

# A header is higher than the other words by this factor, or all in capitals.
HEADER_HEIGHT = 1.25
# Words of a header, at most; longer runs are text.
MAX_HEADER_WORDS = 10
# The least number of checkboxes in a row that has a question before it.
MIN_BOXES = 2
# The greatest indentation of the next line of a value, in heights of lines.
INDENT = 1.6
# The greatest white space between lines of a value, in heights of lines.
SPACING = 1.2
# How many segments back the segment above is searched.
REACH = 12

# The scores of labels, by the rule that gave them.
BY_COLON, BY_PLACE, BY_TABLE, BY_LINE_ABOVE, BY_HEIGHT = 0.9, 0.8, 0.7, 0.6, 0.7


def label_by_rules(
    doc: Doc, segments: Sequence[Segment] | None = None
) -> list[Labelled]:
    """Label headers, questions and answers.

    A question ends in a colon or stands before a line to write on; an answer stands to
    the right of a question, below it, or goes on where an answer has begun. The first
    row of a table has questions, the others answers. A header is high, or all in
    capitals and alone in its line.

    segments: The Doc's, where they have been found already.
    RETURNS: In the Doc's order, without overlap.
    """
    all_segments = find_segments(doc) if segments is None else segments
    form = _Form([trim_leader(doc, segment) for segment in all_segments])
    form.label_tables()
    form.label_rows()
    form.label_headers()
    form.label_below()
    parts = [
        Labelled(segment.start, segment.end, *form.labels[segment.start])
        for segment in form.segments
        if segment.start in form.labels and not is_leader(segment.text)
    ]
    return join_parts(
        doc, parts, lambda last, part: form.goes_on.get(part.start) == last.start
    )


def find_lead(row: Sequence[Segment]) -> Segment | None:
    """Find what stands before the checkboxes of a row, as "Smoker?" does.

    RETURNS: None where several segments, or none, are before them, or where it is the
        option of a box behind it.
    """
    starts = [i for i, segment in enumerate(row) if BOX.match(segment.text)]
    if len(starts) < MIN_BOXES or starts[0] != 1:
        return None
    lead = row[0]
    is_short = len(lead.text.split()) <= MAX_LABEL_WORDS or lead.text.endswith("?")
    has_option = BOX.sub("", row[-1].text).strip()
    is_plain = LETTER.search(lead.text) and not BOX.search(lead.text)
    return lead if is_short and has_option and is_plain else None


class _Form:
    """The segments of a form, with the labels so far.

    labels: Label and score of segments, by their first tokens.
    goes_on: First tokens of segments that go on with an answer above them, and its.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = segments
        self.rows: dict[int, list[Segment]] = defaultdict(list)
        for segment in segments:
            self.rows[segment.row].append(segment)
        self.labels: dict[int, tuple[str, float]] = {}
        self.goes_on: dict[int, int] = {}

    def label_rows(self) -> None:
        """Label segments that end in a colon, and those behind them."""
        for row in self.rows.values():
            has_question = False
            before_boxes = find_lead(row)
            for segment in row:
                if segment.start in self.labels:
                    has_question = False
                elif segment is before_boxes:
                    self.labels[segment.start] = QUESTION, BY_PLACE
                    has_question = True
                elif is_question(segment.text):
                    self.labels[segment.start] = QUESTION, BY_COLON
                    has_question = True
                elif has_question or BOX.search(segment.text):
                    # A checkbox is an answer by itself.
                    self.labels[segment.start] = ANSWER, BY_PLACE

    def label_tables(self) -> None:
        """Label the cells of tables: those of their heads are questions."""
        for table in find_aligned(self.segments):
            for cell in [*table.head, *(cell for _, cell in table.more_head)]:
                self.labels[cell.start] = QUESTION, BY_TABLE
            for cells in table.body:
                for cell in cells:
                    self.labels[cell.start] = ANSWER, BY_TABLE

    def label_headers(self) -> None:
        """Label segments that are high, or in capitals, and alone in their line."""
        if not self.segments:
            return
        usual = median(segment.height for segment in self.segments)
        for segment in self.segments:
            text = segment.text
            if segment.start in self.labels or len(self.rows[segment.row]) > 1:
                continue
            if len(text.split()) > MAX_HEADER_WORDS or not LETTER.search(text):
                continue
            is_high = segment.height > HEADER_HEIGHT * usual
            if is_high or (text.isupper() and len(text) > 3):
                self.labels[segment.start] = HEADER, BY_HEIGHT

    def label_below(self) -> None:
        """Label segments right under an answer, or under a question without one."""
        for i, segment in enumerate(self.segments):
            if segment.start in self.labels:
                continue
            for above in reversed(self.segments[max(i - REACH, 0) : i]):
                if above.page != segment.page or above.row == segment.row:
                    continue
                height = max(above.height, segment.height)
                if segment.box[1] - above.box[3] > SPACING * height:
                    break
                if abs(above.box[0] - segment.box[0]) > INDENT * height:
                    continue
                label, _ = self.labels.get(above.start, ("", 0.0))
                is_free = label == QUESTION and self._lacks_answer(above)
                if label == ANSWER or is_free:
                    self.labels[segment.start] = ANSWER, BY_LINE_ABOVE
                    if label == ANSWER:
                        self.goes_on[segment.start] = above.start
                    break

    def _lacks_answer(self, question: Segment) -> bool:
        behind = [s for s in self.rows[question.row] if s.box[0] > question.box[0]]
        label, _ = self.labels.get(behind[0].start, ("", 0.0)) if behind else ("", 0.0)
        return label != ANSWER
