"""Replace the identifiers of a note, and say where everything is afterwards.

found        doc.spans["phi"]: what the pipeline's component has found
repeats      the same identifiers elsewhere in the note, see `repeats`
replaced     each by what its mode says, see `modes` and `replacer`
checked      nothing of them is left, see `check`
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinical.errors import CodedRuntimeError, CodedValueError, Errors
from spacy_clinical.identifiers.found import (
    PHI_KEY,
    Identifier,
    list_identifiers,
    set_identifiers,
)
from spacy_clinical.identifiers.replace.carry import carry_annotations
from spacy_clinical.identifiers.replace.carry_records import DateMove
from spacy_clinical.identifiers.replace.check import find_left
from spacy_clinical.identifiers.replace.keys import Key, load_key
from spacy_clinical.identifiers.replace.modes import Modes
from spacy_clinical.identifiers.replace.offset_map import Edit, OffsetMap, replace_parts
from spacy_clinical.identifiers.replace.repeats import (
    MAX_GAP,
    PERSONS,
    Target,
    find_repeats,
    is_distinct,
)
from spacy_clinical.identifiers.replace.replacer import Replacer

DATE, KIND = "DATE", "date"
_MOVED = frozenset({"shift", "surrogate"})


class CleanSpan(NamedTuple):
    """An identifier's place in a clean text (characters, half open).

    mode: What was done with it.
    is_repeat: Whether it was only found as it stands elsewhere in the note, too.
    """

    start: int
    end: int
    label: str
    kind: str
    mode: str
    is_repeat: bool = False


@dataclass(frozen=True)
class CleanText:
    """A note without its identifiers.

    text: The clean text.
    spans: Where identifiers were, and those that were kept, in the order of the text.
    offsets: Where the places of the original are in the clean text, and back.
    doc: Of the clean text with the annotations of the original, if that was asked for.
    """

    text: str
    spans: list[CleanSpan]
    offsets: OffsetMap
    doc: Doc | None = None


def deidentify(
    doc: Doc,
    mode: str | Mapping[str, str] | Modes | None = None,
    *,
    preset: str | None = None,
    keep: str | Iterable[str] = (),
    key: Key | bytes | str | None = None,
    patient: str | None = None,
    nlp: Language | None = None,
) -> CleanText:
    """Replace the identifiers in `doc.spans["phi"]`, wherever they stand in the text.

    doc: With its identifiers found. It isn't changed.
    mode: "tag" ([PATIENT], the default), "numbered" ([PATIENT-1], the same for the same
        person), "mask" (as many asterisks), "surrogate" (others like them), "shift"
        (dates are moved, others tagged), "generalize" (years, first digits of ZIP codes,
        90+), or "keep"; or one for each label or kind: {"DATE": "shift", "*": "tag"}.
        `Modes` also takes labels of checkpoints with types of their own.
    preset: "safe_harbor" (HIPAA) or "strict".
    keep: Labels and kinds to keep.
    key: What surrogates and shifts follow from: that of `load_key`, or the
        secret itself.
    patient: Whose dates are moved together. None for this note alone.
    nlp: The pipeline whose tokenizer makes a Doc of the clean text; None for no Doc.
    RAISES ValueError: C890 and C891, for modes and keys that there aren't; C893, if no
        component has looked for identifiers.
    RAISES RuntimeError: C895, if a component failed on the note; C892 and C897, if
        identifiers were left.
    RAISES ImportError: C894, if Faker isn't installed for surrogates.
    """
    modes = mode if isinstance(mode, Modes) else Modes(mode, preset=preset, keep=keep)
    text = doc.text
    failed = doc._.clinical_error
    if failed is not None:
        code = f" with {failed['code']}" if failed["code"] else ""
        name = failed["component"]
        raise CodedRuntimeError(
            Errors.C895.format(n_chars=len(text), name=name, code=code)
        )
    kept, targets = find_targets(doc, modes, text)
    if key is None:
        # A key that nothing follows from needn't be there.
        key = load_key() if modes.needs_key() else Key(b"\0" * 32)
    elif not isinstance(key, Key):
        key = Key(key)
    if patient is None:
        patient = f"note {key.draw('note', text):x}"
    replacer = Replacer(text, targets, modes, key, patient)
    edits, used = [], []
    for target in targets:
        new, own_mode = replacer.replace(target)
        is_name = target.label in PERSONS
        edits.append(Edit(target.start, target.end, new, is_name))
        used.append(own_mode)
    clean, offsets = replace_parts(text, edits)
    _check(clean, text, targets, edits, offsets)
    places = [(row.new_start, row.new_end) for row in offsets.replaced]
    spans = [
        CleanSpan(start, end, *target[2:4], own_mode, target.is_repeat)
        for (start, end), target, own_mode in zip(places, targets, used, strict=True)
    ]
    spans += [
        CleanSpan(*offsets.to_new(row.start, row.end), row.label, row.kind, "keep")
        for row in kept
    ]
    result = CleanText(clean, sorted(spans), offsets)
    if nlp is None:
        return result
    gone = [text[t.start : t.end] for t in targets if is_distinct(text, t)]
    of_dates = {
        mode
        for target, edit, mode in zip(targets, edits, used, strict=True)
        if target.label == DATE and edit.text != text[target.start : target.end]
    }
    moved = _find_date_move({modes.get(DATE, KIND), *of_dates}, replacer.dates.days)
    new_doc = carry_annotations(doc, nlp, result.text, result.offsets, gone, moved)
    set_identifiers(
        new_doc,
        [
            Identifier(span.start, span.end, span.label, span.kind, source=span.mode)
            for span in result.spans
        ],
    )
    return CleanText(clean, result.spans, offsets, new_doc)


def _find_date_move(used: Collection[str], days: int) -> DateMove:
    """Find what was done with the dates of a note.

    used: What was done with each, and is done with others, such as those of metadata.
    days: By how many they are moved, if they are.
    """
    are_moved = _MOVED.issuperset(used)
    return DateMove(set(used) != {"keep"}, days if are_moved else None)


def find_targets(
    doc: Doc, modes: Modes, text: str
) -> tuple[list[Target], list[Target]]:
    """Find what is kept and what is replaced in a Doc, also where nothing found it.

    text: Of the Doc, which is slow to make.
    RETURNS: The identifiers to keep, and those to replace, each in the order of the text
        and without overlap.
    RAISES ValueError: C893, if no component has looked for identifiers.
    """
    if PHI_KEY not in doc.spans:
        raise CodedValueError(Errors.C893.format(where="the Doc"))
    kept: list[Target] = []
    gone: list[tuple[float, Target]] = []
    for row in list_identifiers(doc):
        target = _strip(text, Target(row.start, row.end, row.label, row.kind))
        if target is None:
            continue
        if modes.get(row.label, row.kind) == "keep":
            kept.append(target)
        else:
            gone.append((row.score, target))
    targets = merge(gone)
    repeats = [
        repeat
        for repeat in find_repeats(text, targets)
        if not _joins_labels(text, repeat, targets)
    ]
    targets = merge(
        [*((1.0, target) for target in targets), *((0.0, r) for r in repeats)]
    )
    targets = _join_names(text, targets)
    kept = [
        target
        for target in merge((1.0, target) for target in kept)
        if not _overlaps(target, targets)
    ]
    return kept, targets


def merge(rows: Iterable[tuple[float, Target]]) -> list[Target]:
    """Merge places that overlap. Each has the label of the best of them, or the longest.

    rows: Scores and places.
    RETURNS: In the order of the text, without overlap.
    """
    merged: list[Target] = []
    best = (0, 0.0)
    for score, target in sorted(rows, key=lambda row: (row[1], row[0])):
        rank = (target.end - target.start, score)
        if merged and target.start < merged[-1].end:
            last = merged[-1]
            label_from = target if rank > best else last
            best = max(rank, best)
            merged[-1] = label_from._replace(
                start=last.start,
                end=max(last.end, target.end),
                is_repeat=last.is_repeat and target.is_repeat,
            )
        else:
            merged.append(target)
            best = rank
    return merged


def _join_names(text: str, targets: Iterable[Target]) -> list[Target]:
    """Join words of names that only white space is between."""
    joined: list[Target] = []
    for target in targets:
        last = joined[-1] if joined else None
        if last and target.label == last.label and target.label in PERSONS:
            between = text[last.end : target.start]
            if between.isspace() and len(between) <= MAX_GAP:
                is_repeat = last.is_repeat and target.is_repeat
                joined[-1] = last._replace(end=target.end, is_repeat=is_repeat)
                continue
        joined.append(target)
    return joined


def _strip(text: str, target: Target) -> Target | None:
    """Leave out white space at the ends of a place; None if there is nothing else."""
    written = text[target.start : target.end]
    start = target.end - len(written.lstrip())
    end = target.start + len(written.rstrip())
    return target._replace(start=start, end=end) if start < end else None


def _joins_labels(text: str, repeat: Target, targets: Sequence[Target]) -> bool:
    """Check whether a place is nothing but others of several labels.

    "Kelly, Ann" of staff and a patient is no "Ann Kelly" in the other order.
    """
    labels, place = set(), repeat.start
    k = bisect_right(targets, repeat.start, key=lambda target: target.end)
    while k < len(targets) and targets[k].start < repeat.end:
        if any(map(str.isalnum, text[place : targets[k].start])):
            return False
        labels.add(targets[k].label)
        place = targets[k].end
        k += 1
    return len(labels) > 1 and not any(map(str.isalnum, text[place : repeat.end]))


def _overlaps(target: Target, others: Sequence[Target]) -> bool:
    """Check whether a place overlaps any of others, which are in order."""
    k = bisect_right(others, target.start, key=lambda other: other.end)
    return k < len(others) and others[k].start < target.end


def _check(
    clean: str,
    text: str,
    targets: Sequence[Target],
    edits: Sequence[Edit],
    offsets: OffsetMap,
) -> None:
    """Check that no identifier is left outside of what took their places.

    RAISES RuntimeError: C892, if one is.
    """
    # An age that is kept, or a time, was no secret.
    gone = [
        text[target.start : target.end]
        for target, edit in zip(targets, edits, strict=True)
        if edit.text != text[target.start : target.end] and is_distinct(text, target)
    ]
    free = [(row.new_start, row.new_end) for row in offsets.replaced]
    left = find_left(clean, gone, free=free)
    if left:
        raise CodedRuntimeError(Errors.C892.format(n=len(left)))
