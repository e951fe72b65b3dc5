"""Modes: what is done with the identifiers of each label and kind, and presets of that."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.identifiers.found import KINDS, LABELS
from spacy_clinical.types import list_names

Mode: TypeAlias = Literal[
    "mask", "tag", "numbered", "surrogate", "shift", "generalize", "keep"
]
MODES: tuple[str, ...] = get_args(Mode)
# All others, as a key of a mapping.
REST = "*"
# What a single mode does with labels that it doesn't fit.
_FITTING: dict[str, dict[str, str]] = {
    "surrogate": {"DATE": "shift", "time": "keep", "AGE": "generalize"},
    "shift": {"DATE": "shift", "time": "keep", "AGE": "generalize", REST: "tag"},
    "generalize": {
        **{"DATE": "generalize", "time": "keep", "AGE": "generalize"},
        **{"zip": "generalize", REST: "tag"},
    },
}
PRESETS: dict[str, dict[str, str]] = {
    # 45 CFR 164.514(b)(2): no dates but years, no ages over 89, three digits of ZIP codes,
    # states; nothing of the patient, relatives, employers. It doesn't ask for staff and
    # hospitals to be removed.
    "safe_harbor": {
        **{"DATE": "generalize", "time": "keep", "AGE": "generalize"},
        **{"zip": "generalize", "state": "keep", "country": "keep"},
        **{"STAFF": "keep", "HOSP": "keep", REST: "tag"},
    },
    # All of it, also ages, years, states and times.
    "strict": {"DATE": "tag", "time": "tag", "AGE": "tag", REST: "tag"},
}


class Modes:
    """The modes of all identifiers.

    mode: A mode for all, or one for each label or kind, and for "*", all others. That of
        a kind counts before that of a label. Others are tagged.
    preset: "safe_harbor" or "strict". A single mode is then for all that it doesn't
        name.
    keep: Labels and kinds to keep.
    labels: Those of a checkpoint with types of its own, beside `LABELS`.
    RAISES ValueError: C890, for names that there aren't.
    """

    def __init__(
        self,
        mode: str | Mapping[str, str] | None = None,
        *,
        preset: str | None = None,
        keep: str | Iterable[str] = (),
        labels: Iterable[str] = (),
    ) -> None:
        known = tuple(dict.fromkeys((REST, *LABELS, *labels, *KINDS)))
        self.names: dict[str, str] = {REST: "tag"}
        check_modes(mode, preset)
        if preset is not None:
            self.names |= PRESETS[preset]
        if isinstance(mode, str):
            fitting = {} if preset is not None else _FITTING.get(mode, {})
            self.names |= {REST: mode, **fitting}
        for name, own in mode.items() if isinstance(mode, Mapping) else ():
            self.names[_find_name(name, known)] = own
        for name in list_names(keep):
            self.names[_find_name(name, known)] = "keep"

    def get(self, label: str, kind: str) -> str:
        """Get the mode of an identifier."""
        for name in (kind, label):
            if name in self.names:
                return self.names[name]
        return self.names[REST]

    def needs_key(self) -> bool:
        """Check whether any of the modes needs a key."""
        return not {"surrogate", "shift"}.isdisjoint(self.names.values())


def check_modes(
    mode: str | Mapping[str, str] | None, preset: str | None = None
) -> None:
    """Check that there are such modes, and such a preset. Labels aren't checked.

    mode: A mode for all, or one for each label or kind.
    preset: Name of a preset.
    RAISES ValueError: C890, for names that there aren't.
    """
    if preset is not None and preset not in PRESETS:
        raise _make_error("preset", preset, PRESETS)
    for name in mode.values() if isinstance(mode, Mapping) else [mode]:
        if name is not None and name not in MODES:
            raise _make_error("mode", name, MODES)


def _find_name(name: str, known: Sequence[str]) -> str:
    """Find a label or a kind, whatever its case.

    known: All that there are.
    RAISES ValueError: C890, if it is none of them.
    """
    for spelled in (name, name.upper(), name.lower()):
        if spelled in known:
            return spelled
    raise _make_error("label or kind", name, [k for k in known if k != REST])


def _make_error(what: str, name: str, known: Iterable[str]) -> CodedValueError:
    message = Errors.C890.format(what=what, name=name, known=", ".join(known))
    return CodedValueError(message)
