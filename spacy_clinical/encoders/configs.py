"""Validated reading of a checkpoint's config.json.

The config can't name code or other files, and must describe a model that fits the
weights.
"""

import inspect
import re
from typing import Any

import torch
import transformers
from transformers import CONFIG_MAPPING, PretrainedConfig, PreTrainedTokenizerBase

from spacy_clinical.checkpoints.files import CONFIG, CheckpointFiles
from spacy_clinical.encoders.faults import Contents
from spacy_clinical.errors import CodedValueError, Errors

TOKENIZER_CONFIG = "tokenizer_config.json"
# Keys that name code or files, choose other libraries, or change the format of a
# model's output. None is a property of the weights.
IGNORED = frozenset(
    {
        *("auto_map", "configuration_files", "transformers_weights", "gguf_file"),
        *("attn_implementation", "_attn_implementation", "_commit_hash"),
        *("_attn_implementation_internal", "_attn_implementation_autoset"),
        *("output_attentions", "output_hidden_states", "return_dict", "torchscript"),
        *("use_return_dict", "chunk_size_feed_forward", "use_kernels"),
    }
)
# Keys of a tokenizer_config.json that name code or files.
FILE_KEY = re.compile(r"_files?$|^__|^auto_map$|^name_or_path$|^init_inputs$")
IGNORED_BY_TOKENIZERS = frozenset(
    {"chat_template", "from_slow", "tokenizer_object", "backend", "processor_class"}
)
MAX_LABELS = 10**5
MAX_LAYERS = 1000
# Maximum of settings that the weights don't show, such as the length of rotary
# positions.
MAX_SETTING = 2**20
# Class and number of weights by loader and config: counting takes half of the time in
# which a small model is loaded.
_COUNTED: dict[tuple[Any, str], tuple[Any, int]] = {}
# Number of weights that may be missing, such as those of the unused pooler.
N_SPARE_WEIGHTS = 2**22
SIMPLE = re.compile(r"[\w.+-]{1,60}")


def read_kind(files: CheckpointFiles) -> str:
    """Read a checkpoint's type of model, and check that it needs no code of its own.

    RAISES ValueError: C003, if config.json is missing or broken, or the type is
        unknown; C023, if the checkpoint needs its own code.
    """
    if CONFIG not in files:
        raise files.refuse(f"{CONFIG} is missing")
    values = files.read_json(CONFIG)
    kind = values.get("model_type")
    if kind is None:
        # For the oldest checkpoints, transformers does the same.
        by_length = sorted(CONFIG_MAPPING.keys(), key=len, reverse=True)
        kind = next((k for k in by_length if k in str(files.folder)), None)
    is_known = isinstance(kind, str) and kind in CONFIG_MAPPING
    _check_code(files, values, is_known=is_known)
    if not is_known:
        shown = f" '{kind}'" if isinstance(kind, str) and SIMPLE.fullmatch(kind) else ""
        raise files.refuse(
            f"{CONFIG} names a model type{shown} that transformers doesn't know"
        )
    return str(kind)


def read_config(
    files: CheckpointFiles, kind: str, contents: Contents
) -> PretrainedConfig:
    """Read config.json.

    files: The checkpoint's files.
    kind: Output of `read_kind`.
    contents: The weights' shapes.
    RAISES ValueError: C003, if a value is invalid or doesn't fit the weights.
    """
    values = files.read_json(CONFIG)
    if values.get("quantization_config") is not None:
        raise files.refuse(f"{CONFIG} says that its weights are quantized")
    kept = {key: value for key, value in values.items() if key not in IGNORED}
    config_class = CONFIG_MAPPING[kind]
    _check_labels(files, kept)
    _check_values(files, kept, config_class, contents)
    config: PretrainedConfig = config_class.from_dict(kept)
    n_layers = getattr(config, "num_hidden_layers", 1)
    if not 1 <= n_layers <= min(MAX_LAYERS, max(len(contents.shapes), 1)):
        raise files.refuse(f"{CONFIG} has more layers than the weights")
    longest = getattr(config, "max_position_embeddings", MAX_SETTING)
    for key in ("attention_window", "block_size"):
        value = getattr(config, key, 0)
        for size in value if isinstance(value, list) else [value]:
            if size > longest:
                raise files.refuse(f"{CONFIG}: '{key}' is longer than its positions")
    return config


def clean_tokenizer_config(values: dict[str, Any]) -> dict[str, Any]:
    """Remove the keys of a tokenizer_config.json that name code or files."""
    return {
        key: value
        for key, value in values.items()
        if not FILE_KEY.search(key) and key not in IGNORED_BY_TOKENIZERS
    }


def check_size(
    files: CheckpointFiles, config: PretrainedConfig, loader: Any, contents: Contents
) -> Any:
    """Check that a config's model isn't larger than the weights, before it gets memory.

    loader: The transformers class that will load it.
    RETURNS: The model's own class.
    RAISES ValueError: C003, if the model is far larger.
    """
    key = (loader, config.to_json_string(use_diff=False))
    if key not in _COUNTED:
        model_class = find_class(loader, config)
        with torch.device("meta"):
            model = (
                model_class(config)
                if model_class
                else loader.from_config(config, trust_remote_code=False)
            )
        n_weights = sum(parameter.numel() for parameter in model.parameters())
        _COUNTED[key] = type(model), n_weights
    model_class, n_weights = _COUNTED[key]
    # A weight takes at least half a byte in a file.
    if n_weights > 2 * contents.n_bytes + N_SPARE_WEIGHTS:
        raise files.refuse(
            f"{CONFIG} describes a model of {n_weights:,} weights, but "
            f"{contents.n_bytes:,} bytes hold fewer"
        )
    return model_class


def find_class(loader: Any, config: PretrainedConfig) -> Any:
    """Find the class of a config's model, without importing those of all other types.

    loader: The transformers class for any type.
    RETURNS: The class; None if the loader has to choose.
    """
    classes = getattr(loader, "_model_mapping", None)
    try:
        found = classes[type(config)] if classes is not None else None
    except KeyError:
        return None
    return found if isinstance(found, type) else None


def _check_code(
    files: CheckpointFiles, values: dict[str, Any], *, is_known: bool
) -> None:
    """Raise an error if a checkpoint needs its own code.

    The `auto_map` of a known type of model is ignored, as transformers has the code.
    """
    needed = {"custom_pipelines": bool(values.get("custom_pipelines"))}
    needed["auto_map"] = "auto_map" in values and not is_known
    for key, is_needed in needed.items():
        if is_needed:
            raise CodedValueError(
                Errors.C023.format(name=files.name, file=CONFIG, key=key)
            )
    classes = [(CONFIG, values.get("tokenizer_class"))]
    if TOKENIZER_CONFIG in files:
        own = files.read_json(TOKENIZER_CONFIG)
        classes.append((TOKENIZER_CONFIG, own.get("tokenizer_class")))
        if own.get("auto_map") and not own.get("tokenizer_class"):
            raise CodedValueError(
                Errors.C023.format(
                    name=files.name, file=TOKENIZER_CONFIG, key="auto_map"
                )
            )
    for file, name in classes:
        if name is not None and not _is_known_tokenizer(name):
            raise CodedValueError(
                Errors.C023.format(name=files.name, file=file, key="tokenizer_class")
            )


def _is_known_tokenizer(name: Any) -> bool:
    """Check whether transformers has a tokenizer class with this name."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Z]\w{1,60}", name):
        return False
    # The slow class can be a dummy object, if a library that it needs is missing.
    classes = [getattr(transformers, n, None) for n in (name, f"{name}Fast")]
    return any(
        isinstance(c, type) and issubclass(c, PreTrainedTokenizerBase) for c in classes
    )


def _check_labels(files: CheckpointFiles, values: dict[str, Any]) -> None:
    labels, n_labels = values.get("id2label"), values.get("num_labels")
    if n_labels is not None and not _is_whole(n_labels, 0, MAX_LABELS):
        raise files.refuse(f"{CONFIG}: 'num_labels' isn't a number of labels")
    if labels is not None and not (
        isinstance(labels, dict)
        and len(labels) <= MAX_LABELS
        and all(key.isascii() and key.isdigit() and len(key) < 9 for key in labels)
        and all(
            isinstance(label, str) and len(label) < 1000 for label in labels.values()
        )
    ):
        raise files.refuse(f"{CONFIG}: 'id2label' doesn't map numbers to names")
    names = values.get("architectures")
    if names is not None and not (
        isinstance(names, list) and all(isinstance(name, str) for name in names)
    ):
        raise files.refuse(f"{CONFIG}: 'architectures' isn't a list of names")


def _check_values(
    files: CheckpointFiles,
    values: dict[str, Any],
    config_class: type[PretrainedConfig],
    contents: Contents,
) -> None:
    """Check that values have the types of their defaults, and numbers a plausible size
    for the weights."""
    names = config_class.attribute_map
    parameters = inspect.signature(config_class.__init__).parameters
    for key, value in values.items():
        parameter = parameters.get(key) or parameters.get(names.get(key, ""))
        if parameter is None or value is None:
            continue
        default = parameter.default
        if isinstance(default, bool):
            fits = isinstance(value, bool)
        elif isinstance(default, int):
            high = max(default, contents.largest, MAX_SETTING)
            numbers = value if isinstance(value, list) else [value]
            fits = all(_is_whole(number, min(default, -1), high) for number in numbers)
        elif isinstance(default, float):
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            fits = is_number and abs(value) < 1e9
        elif isinstance(default, str):
            fits = isinstance(value, str)
        else:
            continue
        if not fits:
            raise files.refuse(f"{CONFIG}: '{key}' has an invalid value")


def _is_whole(value: Any, low: int, high: int) -> bool:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and low <= value <= high
