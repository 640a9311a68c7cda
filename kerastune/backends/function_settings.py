"""The settings of a loss or metric, also those that its configuration leaves out."""

from typing import Any


def function_settings(found: Any) -> dict[str, Any]:
    """Returns what a loss, a metric or an optimizer was set to, by the names of arguments.

    Some losses and metrics of Keras leave arguments out of their configuration that they give to
    the function within.

    Args:
        found: a Keras loss, metric or optimizer; of a function nothing is known.

    Returns:
        A dictionary, empty where nothing is known.

    Example:

    >>> import keras
    >>> loss = keras.losses.Huber(delta=2.0)
    >>> "delta" in loss.get_config(), function_settings(loss)["delta"]
    (False, 2.0)
    """
    try:
        settings = dict(found.get_config())
    except Exception:  # A class of a person's own need not have a configuration.
        settings = {}
    return {**settings, **getattr(found, "_fn_kwargs", {})}
