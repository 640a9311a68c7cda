"""One run of a model on abstract tensors, watched."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kerastune.backends.abstract import placeholder_values
from kerastune.backends.choice import select
from kerastune.backends.tracing.interception import intercepted
from kerastune.backends.tracing.record import Trace
from kerastune.backends.tracing.recorder import Recorder

if TYPE_CHECKING:
    import keras


def trace_model(model: "keras.Layer", inputs: Any, *, training: bool = False) -> Trace:
    """Record every operation of one call of a model, without computing anything.

    The model keeps no trace of it: no weight changes and no layer gets a node. `inputs` is a
    `keras.KerasTensor` or a structure of them, with every dimension known. Raises whatever the
    model raises when it runs.
    """
    select()
    import keras
    from keras.src import backend

    class Caller(keras.layers.Layer):
        """Calls the model as a layer inside it would be called, told whether it trains."""

        def call(self, inputs: Any, training: bool | None = None) -> Any:  # noqa: ARG002
            return model(inputs)

    traces: list[Trace] = []
    failures: list[Exception] = []

    def run(inputs: Any) -> Any:
        # Where PyTorch cannot run a model on the meta device, Keras goes on with real
        # tensors, at full size. That must not happen.
        if failures:
            raise failures[0]
        caller = Caller(dtype="float32", autocast=False)
        recorder = Recorder(model, inputs)
        try:
            with intercepted(recorder):
                outputs = caller(inputs, training=training)
        except Exception as error:
            failures.append(error)
            raise
        traces.append(recorder.trace(outputs))
        return outputs

    with _plain_keras(), keras.StatelessScope(initialize_variables=False), placeholder_values():
        backend.compute_output_spec(run, inputs)
    return traces[-1]


@contextmanager
def _plain_keras() -> Iterator[None]:
    """Keras without fused attention, and without its additions to error messages."""
    import keras

    flash = keras.config.is_flash_attention_enabled()
    filtering = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_flash_attention()
    keras.config.disable_traceback_filtering()
    try:
        yield
    finally:
        if flash is not False:  # None where it is on.
            keras.config.enable_flash_attention()
        if filtering:
            keras.config.enable_traceback_filtering()
