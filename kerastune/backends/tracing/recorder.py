"""Writes down what runs: which operation, on which tensors, in which layer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from kerastune.backends.layers import nested_layers
from kerastune.backends.tracing.record import (
    HIDDEN,
    Trace,
    TracedOperation,
    TracedTensor,
    tensors_in,
)
from kerastune.backends.tracing.tensors import has_values
from kerastune.errors import InputError


@dataclass
class _Call:
    """A call of a layer that has not ended."""

    path: str
    layer: Any
    inputs: tuple[TracedTensor, ...]


class Recorder:
    """The record of one run of a model, while it is being written."""

    def __init__(self, model: Any, inputs: Any) -> None:
        from keras import Layer, Variable, tree
        from keras.src import backend

        self._variable, self._tree = Variable, tree
        self._is_tensor, self._dtype = backend.is_tensor, backend.standardize_dtype
        self._model = model
        # What is passed on as a gradient, and overwritten with it, has none.
        self._trainable = {
            id(weight) for weight in model.trainable_variables if not weight.overwrite_with_gradient
        }
        # By the identity of the tensor, which is kept alive so that its identity stays its own.
        self._known: dict[int, tuple[Any, TracedTensor]] = {}
        self._keys = count()
        self._calls: list[_Call] = []
        self.operations: list[TracedOperation] = []
        # Layers that would make nothing but the layers inside them can be built by a trace.
        self._unbuilt = {
            id(layer)
            for layer in (model, *nested_layers(model))
            if not layer.built and type(layer).build is not Layer.build
        }
        self._losses: list[TracedTensor] = []
        self.quiet = False
        self.times = 1
        self._inputs = tuple(map(self._new, self._tensors(inputs)))

    def trace(self, outputs: Any) -> Trace:
        """The record, at the end of the run."""
        given = tuple(tensors_in(self.describe(outputs)))
        return Trace(tuple(self.operations), self._inputs, given, tuple(self._losses))

    @contextmanager
    def silence(self) -> Iterator[None]:
        """What runs inside is part of an operation that is counted as a whole."""
        former, self.quiet = self.quiet, True
        try:
            yield
        finally:
            self.quiet = former

    @contextmanager
    def inside(self, layer: Any, arguments: Any) -> Iterator[list[Any]]:
        """What runs inside belongs to a layer, which puts its outputs in the list."""
        outer = self._calls[-1].path if self._calls else ""
        # The model is the first to be called inside the layer that calls it, and paths
        # start below it.
        name = layer.name if len(self._calls) > 1 else ""
        call = _Call(f"{outer}/{name}".strip("/"), layer, ())
        given = self.describe(arguments)
        self._calls.append(call)
        call.inputs = tuple(tensors_in(given))
        outputs: list[Any] = []
        try:
            yield outputs
            # What the layer made without Keras is known as its own from here on.
            self.describe(outputs)
        finally:
            self._calls.pop()

    def check_built(self, layer: Any) -> None:
        """See that the call of a layer does not make its weights."""
        if id(layer) in self._unbuilt and not layer.built:
            raise InputError(
                f"Expected a built model. Received: {self._model.name!r}, whose layer "
                f"{layer.name!r} has no weights yet. Call the model on a batch first"
            )

    @property
    def layer(self) -> str:
        """The path of the layer that runs."""
        return (self._calls[-1].path if self._calls else "") or self._model.name

    def write(self, name: str, arguments: dict[str, Any], result: Any) -> None:
        """Write down an operation that has run, if it made tensors."""
        described = self.describe(arguments)
        outputs = tuple(self._seen(tensor) or self._new(tensor) for tensor in self._tensors(result))
        if outputs:
            operation = TracedOperation(name, described, outputs, self.layer, self.times)
            self.operations.append(operation)

    def remember_weight(self, value: Any, variable: Any) -> None:
        """Know a tensor for the value of a weight."""
        self._known[id(value)] = (value, self._weight(variable))

    def remember_loss(self, loss: Any) -> None:
        """Know what a layer adds to the loss."""
        self._losses += tensors_in(self.describe(loss))

    def forget(self, structure: Any) -> None:
        """Take tensors for new ones from now on."""
        for tensor in self._tensors(structure):
            self._known.pop(id(tensor), None)

    @contextmanager
    def renewed(self, structure: Any) -> Iterator[None]:
        """Inside, the tensors are others than outside, as some backends make them."""
        tensors = self._tensors(structure)
        former = {id(tensor): self._known.pop(id(tensor), None) for tensor in tensors}
        for tensor in tensors:
            self._new(tensor)
        try:
            yield
        finally:
            self._known.update({key: known for key, known in former.items() if known})

    def describe(self, structure: Any) -> Any:
        """The structure with each tensor as a `TracedTensor`."""
        return self._tree.map_structure(self._describe, structure)

    def _describe(self, item: Any) -> Any:
        """A tensor as a `TracedTensor`; anything else as it is."""
        if isinstance(item, self._variable):
            return self._weight(item)
        if not self._is_tensor(item):
            return item
        return self._seen(item) or self._hidden(item)

    def _weight(self, variable: Any) -> TracedTensor:
        if id(variable) not in self._known:
            trainable = id(variable) in self._trainable
            shape, dtype = tuple(variable.shape), self._dtype(variable.dtype)
            tensor = TracedTensor(next(self._keys), shape, dtype, True, trainable)
            self._known[id(variable)] = (variable, tensor)
        return self._known[id(variable)][1]

    def _hidden(self, tensor: Any) -> TracedTensor:
        """A tensor that no operation made that was seen: a constant, or the layer made it.

        What a layer made otherwise is taken to depend on everything that the layer has.
        """
        new = self._new(tensor)
        if new.is_float and self._calls and not has_values(tensor):
            call = self._calls[-1]
            weights = tuple(map(self._weight, call.layer.variables))
            arguments = {"inputs": call.inputs, "weights": weights}
            hidden = TracedOperation(HIDDEN, arguments, (new,), self.layer, self.times)
            self.operations.append(hidden)
        return new

    def _tensors(self, structure: Any) -> list[Any]:
        return [item for item in self._tree.flatten(structure) if self._is_tensor(item)]

    def _seen(self, tensor: Any) -> TracedTensor | None:
        known = self._known.get(id(tensor))
        return known[1] if known else None

    def _new(self, tensor: Any) -> TracedTensor:
        shape = tuple(int(size) for size in tensor.shape)
        new = TracedTensor(next(self._keys), shape, self._dtype(tensor.dtype))
        self._known[id(tensor)] = (tensor, new)
        return new
