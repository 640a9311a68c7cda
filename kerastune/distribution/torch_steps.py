"""Training on several processes of PyTorch: each computes its rows of each batch.

Outputs are put together before loss and metrics, so that these are of the whole batch whatever
they compute: masks, weights, contrasts between samples. Gradients are summed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune.backends.guarded_steps import has_keras_step
from kerastune.backends.layers import nested_layers
from kerastune.backends.metrics import build_metrics
from kerastune.distribution.processes import lost_process, place
from kerastune.distribution.shares import divided, first_batch, part_of, shared_arguments
from kerastune.distribution.torch_gradients import GradientSums
from kerastune.distribution.torch_group import gathered, summed
from kerastune.distribution.torch_statistics import whole_statistics
from kerastune.distribution.torch_weights import first_weights, require_alike
from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras


@contextmanager
def divided_fit(model: "keras.Model", arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """While this lasts, `fit` computes the rows of this process, and updates by those of all.

    Args:
        model: a compiled Keras model.
        arguments: as for `shared_fit`.

    Yields:
        Arguments for this process.

    Raises:
        InputError: if the model has steps or a loss of its own, or another process has ended.
    """
    _check(model)
    given = shared_arguments(arguments, part_of(place().rank, place().processes))
    build_metrics(model, first_batch(arguments))
    steps = DividedSteps(model)
    former = model._aggregate_additional_loss
    try:
        first_weights(model)
        with whole_statistics(model, lambda: not steps.counts[place().rank]):
            for name in ("train_step", "test_step"):
                # Not as Keras sets attributes, which it would track.
                object.__setattr__(model, name, getattr(steps, name))
            object.__setattr__(model, "_aggregate_additional_loss", steps.additional(former))
            yield given
        require_alike(model)
    except RuntimeError as error:
        if _is_of_group(error):
            raise lost_process(error) from error
        raise
    finally:
        steps.sums.remove()
        for name in ("train_step", "test_step", "_aggregate_additional_loss"):
            vars(model).pop(name, None)
        model.train_function = model.test_function = None


class DividedSteps:
    """The steps of a model whose batches are divided over processes.

    Args:
        model: a compiled Keras model.

    Example:

    See `divided_fit`, which makes one.
    """

    def __init__(self, model: "keras.Model") -> None:
        self.sums = GradientSums(model.trainable_variables)
        self.counts: list[int] = []
        """list of int, the samples of each process in the step that is being computed."""
        self._model = model
        self._seeds = [
            generator
            for layer in (model, *nested_layers(model))
            for generator in layer._seed_generators
        ]

    def train_step(self, data: Any) -> Any:
        """Returns what Keras' own step returns of the whole batch."""
        import torch

        model = self._model
        x, y, weights = self._unpacked(data)
        with _own_numbers(self._seeds):
            outputs = model(x, training=True) if model._call_has_training_arg else model(x)
        model.zero_grad()
        outputs = self._whole(outputs)
        loss = model._compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weights, training=True)
        model._loss_tracker.update_state(loss, sample_weight=sum(self.counts))
        if model.trainable_weights:
            model.optimizer.scale_loss(loss).backward()
            self.sums.finish()
            trained = model.trainable_weights[:]
            gradients = [variable.value.grad for variable in trained]
            with torch.no_grad():
                model.optimizer.apply(gradients, trained)
        return model.compute_metrics(x, y, outputs, sample_weight=weights)

    def test_step(self, data: Any) -> Any:
        """Returns what Keras' own step returns of the whole batch."""
        model = self._model
        x, y, weights = self._unpacked(data)
        outputs = self._whole(
            model(x, training=False) if model._call_has_training_arg else model(x)
        )
        loss = model._compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weights, training=False)
        model._loss_tracker.update_state(loss, sample_weight=sum(self.counts))
        return model.compute_metrics(x, y, outputs, sample_weight=weights)

    def additional(self, aggregate: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Returns what sums a loss of a layer, a mean over samples or a penalty of weights.

        The share of each process counts as much as its samples.

        Args:
            aggregate: function that does so in one process.
        """

        def total(loss: Any) -> Any:
            own = aggregate(loss) * (self.counts[place().rank] / sum(self.counts))
            return own + (summed(own.detach()) - own.detach())

        return total

    def _unpacked(self, data: Any) -> tuple[Any, Any, Any]:
        """Inputs of this process, and targets and weights of all."""
        import keras
        import torch

        x, *targets, told = data
        self.counts = divided(told.shape[1], place().processes)

        def whole(values: Any) -> Any:
            if values is None:
                return None
            own = keras.ops.convert_to_tensor(values)
            if own.dtype == torch.bool:  # Which not every way of sending knows.
                return gathered(own.to(torch.uint8), self.counts) > 0
            return gathered(own, self.counts)

        y, weights = keras.tree.map_structure(whole, [*targets, None, None][:2], none_is_leaf=True)
        return x, y, weights

    def _whole(self, outputs: Any) -> Any:
        """The outputs of all processes, with the masks that they carry."""
        import keras

        def whole(output: Any) -> Any:
            together = gathered(output, self.counts)
            mask = getattr(output, "_keras_mask", None)
            if mask is not None:
                together._keras_mask = gathered(mask.to(dtype=output.dtype), self.counts) > 0.5
            return together

        return keras.tree.map_structure(whole, outputs)


def _check(model: "keras.Model") -> None:
    """Raise for models whose steps are not known here."""
    import keras

    loss = type(model).compute_loss
    is_own = not has_keras_step(model) or loss is not keras.Model.compute_loss
    if is_own or model.jit_compile or model.run_eagerly:
        told = "a loss or a training step of its own" if is_own else "jit_compile or run_eagerly"
        raise InputError(
            "Expected a model that Keras' own step trains with a loss of its outputs, for several "
            f"processes of PyTorch. Received: {model.name!r}, with {told}. Use JAX, or one process"
        )


@contextmanager
def _own_numbers(seeds: list[Any]) -> Iterator[None]:
    """While this lasts, what is drawn is that of this process; afterwards all are as one again."""
    import keras
    import torch

    rank = place().rank
    first = int(torch.randint(2**31, ()))  # The same in each process.
    state = torch.get_rng_state()
    kept = [keras.ops.convert_to_numpy(one.state).copy() for one in seeds] if rank else []
    torch.manual_seed((first + rank) % 2**31)
    for one, value in zip(seeds, kept, strict=False):
        one.state.assign(value ^ np.array([rank * 0x9E3779B1 % 2**31, 0], value.dtype))
    try:
        yield
    finally:
        torch.set_rng_state(state)
        for one, value in zip(seeds, kept, strict=False):
            drawn = keras.ops.convert_to_numpy(one.state)[1]
            one.state.assign(np.array([value[0], drawn], value.dtype))


def _is_of_group(error: RuntimeError) -> bool:
    """Whether an error is from what processes send each other."""
    from torch import distributed

    text = str(error)
    words = ("gloo", "NCCL", "Connection closed by peer", "Connection reset", "Broken pipe")
    return isinstance(error, distributed.DistError) or any(word in text for word in words)
