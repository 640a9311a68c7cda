"""What every function of Keras costs that is no contraction, in FLOPs.

One for each element and arithmetic operation, as the function is written down, whatever a
backend makes of it: exp, log, tanh, erf, sqrt and powers are one operation each, and so are
maximum and minimum, which are what relu and max pooling are. Comparing, selecting, sorting,
moving and making numbers costs nothing, and neither does arithmetic on whole numbers.
"""

from collections.abc import Callable
from math import prod

from kerastune.backends.tracing.record import CUSTOM_GRADIENT, LOOP_STEP, TracedOperation


def _by_name(costs: dict[int, str]) -> dict[str, int]:
    return {name: cost for cost, names in costs.items() for name in names.split()}


# For each element of the result. The sigmoid, say, is negate, exp, add and divide; and batch
# normalization a scale and an offset, with the statistics folded in.
PER_OUTPUT = _by_name(
    {
        1: "abs absolute add ceil clip conj conjugate cos cosh cbrt divide divide_no_nan dropout "
        "erf erfc erfinv exp exp2 expm1 fabs floor floor_divide fmax fmin fmod hypot ldexp log "
        "log10 log1p log2 maximum minimum mod multiply negative outer kron power reciprocal relu "
        "round rsqrt sign sin sinh sqrt square subtract tan tanh hard_tanh true_divide trunc "
        "threshold leaky_relu arccos arccosh arcsin arcsinh arctan arctan2 arctanh deg2rad "
        "rad2deg diff sparse_plus rgb_to_grayscale hard_shrink heaviside",
        2: "relu6 tanh_shrink soft_shrink batch_normalization",
        3: "softplus softsign sparse_sigmoid elu cross sinc",
        4: "log_sigmoid sigmoid celu selu hard_sigmoid logaddexp logaddexp2",
        5: "silu squareplus hard_silu glu",
    }
)

# For each element of what is given: these make it smaller, or pass over it. The variance, say, is
# the mean, subtract, square and add; the softmax max, subtract, exp, add and divide.
PER_INPUT = _by_name(
    {
        1: "sum mean max min amax amin prod cumsum cumprod argmax argmin nansum nanmean nanmax "
        "nanmin nanprod trace segment_sum segment_max segment_min segment_prod "
        "adaptive_average_pool adaptive_max_pool count_nonzero",
        2: "average ptp norm",
        4: "var std nanvar nanstd moments logsumexp",
        5: "softmax log_softmax",
    }
)

# Whose cost is no more than moving, comparing or making numbers.
FREE = frozenset(
    "all allclose any append arange argpartition argsort array array_split bartlett beta "
    "bincount binomial bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or "
    "bitwise_right_shift bitwise_xor blackman broadcast_to cast categorical concatenate "
    "convert_to_tensor copy depth_to_space diag diagflat diagonal digitize dsplit dstack empty "
    "empty_like equal expand_dims extract_sequences eye flip fliplr flipud full full_like gamma "
    "gcd getitem greater greater_equal hamming hanning hsplit hstack identity imag in_top_k "
    "isclose isfinite isin isinf isnan isneginf isposinf isreal kaiser lcm left_shift less "
    "less_equal linspace logical_and logical_not logical_or logical_xor logspace meshgrid "
    "moveaxis multi_hot nan_to_num nonzero normal not_equal one_hot ones ones_like pad randint "
    "ravel real repeat reshape right_shift roll rot90 scatter scatter_update searchsorted select "
    "shuffle signbit slice slice_update sort space_to_depth split squeeze stack stop_gradient "
    "swapaxes take take_along_axis tile top_k transpose tri tril triu truncated_normal unfold "
    "uniform unique unravel_index unstack view vsplit vstack where zeros zeros_like geomspace "
    f"nextafter jax_draw_seed {LOOP_STEP} {CUSTOM_GRADIENT}".split()
)


def elementwise_flops(operation: TracedOperation) -> int | None:
    """The FLOPs of one run of an operation that is no contraction."""
    name = operation.name
    if name in FREE or not any(
        tensor.is_float for tensor in (*operation.operands, *operation.outputs)
    ):
        return 0
    if name in _RULES:
        return _RULES[name](operation)
    if name in PER_OUTPUT:
        return PER_OUTPUT[name] * operation.outputs[0].size
    if name in PER_INPUT:
        return PER_INPUT[name] * operation.operands[0].size
    return None


def _gelu(operation: TracedOperation) -> int:
    """0.5 x (1 + erf(x / √2)), or 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    return (9 if operation.arguments["approximate"] else 5) * operation.outputs[0].size


def _pool(operation: TracedOperation) -> int:
    """One for each element of each window."""
    shape, window = operation.outputs[0].shape, operation.arguments["pool_size"]
    window = (window,) * (len(shape) - 2) if isinstance(window, int) else tuple(window)
    return operation.outputs[0].size * prod(window)


def _layer_normalization(operation: TracedOperation) -> int:
    """The statistics take 4, the division by the deviation 1, scale and offset 1 each."""
    given = operation.arguments
    cost = 5 + (given["gamma"] is not None) + (given["beta"] is not None)
    return cost * operation.outputs[0].size


def _rms_normalization(operation: TracedOperation) -> int:
    """Square, add, multiply, and one more for the scale."""
    return (3 + (operation.arguments["scale"] is not None)) * operation.outputs[0].size


def _resize(operation: TracedOperation) -> int:
    """In each of two directions a weighted sum of as many neighbours as the method reads."""
    neighbours = {"nearest": 0.5, "bilinear": 2, "bicubic": 4, "lanczos3": 6, "lanczos5": 10}
    taps = neighbours[operation.arguments["interpolation"]]
    return int(2 * (2 * taps - 1)) * operation.outputs[0].size


_RULES: dict[str, Callable[[TracedOperation], int]] = {
    "gelu": _gelu,
    "max_pool": _pool,
    "average_pool": _pool,
    "layer_normalization": _layer_normalization,
    "rms_normalization": _rms_normalization,
    "resize": _resize,
}
