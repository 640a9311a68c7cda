"""The plan that a run follows: the one that was asked for, changed by the options."""

from typing import Any

from kerastune.errors import InputError
from kerastune.jobs.run_options import RunOptions
from kerastune.tuning import Plan, named_plan

EMA_MOMENTUM = 0.999
"""The momentum of a moving average that is only asked for."""


def planned(plan: Any, options: RunOptions, learning_rate: float, *, is_validated: bool) -> Plan:
    """The plan that was asked for, with the settings that options change in all its stages.

    Args:
        plan: as `kerastune.tuning.named_plan` takes it.
        options: `RunOptions`, complete.
        learning_rate: float, the highest rate of a plan by name.
        is_validated: bool, whether there are samples to validate on.

    Returns:
        A `Plan`.

    Raises:
        InputError: if there is no such plan, or it cannot be changed so.

    Example:

    >>> from kerastune.jobs.run_options import with_defaults
    >>> options = with_defaults({"epochs": 3, "optimizer": "lion", "clip_norm": 0})
    >>> planned("full", options, 1e-3, is_validated=False).stages[0].optimizer
    'lion'
    """
    if options["early_stopping"] and not is_validated:
        raise InputError(
            "Expected samples for validation, which early stopping looks at. Received: none, and "
            f"early_stopping={options['early_stopping']}. Set for example validation_fraction=0.1"
        )
    found = named_plan(plan, epochs=options["epochs"], learning_rate=learning_rate)
    settings = _settings(options)
    return found.with_settings(**settings) if settings else found


def _settings(options: RunOptions) -> dict[str, Any]:
    """What the options say of every stage, in the words of `kerastune.tuning.Stage`."""
    changed: dict[str, Any] = {
        name: options[name] for name in ("optimizer", "weight_decay", "accumulate_gradients")
    }
    settings = {name: value for name, value in changed.items() if value is not None}
    # Here 0 switches off what a plan may have.
    if options["clip_norm"] is not None:
        settings["clip_norm"] = options["clip_norm"] or None
    if options["early_stopping"] is not None:
        settings["patience"] = options["early_stopping"] or None
    if options["ema"] is not None:
        settings["ema"] = EMA_MOMENTUM if options["ema"] is True else options["ema"] or None
    return settings
