"""Configs to start from: those that `spacy-clinical init` writes."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from spacy_clinical.errors import CodedValueError, Errors

Kind: TypeAlias = Literal["notes", "forms"]


class Part(NamedTuple):
    """A component that a config may have.

    what: What it does, for the comment above it, and for help.
    architecture: Of its model over a checkpoint of its own; "" if it takes none.
    settings: Lines for its block, with comments, whatever its weights are.
    ships: Whether the shipped pipeline has weights for it.
    shares: The component whose encoder the shipped weights read; "" for none.
    rules: Lines of settings that make it work without weights.
    """

    what: str
    architecture: str = ""
    settings: tuple[str, ...] = ()
    ships: bool = False
    shares: str = ""
    rules: tuple[str, ...] = ()


_NER = "clinical_ner"
_TOKENS = "spacy-clinical.TokenClassifier.v1"
# In the order in which they run.
PARTS: Mapping[Kind, Mapping[str, Part]] = {
    "notes": {
        "clinical_section_splitter": Part("sections of notes, by their titles"),
        "clinical_sentencizer": Part("sentences"),
        _NER: Part("entities of 41 types", _TOKENS, ships=True),
        "clinical_abbreviations": Part(
            "what abbreviations stand for",
            settings=(
                "# Long forms of your own: a table like clinical_abbreviations.tsv.",
                '# abbreviations = "abbreviations.tsv"',
            ),
        ),
        "clinical_deidentifier": Part(
            "identifiers of people", _TOKENS, ships=True, shares=_NER
        ),
        "clinical_assertion": Part(
            "whether entities are denied, uncertain, past, or somebody else's",
            ships=True,
            shares=_NER,
        ),
        "clinical_linker": Part(
            "which concepts entities mean",
            settings=(
                "# Names of vocabularies, or folders that spacy-clinical vocabulary made.",
                'vocabularies = ["mentions","mesh","mondo"]',
            ),
        ),
        "clinical_relations": Part(
            "which entities belong together",
            ships=True,
            shares=_NER,
            rules=(
                "# An entity belongs to the nearest that it may modify.",
                "model = null",
            ),
        ),
        "clinical_icd9_categorizer": Part(
            "ICD-9-CM codes of whole notes",
            "spacy-clinical.DocumentClassifier.v1",
            ships=True,
        ),
    },
    "forms": {
        "clinical_form_extractor": Part(
            "fields of forms: questions and their answers",
            _TOKENS,
        ),
    },
}
# What a config has if nothing else is asked for.
DEFAULTS: Mapping[Kind, tuple[str, ...]] = {
    "notes": (_NER, "clinical_assertion", "clinical_relations"),
    "forms": ("clinical_form_extractor",),
}
_ALWAYS = ("clinical_section_splitter", "clinical_sentencizer")
# They speak of entities, so something has to find some.
_OF_ENTITIES = ("clinical_assertion", "clinical_linker", "clinical_relations")


class Start(NamedTuple):
    """A config, and the two commands that run it.

    components: In the order in which they run.
    """

    config: str
    commands: tuple[str, str]
    components: tuple[str, ...]


def make_start(
    name: str,
    kind: Kind,
    components: Sequence[str] = (),
    checkpoints: Mapping[str, str] | None = None,
    *,
    is_offline: bool = False,
) -> Start:
    """Make a config with comments, and the commands.

    name: Path of the file, for the commands.
    components: Factories; those that they need are added. None of them: `DEFAULTS`.
    checkpoints: Of components that don't use shipped weights.
    is_offline: Whether the commands must not use a network.
    RAISES ValueError: C771, at an unknown component; C772, at a checkpoint of one that
        takes none or isn't in the pipeline.
    """
    parts = PARTS[kind]
    chosen = _choose(kind, components)
    given = dict(checkpoints or {})
    able = [key for key in chosen if parts[key].architecture]
    for key, value in given.items():
        if key not in able:
            known = ", ".join(able) or "none"
            raise CodedValueError(
                Errors.C772.format(value=f"{key}={value}", known=known)
            )
    shipped = {key for key in chosen if _uses_shipped(parts[key], key, chosen, given)}
    config = _make_config(kind, chosen, given, shipped)
    return Start(config, _make_commands(name, kind, bool(shipped), is_offline), chosen)


def _choose(kind: Kind, components: Sequence[str]) -> tuple[str, ...]:
    parts = PARTS[kind]
    for name in components:
        if name not in parts:
            known = ", ".join(parts)
            raise CodedValueError(Errors.C771.format(name=name, what=kind, known=known))
    wanted = set(components or DEFAULTS[kind])
    if kind == "notes":
        wanted.update(_ALWAYS)
    if wanted & set(_OF_ENTITIES):
        wanted.add(_NER)
    return tuple(name for name in parts if name in wanted)


def _uses_shipped(
    part: Part, name: str, chosen: Sequence[str], given: Mapping[str, str]
) -> bool:
    if not part.ships or name in given:
        return False
    # Heads that read the encoder of another component fit only the shipped one.
    return not part.shares or (part.shares in chosen and part.shares not in given)


def _make_config(
    kind: Kind,
    chosen: Sequence[str],
    given: Mapping[str, str],
    shipped: set[str],
) -> str:
    lines = [
        f"# A pipeline for {kind}. spacy-clinical init wrote this file, and printed the",
        "# commands that run it. Change it as you like.",
        "",
        "[paths]",
    ]
    if shipped:
        lines += [
            "# Folder of the shipped pipeline: what spacy-clinical path prints.",
            "shipped = null",
        ]
    for key, value in given.items():
        lines += [
            f"# Weights of {key}: a card, a hub id, or a local folder.",
            f"{key} = {_quote(value)}",
        ]
    listed = ",".join(f'"{key}"' for key in chosen)
    lines += ["", "[nlp]", 'lang = "en"', f"pipeline = [{listed}]"]
    lines += [
        "# Number of texts that go through the pipeline together.",
        "batch_size = 32",
    ]
    if kind == "notes":
        lines += ["", "[nlp.tokenizer]"]
        lines.append('@tokenizers = "spacy-clinical.ClinicalTokenizer.v1"')
    lines += ["", "[components]"]
    for key in chosen:
        lines += _make_block(key, PARTS[kind][key], given, is_shipped=key in shipped)
    return "\n".join([*lines, ""])


def _make_block(
    name: str, part: Part, given: Mapping[str, str], *, is_shipped: bool
) -> list[str]:
    block = f"components.{name}"
    lines = ["", f"# Finds {part.what}.", f"[{block}]"]
    if is_shipped:
        return [
            *lines,
            "# Its shipped weights and settings.",
            "source = ${paths.shipped}",
        ]
    lines.append(f'factory = "{name}"')
    lines += part.settings
    if name not in given:
        return [*lines, *part.rules]
    return [
        *lines,
        *["", f"[{block}.model]", f'@architectures = "{part.architecture}"'],
        *["", f"[{block}.model.encoder]"],
        '@architectures = "spacy-clinical.HFEncoder.v1"',
        f"checkpoint = ${{paths.{name}}}",
    ]


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _make_commands(
    name: str, kind: Kind, has_shipped: bool, is_offline: bool
) -> tuple[str, str]:
    folder = f"{name.removesuffix('.cfg')}_pipeline"
    shipped = ' --paths.shipped "$(spacy-clinical path)"' if has_shipped else ""
    setting = "HF_HUB_OFFLINE=1 " if is_offline else ""
    command = "annotate notes" if kind == "notes" else "forms scans"
    return (
        f"{setting}spacy assemble {shlex.quote(name)} {shlex.quote(folder)}{shipped}",
        f"spacy-clinical {command} --model {shlex.quote(folder)} --output out",
    )
