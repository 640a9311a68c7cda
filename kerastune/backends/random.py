"""The random states of a process: seeded, read, and put back.

Only what Keras, the backend and data pipelines draw from without being told to: a
generator that somebody made and holds is theirs to keep.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from kerastune.backends.imported_tensorflow import tensorflow_if_imported


def set_seed(seed: int) -> None:
    """Seeds all global random generators, see `random_state`.

    TensorFlow, which `keras.utils.set_random_seed` would import on every backend, is seeded if
    it is imported, or when something imports it, see `seed_late`.

    Args:
        seed: int from 0 to 2³² - 1.

    Example:

    >>> set_seed(3); first = random.random()
    >>> set_seed(3); first == random.random()
    True
    """
    import keras

    with tensorflow_if_imported():
        keras.utils.set_random_seed(seed)


def seed_late(tensorflow: Any) -> None:
    """Seeds TensorFlow with the seed that Keras has, if it has one.

    Args:
        tensorflow: the module, just imported.

    Example:

    >>> from types import SimpleNamespace
    >>> seeds = []
    >>> set_seed(3)
    >>> seed_late(SimpleNamespace(random=SimpleNamespace(set_seed=seeds.append)))
    >>> seeds
    [3]
    """
    # Imported by Keras itself it may come before that module is whole: then no seed is set.
    keras_seeds = sys.modules.get("keras.src.utils.rng_utils")
    seed = getattr(keras_seeds, "get_random_seed", lambda: None)()
    if seed is not None:
        tensorflow.random.set_seed(seed)


def random_state() -> dict[str, Any]:
    """Returns the states of all global random generators.

    These are Python's, NumPy's, that of Keras' unseeded random functions, and those of
    TensorFlow and PyTorch (also on GPUs) where they are imported. JAX has none.

    Returns:
        Dictionary for `set_random_state`, good in this process only.

    Example:

    >>> state = random_state()
    >>> first = np.random.random(), random.random()
    >>> set_random_state(state)
    >>> first == (np.random.random(), random.random())
    True
    """
    state: dict[str, Any] = {"python": random.getstate(), "numpy": np.random.get_state()}
    if "keras" in sys.modules:
        state["keras"] = _keras_state()
    if "tensorflow" in sys.modules:
        state["tensorflow"] = _tensorflow_state()
    if "torch" in sys.modules:
        import torch

        state["torch"] = torch.get_rng_state()
        if torch.cuda.is_initialized():
            state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Puts the global random generators back to where they were.

    Args:
        state: dictionary that `random_state` returned.

    Example:

    >>> set_random_state(random_state())
    """
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    if "keras" in state:
        _set_keras_state(state["keras"])
    if "tensorflow" in state:
        _set_tensorflow_state(state["tensorflow"])
    if "torch" in state:
        import torch

        torch.set_rng_state(state["torch"])
        if "cuda" in state:
            torch.cuda.set_rng_state_all(state["cuda"])


@contextmanager
def kept_random_state() -> Iterator[None]:
    """Restores the global random generators at the end of a `with` block.

    Yields:
        None.

    Example:

    >>> with kept_random_state():
    ...     inside = random.random()
    >>> inside == random.random()
    True
    """
    state = random_state()
    try:
        yield
    finally:
        set_random_state(state)


def _keras_state() -> tuple[Any, np.ndarray | None, int | None]:
    """Returns the generator of unseeded functions of `keras.random`, its value, and the last seed.

    Keras makes the generator at the first use, and throws it away when a seed is set.
    """
    from keras.src.backend.common.global_state import get_global_attribute
    from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
    from keras.src.utils.rng_utils import GLOBAL_RANDOM_SEED

    generator = get_global_attribute(GLOBAL_SEED_GENERATOR)
    value = None if generator is None else np.array(_as_array(generator.state))
    return generator, value, get_global_attribute(GLOBAL_RANDOM_SEED)


def _set_keras_state(state: tuple[Any, np.ndarray | None, int | None]) -> None:
    """Puts the generator back, or take it away when there was none."""
    from keras.src.backend.common.global_state import set_global_attribute
    from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
    from keras.src.utils.rng_utils import GLOBAL_RANDOM_SEED

    generator, value, seed = state
    set_global_attribute(GLOBAL_RANDOM_SEED, seed)
    set_global_attribute(GLOBAL_SEED_GENERATOR, generator)
    if generator is not None:
        generator.state.assign(value)


def _as_array(variable: Any) -> np.ndarray:
    import keras

    return keras.ops.convert_to_numpy(variable)


def _tensorflow_state() -> dict[str, Any]:
    """Returns the global seed, the state of the seeds of eager operations, and of the generator.

    The generator is there once it was asked for.
    """
    from tensorflow.python.eager.context import context
    from tensorflow.python.ops import stateful_random_ops

    seeds = getattr(context(), "_rng", None)
    generator = stateful_random_ops.global_generator
    return {
        "seed": context()._seed,
        "seeds": seeds and seeds.getstate(),
        "generator": generator and generator.state.numpy().copy(),
    }


def _set_tensorflow_state(state: dict[str, Any]) -> None:
    """Puts all of it back."""
    from tensorflow.python.eager.context import context
    from tensorflow.python.ops import stateful_random_ops

    found = _tensorflow_state()
    if (found["seed"], found["seeds"]) != (state["seed"], state["seeds"]):
        context()._seed = state["seed"]
        if state["seeds"]:
            context()._rng.setstate(state["seeds"])
        # An operation that gets a seed again would go on where it stopped, as long as
        # TensorFlow remembers it.
        context().clear_kernel_cache()
    generator = stateful_random_ops.global_generator
    if state["generator"] is not None and generator is not None:
        generator.state.assign(state["generator"])
