"""BRAT standoff annotations as plain values."""

from typing import NamedTuple

from spacy_clinical.errors import CodedValueError, Errors


class BratSpan(NamedTuple):
    """A labelled span of text, in one or several pieces.

    fragments (characters): Start and end of each piece, half open, in text order.
    """

    id: str
    label: str
    fragments: tuple[tuple[int, int], ...]


class BratRelation(NamedTuple):
    """A labelled relation, event or equivalence.

    arguments: Pairs of role and id. An event's first pair is its type and trigger. In
        an equivalence, roles are empty.
    """

    id: str
    label: str
    arguments: tuple[tuple[str, str], ...]


class BratAttribute(NamedTuple):
    """A property of a span, an event or a relation.

    target: Id of the annotation that has the property.
    value: Value of the property; empty if it has none.
    """

    id: str
    label: str
    target: str
    value: str


class BratNormalization(NamedTuple):
    """The concept of a span or an event.

    target: Id of the annotation that it is the concept of.
    reference: Resource and id there: "MESH:D003924".
    name: Of the concept; empty if it isn't given.
    """

    id: str
    label: str
    target: str
    reference: str
    name: str


class BratAnnotations(NamedTuple):
    """Annotations of an .ann file, except free-text notes."""

    spans: list[BratSpan]
    events: list[BratRelation]
    relations: list[BratRelation]
    attributes: list[BratAttribute]
    normalizations: list[BratNormalization]


def read_brat(
    text: str, annotations: str, *, name: str = "annotations"
) -> BratAnnotations:
    """Read the annotations of a text.

    text: Content of the .txt file, line ends unchanged.
    annotations: Content of the .ann file.
    name: Name of the file, for errors.
    RETURNS: The annotations in file order.
    RAISES ValueError: C206, if a line isn't BRAT standoff; C207, if a span lies outside
        the text, or the text there differs from the one in the file.
    SOURCE: https://brat.nlplab.org/standoff.html
    """
    read = BratAnnotations([], [], [], [], [])
    for number, line in enumerate(annotations.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            _read_line(line.rstrip("\r"), read)
        except (ValueError, IndexError) as error:
            raise CodedValueError(Errors.C206.format(name=name, line=number)) from error
        if line[0] == "T" and not _is_in_place(read.spans[-1], text, line):
            raise CodedValueError(Errors.C207.format(name=name, line=number))
    return read


def _read_line(line: str, read: BratAnnotations) -> None:
    if line[0] == "#":
        return
    name, content = line.split("\t")[:2]
    label, *arguments = content.split()
    if line[0] == "T":
        places = content[len(label) :].split(";")
        starts_and_ends = (map(int, place.split()) for place in places)
        fragments = tuple((start, end) for start, end in starts_and_ends)
        read.spans.append(BratSpan(name, label, fragments))
    elif line[0] == "N":
        target, reference = arguments[:2]
        text = line.split("\t", 2)[2:]
        read.normalizations.append(
            BratNormalization(name, label, target, reference, *(text or [""]))
        )
    elif line[0] in "AM":
        target, *values = arguments
        read.attributes.append(BratAttribute(name, label, target, " ".join(values)))
    elif line[0] == "E":
        label = label.split(":")[0]
        pairs = _read_pairs(content.split())
        read.events.append(BratRelation(name, label, pairs))
    elif line[0] == "R":
        read.relations.append(BratRelation(name, label, _read_pairs(arguments)))
    elif line[0] == "*":
        members = tuple(("", member) for member in arguments)
        read.relations.append(BratRelation(name, label, members))
    else:
        raise ValueError(line[0])


def _read_pairs(arguments: list[str]) -> tuple[tuple[str, str], ...]:
    """Read arguments like "Arg1:T4"."""
    pairs = (argument.split(":") for argument in arguments)
    return tuple((role, target) for role, target in pairs)


def _is_in_place(span: BratSpan, text: str, line: str) -> bool:
    for start, end in span.fragments:
        if not 0 <= start < end <= len(text):
            return False
    in_text = " ".join(text[start:end] for start, end in span.fragments)
    # BRAT writes line breaks as spaces. The column is optional.
    in_file = line.split("\t", 2)[2:]
    return not in_file or in_text.split() == in_file[0].split()
