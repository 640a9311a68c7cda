"""The counters of PyTorch and of XLA, on the same models."""

import keras
import pytest
from keras import layers

from kerastune.counting.operations.count import count_operations
from kerastune.counting.operations.inputs import abstract_inputs
from tests.counting.operations import networks

BACKEND = keras.config.backend()
on_torch = pytest.mark.skipif(BACKEND != "torch", reason="PyTorch's own counter")
on_jax = pytest.mark.skipif(BACKEND != "jax", reason="XLA's own counter")


def model_of(shape, function):
    """A functional model of one input."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, function(inputs))


def freeze_half(model):
    """Freeze the first half of a model's layers."""
    for layer in model.layers[: len(model.layers) // 2]:
        layer.trainable = False


def freeze_all(model):
    """Freeze everything."""
    model.trainable = False


def leave(model):
    """Freeze nothing."""


def adapt(model):
    """Add adapters to the last layer, and freeze everything else."""
    freeze_all(model)
    model.layers[-1].trainable = True
    model.layers[-1].enable_lora(2)


def torch_counts(model, shapes):
    """What PyTorch counts, forward and backward, for a batch of 2."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    training = {id(weight) for weight in model.trainable_variables}
    for weight in model.weights:
        if weight.value.is_floating_point():
            weight.value.requires_grad_(id(weight) in training)
    inputs = keras.tree.map_structure(
        lambda tensor: keras.ops.ones(tensor.shape, tensor.dtype),
        abstract_inputs(model, 2, shapes),
    )
    # PyTorch does not count the fused attention that it has for CPUs.
    with sdpa_kernel(SDPBackend.MATH):
        with FlopCounterMode(display=False) as forward:
            model(inputs, training=False)
        outputs = keras.tree.flatten(model(inputs, training=True))
        total = sum(output.sum() for output in outputs)
        with FlopCounterMode(display=False) as backward:
            if total.requires_grad:
                total.backward()
    torch.set_grad_enabled(True)
    return forward.get_total_flops(), backward.get_total_flops()


SAME = {
    "dense": (lambda: model_of((8,), layers.Dense(4)), None, leave),
    "conv": (
        lambda: model_of(
            (9, 9, 4), lambda x: layers.Conv2D(6, 3, strides=2)(layers.Conv2D(4, 3)(x))
        ),
        None,
        leave,
    ),
    "transposed": (
        lambda: model_of(
            (9, 9, 4),
            lambda x: layers.Conv2DTranspose(6, 3, strides=2, padding="same")(
                layers.Conv2D(4, 1)(x)
            ),
        ),
        None,
        leave,
    ),
    "attention": (
        lambda: model_of((7, 12), lambda x: layers.MultiHeadAttention(3, 4)(x, x)),
        None,
        leave,
    ),
    "grouped query attention": (
        lambda: model_of((7, 12), lambda x: layers.GroupQueryAttention(4, 6, 2)(x, x)),
        None,
        leave,
    ),
    "adapters": (
        lambda: model_of((8,), lambda x: layers.Dense(4)(layers.Dense(6)(x))),
        None,
        adapt,
    ),
    "vgg_like": (networks.vgg_like, None, leave),
    "vgg_like, half frozen": (networks.vgg_like, None, freeze_half),
    "bert": (networks.bert, (16,), leave),
    "bert, frozen": (networks.bert, (16,), freeze_all),
    "gpt2": (networks.gpt2, (16,), leave),
    "vit": (networks.vit, None, leave),
    "llama3": (networks.llama3, (16,), leave),
}


def check_torch(build, shapes, freeze):
    """Twice the MACs are what PyTorch counts."""
    model = build()
    freeze(model)
    operations = count_operations(model, batch_size=2, input_shapes=shapes)
    counted = torch_counts(model, shapes)
    assert (2 * operations.macs, 2 * operations.backward_macs) == counted


@on_torch
@pytest.mark.parametrize("name", SAME)
def test_pytorch_counts_the_same(name):
    check_torch(*SAME[name])


@on_torch
@pytest.mark.slow
@pytest.mark.parametrize("freeze", [leave, freeze_half])
def test_pytorch_counts_the_same_at_full_size(freeze):
    check_torch(lambda: keras.applications.ResNet50(weights=None), None, freeze)
    check_torch(lambda: networks.bert(12, 768, 30522, 12), (128,), freeze)


@on_torch
def test_pytorch_takes_the_gradient_of_a_grouped_kernel_for_one_of_all_channels():
    model = model_of((9, 9, 4), layers.Conv2D(6, 3, groups=2))
    operations = count_operations(model, batch_size=2)
    forward, backward = torch_counts(model, None)
    assert forward == 2 * operations.macs
    # It leaves the groups out, so that two groups cost double.
    assert backward == 2 * 2 * operations.backward_macs


@on_torch
def test_pytorch_needs_no_gradient_of_the_first_state():
    model = model_of((5, 6), layers.LSTM(4))
    operations = count_operations(model, batch_size=2)
    forward, backward = torch_counts(model, None)
    assert forward == 2 * operations.macs
    assert 2 * operations.backward_macs - backward == 2 * (2 * 4 * 16)


def xla_flops(model, shapes=None, batch=1):
    """What XLA counts in a forward pass, before it compiles it."""
    import jax

    inputs = keras.tree.map_structure(
        lambda tensor: jax.ShapeDtypeStruct(tensor.shape, tensor.dtype),
        abstract_inputs(model, batch, shapes),
    )
    trainable = [weight.value for weight in model.trainable_variables]
    others = [weight.value for weight in model.non_trainable_variables]

    def forward(trainable, others, inputs):
        return model.stateless_call(trainable, others, inputs, training=False)[0]

    return jax.jit(forward).lower(trainable, others, inputs).cost_analysis()["flops"]


@on_jax
@pytest.mark.parametrize(
    "build",
    [
        lambda: model_of((784,), layers.Dense(10)),
        lambda: model_of((784,), layers.Dense(10, "relu")),
        lambda: model_of((32, 32, 3), layers.Conv2D(8, 3)),
        lambda: model_of((32, 32, 4), layers.Conv2D(8, 3, groups=2, strides=2)),
    ],
)
def test_xla_counts_the_same(build):
    model = build()
    assert xla_flops(model) == count_operations(model).flops


@on_jax
def test_xla_leaves_out_the_products_with_padding():
    model = model_of((32, 32, 3), layers.Conv2D(8, 3, padding="same"))
    operations = count_operations(model)
    # Of 3 × 32 taps along each side, 2 lie outside.
    inside = (3 * 32 - 2) ** 2 * 3 * 8
    assert operations.flops - xla_flops(model) == 2 * (operations.macs - inside)


@on_jax
@pytest.mark.parametrize(
    ("build", "shapes"),
    [
        (networks.bert, (16,)),
        pytest.param(lambda: networks.vit(2, 256), None, marks=pytest.mark.slow),
        pytest.param(networks.llama3, (16,), marks=pytest.mark.slow),
    ],
)
def test_xla_counts_transformers_nearly_the_same(build, shapes):
    model = build()
    # It counts selections and masks, and its own forms of what is no product: erf is 60.
    counted = xla_flops(model, shapes, batch=2)
    operations = count_operations(model, batch_size=2, input_shapes=shapes)
    assert counted == pytest.approx(operations.flops, rel=0.06)


@on_jax
@pytest.mark.slow
def test_xla_counts_resnet_without_its_padding():
    model = keras.applications.ResNet50(weights=None)
    assert xla_flops(model) / count_operations(model).flops == pytest.approx(0.9595, abs=5e-4)
