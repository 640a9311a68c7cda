"""A linear head that starts from the solution of its problem on the features of the rest."""

from typing import Any

import keras
import numpy as np

from kerastune.backends import step_compilation, symbolic_inputs
from kerastune.backends.graph_calls import GraphCall, graph_calls, is_plain_graph
from kerastune.errors import InputError
from kerastune.training.feeding import Feed, Samples
from kerastune.training.frozen_part import in_order
from kerastune.training.linear_problems import LinearProblem, linear_problem
from kerastune.tuning.patterns.matching import match


def solve_head(model: keras.Model, feed: Feed, loss: Any) -> str:
    """Set a linear head to the solution of its problem on the features of the rest.

    The features are those of the training samples, in inference mode: without dropout and
    augmentation. Least squares is solved in closed form, cross-entropy by L-BFGS; both with a
    penalty on the squares of the weights, chosen by samples that are left out in turn.

    Args:
        model: a built Keras model whose head is one dense layer. Its weights are changed.
        feed: the `Feed` of the data, of samples by position.
        loss: as for `model.compile`: the mean squared error, or a cross-entropy.

    Returns:
        A line that says what was done.

    Raises:
        InputError: if the head is not one linear layer with such a loss, or the data is a data
            set that makes its own batches.

    Reference:
        Kumar et al., 2022, "Fine-Tuning can Distort Pretrained Features and Underperform
        Out-of-Distribution", https://arxiv.org/abs/2202.10054, whose probe is logistic
        regression on features.

    Example:

    See `kerastune.Stage(solve_head=True)`.
    """
    call, problem, samples = require_solvable(model, feed, loss)
    features, targets, weights = _gathered(model, call, samples)
    solution = problem.solver(features, problem.rows(targets), weights)
    layer = call.operation
    layer.kernel.assign(solution.kernel)
    layer.bias.assign(solution.bias)
    return (
        f"The head is solved on {features.shape[1]:,} features of {len(features):,} samples: loss "
        f"{solution.loss:.4f} on those left out, at a penalty of {solution.penalty:.2g}."
    )


def require_solvable(
    model: keras.Model, feed: Feed, loss: Any
) -> tuple[GraphCall, LinearProblem, Samples]:
    """Returns what is to be solved, or raise.

    Args:
        model: a built Keras model.
        feed: the `Feed` of the data.
        loss: as for `model.compile`.

    Returns:
        A tuple of the call of the last layer, the problem, and the samples to train on.

    Raises:
        InputError: as `solve_head`.

    Example:

    See `kerastune.Stage(solve_head=True)`.
    """
    call = _last_layer(model)
    problem = None if call is None else linear_problem(call.operation, loss)
    if call is None or problem is None:
        raise InputError(
            "Expected a head of one dense layer, with the mean squared error or a cross-entropy, "
            f"where `solve_head` is true. Received: {model.name!r} with the loss {_named(loss)}. "
            "Leave solve_head out; a stage before that trains the head does the same"
        )
    if feed.samples is None:
        raise InputError(
            "Expected arrays as data where `solve_head` is true. Received: a data set that makes "
            "its own batches. Leave solve_head out"
        )
    return call, problem, feed.samples


def _last_layer(model: keras.Model) -> GraphCall | None:
    """The call of the dense layer that is the whole head of a model, or None."""
    if not is_plain_graph(model) or len(model.outputs) != 1:
        return None
    *_, call = graph_calls(model.inputs, model.outputs)
    layer = call.operation
    is_dense = type(layer) is keras.layers.Dense and layer.use_bias
    if not is_dense or len(call.inputs) != 1 or len(call.inputs[0].shape) != 2:
        return None
    if layer.kernel_regularizer or layer.kernel_constraint or layer.bias_constraint:
        return None
    head = {id(weight) for weight in match(model, "head")}
    return call if head == {id(weight) for weight in layer.weights} else None


def _gathered(
    model: keras.Model, call: GraphCall, samples: Samples
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, targets and weights of all samples."""
    body = keras.Model(symbolic_inputs(model), call.inputs[0], name="body")
    # As steps are: Keras would choose XLA for TensorFlow on a CPU, too.
    body.compile(jit_compile=step_compilation("auto"))
    gathered = []
    order, batches = samples.longest_first()
    for inputs, targets, *given in batches:
        count = len(targets)
        features = np.asarray(body.predict_on_batch(inputs), "float64")[:count]
        weights = np.asarray(given[0] if given else np.ones(count), "float64").reshape(-1)
        gathered.append((features, np.asarray(targets), weights))
    # The penalty is chosen by parts of the samples in their order.
    return in_order(gathered, order)


def _named(loss: Any) -> str:
    """A loss in a message."""
    return repr(loss if isinstance(loss, str) else getattr(loss, "name", type(loss).__name__))
