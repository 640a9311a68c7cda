"""The verbs of adapters: add, use, merge, remove."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kerastune.errors import InputError
from kerastune.tuning.adapters import attaching, merging
from kerastune.tuning.adapters.adapter import Adapter
from kerastune.tuning.freezing.in_training import refuse_in_training

if TYPE_CHECKING:
    import keras


def add_adapters(model: "keras.Model", adapter: Adapter) -> list[str]:
    """Adds adapters to layers of a model, and uses them; the model computes what it did.

    With `PrefixTuning` alone it does not, whose numbers are random at first.

    What holds a kernel beside an adapter never trains after this, whatever pattern names it; what
    else trains or not stays so: `kerastune.tuning.freeze(model, "all & ~adapters & ~head")`, or
    the `trainable` of a stage, decides it. A compiled model is compiled again with the same
    settings.

    A model with adapters is not saved as a `.keras` file, which would lose them: see
    `save_adapters`, and `merge_adapters`.

    Args:
        model: a built Keras model.
        adapter: the `Adapter`: `LoRA`, `DoRA`, `IA3`, `MiSS`, `Bottleneck`, `PrefixTuning`,
            or one's own.

    Returns:
        List of str, the paths of the layers that have got one.

    Raises:
        NoMatchError: if a part of its targets matches nothing.
        InputError: if there are adapters of that name already, or a target cannot be adapted.

    Example:

    >>> import keras
    >>> from kerastune.tuning import LoRA, freeze
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> add_adapters(model, LoRA(rank=2, targets="dense"))
    ['model/dense']
    >>> _ = freeze(model, "all & ~adapters")
    >>> [weight.name for weight in model.trainable_weights]
    ['lora_a', 'lora_b']
    """
    if not isinstance(adapter, Adapter):
        raise InputError(
            f"Expected adapters such as `LoRA(rank=8)`. Received: {adapter!r}, of type "
            f"{type(adapter).__name__}"
        )
    _refuse_in_training(model)
    paths = attaching.attach(model, adapter)
    _compiled_again(model)
    return paths


def remove_adapters(model: "keras.Model", name: str = "default") -> None:
    """Removes adapters from a model; what is left of it computes as it did before they came.

    Args:
        model: a built Keras model.
        name: str, that of the adapters. Defaults to `"default"`.

    Raises:
        InputError: if there are none of that name, or they are merged.

    Example:

    >>> import keras
    >>> from kerastune.tuning import LoRA, add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> _ = add_adapters(model, LoRA(rank=2, targets="dense"))
    >>> remove_adapters(model)
    >>> len(model.weights)
    2
    """
    _refuse_in_training(model)
    attaching.detach(model, name)
    _compiled_again(model)


def use_adapters(
    model: "keras.Model", names: str | Sequence[str] | Mapping[str, float] | None
) -> None:
    """Decides which adapters of a model are used; the others stay, and do nothing.

    Args:
        model: a built Keras model.
        names: str, a name; or sequence of names, whose adapters are all used; or dictionary from
            names to weights, for a mixture; or None, for the model without any.

    Raises:
        InputError: if there are none of a name, they are merged, or a weight other than 1 is asked
            of `DoRA`, `IA3`, `Bottleneck` or `PrefixTuning`, which do more than add.

    Example:

    >>> import keras
    >>> from kerastune.tuning import LoRA, add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> for name in ("news", "mail"):
    ...     _ = add_adapters(model, LoRA(rank=2, targets="dense", name=name))
    >>> use_adapters(model, "news")
    >>> use_adapters(model, {"news": 0.7, "mail": 0.3})
    """
    _refuse_in_training(model)
    attaching.set_in_use(model, names)


def merge_adapters(model: "keras.Model") -> None:
    """Folds the adapters in use into the kernels, so that they cost nothing; they stay beside.

    Args:
        model: a built Keras model with adapters.

    Raises:
        InputError: if there are none, they are merged already, or cannot be: those of `Bottleneck`
            and `PrefixTuning`, and those of quantized layers.

    Example:

    >>> import keras
    >>> from kerastune.tuning import LoRA, add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> _ = add_adapters(model, LoRA(rank=2, targets="dense"))
    >>> merge_adapters(model)
    >>> unmerge_adapters(model)
    """
    _refuse_in_training(model)
    merging.merge(model)


def unmerge_adapters(model: "keras.Model") -> None:
    """Takes merged adapters out of the kernels, which are then what they were, bit for bit.

    Args:
        model: a built Keras model.

    Raises:
        InputError: if none are merged.

    Example:

    >>> import keras
    >>> from kerastune.tuning import LoRA, add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> _ = add_adapters(model, LoRA(rank=2, targets="dense"))
    >>> merge_adapters(model)
    >>> unmerge_adapters(model)
    """
    _refuse_in_training(model)
    merging.unmerge(model)


def merge_and_remove_adapters(model: "keras.Model") -> None:
    """Folds the adapters in use into the kernels for good, and removes all: a model as any other.

    Args:
        model: a built Keras model with adapters.

    Raises:
        InputError: as for `merge_adapters`.

    Example:

    >>> import keras
    >>> from kerastune.tuning import LoRA, add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> _ = add_adapters(model, LoRA(rank=2, targets="dense"))
    >>> merge_and_remove_adapters(model)
    >>> len(model.weights)
    2
    """
    _refuse_in_training(model)
    merging.merge(model)
    for adapted in attaching.adapted_layers(model):
        adapted.unmerged = None
    for name in attaching.adapters_of(model):
        attaching.detach(model, name)
    _compiled_again(model)


def _refuse_in_training(model: "keras.Model") -> None:
    refuse_in_training(
        model,
        "Call it between two calls of `fit`, or give the adapters to a stage of a plan: "
        "`Stage(..., adapters=...)`",
    )


def _compiled_again(model: "keras.Model") -> None:
    from kerastune.backends.optimizers import recompile

    if model.compiled:
        recompile(model)
