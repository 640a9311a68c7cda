"""What a configuration of PEFT asks for, and what of it is refused."""

from dataclasses import dataclass, field
from typing import Any

from kerastune.exchange.module_patterns import ByPattern, Meant
from kerastune.tuning.adapters.adapter import require_number, require_rank
from kerastune.untrusted.reading import quoted

# What changes nothing in what is computed from the tensors of the file: how they were made, where
# they come from, and which modules got some, which the tensors themselves say.
_HARMLESS = {
    "auto_mapping",
    "base_model_name_or_path",
    "corda_config",
    "ensure_weight_tying",
    "eva_config",
    "fan_in_fan_out",
    "inference_mode",
    "init_ia3_weights",
    "layers_pattern",
    "loftq_config",
    "lora_ga_config",
    "megatron_config",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    "task_type",
}
_COMMON = {"peft_type", "target_modules", "exclude_modules", "modules_to_save"}
_READ = {
    "LORA": {
        *_COMMON,
        *("r", "lora_alpha", "lora_dropout", "use_rslora", "use_dora", "init_lora_weights"),
        *("rank_pattern", "alpha_pattern", "layers_to_transform", "bias"),
    },
    "IA3": {*_COMMON, "feedforward_modules"},
}
# These start from a part of the kernels, which they take out of them.
_CHANGES_KERNELS = ("pissa", "olora", "corda", "loftq", "lora_ga")
_ALL_LINEAR = "all-linear"


@dataclass(frozen=True)
class PeftSettings:
    """The settings of LoRA, DoRA or IA³ in a configuration of PEFT.

    Args:
        method: str, `"LORA"` or `"IA3"`.
        rank: int. Defaults to 8, as do the others to what PEFT has.
        alpha: float.
        dropout: float.
        is_rank_stabilized: bool.
        is_dora: bool.
        ranks: `ByPattern`.
        alphas: `ByPattern`.
        targets: `Meant`, the modules that have adapters; None if it is not told by their names.
        feedforward: `Meant`, the modules of IA³ whose inputs are scaled.

    Example:

    >>> read_settings({"peft_type": "LORA", "r": 4}).rank
    4
    """

    method: str
    rank: int = 8
    alpha: float = 8
    dropout: float = 0.0
    is_rank_stabilized: bool = False
    is_dora: bool = False
    ranks: ByPattern = field(default_factory=lambda: ByPattern({}))
    alphas: ByPattern = field(default_factory=lambda: ByPattern({}))
    targets: Meant | None = None
    feedforward: Meant = field(default_factory=lambda: Meant(()))


def read_settings(config: dict[str, Any]) -> PeftSettings:
    """Returns the settings in the content of an `adapter_config.json`.

    Args:
        config: dictionary, of unknown origin.

    Raises:
        ValueError: if it is of another method, a setting is no such, or one is known to change
            what is computed, or not known, and is not followed here.

    Example:

    >>> read_settings({"peft_type": "LORA", "layer_replication": [[0, 4]]})
    Traceback (most recent call last):
        ...
    ValueError: it has `layer_replication` [[0, 4]], which is not followed here
    """
    method = config.get("peft_type")
    if method not in ("LORA", "IA3"):
        raise ValueError(
            f"its `peft_type` is {quoted(method)}; LORA, IA3 and PREFIX_TUNING are read"
        )
    for key, value in config.items():
        is_set = value not in (None, False, "none") and value not in ([], {}, "")
        # Of biases only `"none"` is followed.
        if is_set and key not in (_HARMLESS | _READ[method]) - {"bias"}:
            raise ValueError(
                f"it has `{quoted(key)[1:-1]}` {quoted(value)}, which is not followed here"
            )
    start = config.get("init_lora_weights", True)
    if isinstance(start, str) and start.lower().startswith(_CHANGES_KERNELS):
        raise ValueError(
            f"it has `init_lora_weights` {quoted(start)}, which changed the kernels: save it with "
            "PEFT's `path_initial_model_for_weight_conversion`"
        )
    targets = (
        None
        if config.get("layers_to_transform") or config.get("exclude_modules")
        else (_modules(config, "target_modules"))
    )
    if method == "IA3":
        feedforward = _modules(config, "feedforward_modules") or Meant(())
        return PeftSettings(method, targets=targets, feedforward=feedforward)
    return PeftSettings(
        method,
        rank=_rank(config.get("r", 8)),
        alpha=_number("lora_alpha", config.get("lora_alpha", 8)),
        dropout=_number("lora_dropout", config.get("lora_dropout", 0.0), 1),
        is_rank_stabilized=_switch(config, "use_rslora"),
        is_dora=_switch(config, "use_dora"),
        ranks=_by_pattern(config, "rank_pattern", _rank),
        alphas=_by_pattern(config, "alpha_pattern", lambda one: _number("alpha_pattern", one)),
        targets=targets,
    )


def _modules(config: dict[str, Any], key: str) -> Meant | None:
    modules = config.get(key)
    if modules is None or modules == _ALL_LINEAR:
        return None
    if isinstance(modules, str):
        return Meant(modules)
    if not isinstance(modules, list) or not all(isinstance(one, str) for one in modules):
        raise ValueError(f"its `{key}` is {quoted(modules)}, neither a text nor a list of texts")
    return Meant(modules)


def _by_pattern(config: dict[str, Any], key: str, read: Any) -> ByPattern:
    settings = config.get(key) or {}
    if not isinstance(settings, dict):
        raise ValueError(f"its `{key}` is {quoted(settings)}, no dictionary")
    return ByPattern({pattern: read(value) for pattern, value in settings.items()})


def _rank(value: Any) -> int:
    require_rank(value)
    return int(value)


def _number(name: str, value: Any, highest: float = 1e30) -> float:
    require_number(name, value, 0, highest)
    return value


def _switch(config: dict[str, Any], key: str) -> bool:
    value = config.get(key) or False
    if not isinstance(value, bool):
        raise ValueError(f"its `{key}` is {quoted(value)}, neither true nor false")
    return value
