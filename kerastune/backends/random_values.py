"""The random states of a process as plain values, which another process can read."""

from typing import Any

import numpy as np

from kerastune.backends.choice import select
from kerastune.backends.random import random_state, set_random_state


def random_values() -> dict[str, Any]:
    """Returns the states of all global random generators as JSON holds them.

    Of GPUs there are none: Keras draws from seeds that its layers count.

    Example:

    >>> import random
    >>> values = random_values()
    >>> first = random.random()
    >>> set_random_values(values)
    >>> first == random.random()
    True
    """
    found = random_state()
    kind, keys, *rest = found["numpy"]
    values: dict[str, Any] = {
        "python": found["python"],
        "numpy": [kind, keys.tolist(), *rest],
        "backend": select(),
    }
    if "keras" in found:
        _, value, seed = found["keras"]
        values["keras"] = [None if value is None else value.tolist(), seed]
    if "torch" in found:
        values["torch"] = found["torch"].tolist()
    if "tensorflow" in found:
        kept = found["tensorflow"]
        values["tensorflow"] = {"seed": kept["seed"], "seeds": kept["seeds"]}
    return values


def set_random_values(values: dict[str, Any]) -> None:
    """Puts the global random generators where they were in another process.

    What only a backend draws from is left as it is where another backend runs.

    Args:
        values: dictionary that `random_values` has returned, also after JSON.

    Example:

    >>> set_random_values(random_values())
    """
    state = random_state()
    state["python"] = _python_state(values["python"])
    kind, keys, *rest = values["numpy"]
    state["numpy"] = (kind, np.array(keys, "uint32"), *rest)
    if "keras" in values and "keras" in state:
        value, seed = values["keras"]
        state["keras"] = (_keras_generator(value), _as_integers(value), seed)
    if values["backend"] == select():
        if "torch" in values and "torch" in state:
            import torch

            state["torch"] = torch.tensor(values["torch"], dtype=torch.uint8)
        if "tensorflow" in values and "tensorflow" in state:
            seed, seeds = (values["tensorflow"][name] for name in ("seed", "seeds"))
            kept = {"seed": seed, "seeds": seeds and _python_state(seeds), "generator": None}
            state["tensorflow"] = kept
    set_random_state(state)


def _python_state(values: Any) -> tuple[Any, ...]:
    """The state of a generator of Python, whose tuples JSON makes lists."""
    version, numbers, gauss = values
    return version, tuple(numbers), gauss


def _as_integers(value: Any) -> np.ndarray | None:
    return None if value is None else np.array(value, "int64")


def _keras_generator(value: Any) -> Any:
    """The generator of Keras' unseeded functions, made where there is to be one."""
    if value is None:
        return None
    from keras.src.random.seed_generator import global_seed_generator

    return global_seed_generator()
