"""Training steps written by hand for each backend, to measure `fine_tune` against.

A rival is a function without arguments that makes one whole step and waits for its loss. Where
it trains the same Keras network, only the loop is by hand; on PyTorch there is a network that is
PyTorch's own, too.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

Rival = Callable[[], float]

LEARNING_RATE = 1e-4


def same_network(model: keras.Model, loss: Any, x: Any, y: np.ndarray) -> Rival:
    """A step by hand of the same Keras network: GradientTape, optax, or `torch.optim`."""
    steps = {"tensorflow": by_gradient_tape, "jax": by_optax, "torch": by_torch}
    return steps[keras.config.backend()](model, loss, x, y)


def by_gradient_tape(
    model: keras.Model, loss: Any, x: Any, y: np.ndarray, *, jit_compile: bool = False
) -> Rival:
    """A step of TensorFlow, as a graph without XLA, or compiled by it."""
    import tensorflow as tf

    optimizer = keras.optimizers.AdamW(LEARNING_RATE)
    variables = model.trainable_variables
    optimizer.build(variables)
    x, y = keras.tree.map_structure(tf.constant, (x, y))

    @tf.function(jit_compile=jit_compile)
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        gradients = tape.gradient(value, [variable.value for variable in variables])
        optimizer.apply(gradients, variables)
        return value

    return lambda: float(step(x, y))


def by_optax(model: keras.Model, loss: Any, x: Any, y: np.ndarray) -> Rival:
    """A compiled step of JAX with AdamW of optax."""
    import jax
    import optax

    optimizer = optax.adamw(LEARNING_RATE, weight_decay=0.004)
    x, y = jax.device_put((x, y))

    def value(trained: Any, others: Any) -> Any:
        outputs, others = model.stateless_call(trained, others, x, training=True)
        return loss(y, outputs), others

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(trained: Any, others: Any, state: Any) -> Any:
        (found, others), gradients = jax.value_and_grad(value, has_aux=True)(trained, others)
        updates, state = optimizer.update(gradients, state, trained)
        return found, optax.apply_updates(trained, updates), others, state

    trained = [jax.numpy.copy(one.value) for one in model.trainable_variables]
    others = [jax.numpy.copy(one.value) for one in model.non_trainable_variables]
    held = [trained, others, optimizer.init(trained)]

    def run() -> float:
        found, *held[:] = step(*held)
        return float(found)

    return run


def by_torch(model: keras.Model, loss: Any, x: Any, y: np.ndarray) -> Rival:
    """A step of PyTorch with its AdamW, of the Keras network."""
    import torch

    parameters = [variable.value for variable in model.trainable_variables]
    optimizer = torch.optim.AdamW(parameters, LEARNING_RATE)
    x, y = keras.tree.map_structure(keras.ops.convert_to_tensor, (x, y))

    def run() -> float:
        optimizer.zero_grad()
        value = loss(y, model(x, training=True))
        value.backward()
        optimizer.step()
        return float(value.detach())

    return run


def torch_loop(module: Any, x: Any, y: np.ndarray) -> Rival:
    """A step of PyTorch with its AdamW, of a network that gives logits."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    module.to(device).train()
    optimizer = torch.optim.AdamW(module.parameters(), LEARNING_RATE)
    x = keras.tree.map_structure(lambda one: torch.as_tensor(one).to(device), x)
    labels = torch.as_tensor(y.argmax(axis=1)).to(device)
    is_half = keras.config.dtype_policy().name == "mixed_bfloat16"

    def run() -> float:
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=is_half):
            value = torch.nn.functional.cross_entropy(module(x), labels)
        value.backward()
        optimizer.step()
        return float(value.detach())

    return run


def torch_language_loop(module: Any, tokens: np.ndarray, targets: np.ndarray) -> Rival:
    """A step of PyTorch with its AdamW, of a language model by Transformers, as `torch_loop`."""
    import torch

    module.train()
    optimizer = torch.optim.AdamW([one for one in module.parameters() if one.requires_grad])
    tokens, targets = torch.as_tensor(tokens).long(), torch.as_tensor(targets).long()

    def run() -> float:
        optimizer.zero_grad()
        logits = module(input_ids=tokens).logits
        value = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        value.backward()
        optimizer.step()
        return float(value.detach())

    return run


def torch_resnet50(x: np.ndarray, y: np.ndarray) -> Rival:
    """ResNet50 in plain PyTorch, channels last."""
    import torch
    from torch import nn

    def convolution(given: int, made: int, side: int, stride: int = 1) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(given, made, side, stride, side // 2), nn.BatchNorm2d(made))

    class Block(nn.Module):
        def __init__(self, given: int, width: int, stride: int) -> None:
            super().__init__()
            made = 4 * width
            self.shortcut = convolution(given, made, 1, stride) if given != made else nn.Identity()
            self.inner = nn.Sequential(
                convolution(given, width, 1, stride), nn.ReLU(),
                convolution(width, width, 3), nn.ReLU(),
                convolution(width, made, 1),
            )  # fmt: skip

        def forward(self, x: Any) -> Any:
            return torch.relu(self.shortcut(x) + self.inner(x))

    blocks: list[nn.Module] = []
    given = 64
    for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for number in range(count):
            blocks.append(Block(given, width, stride if number == 0 else 1))
            given = 4 * width
    module = nn.Sequential(
        convolution(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *blocks,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(given, y.shape[1]),
    ).to(memory_format=torch.channels_last)  # fmt: skip
    images = torch.as_tensor(x).permute(0, 3, 1, 2)
    return torch_loop(module, images.contiguous(memory_format=torch.channels_last), y)


def torch_bert(
    x: dict[str, np.ndarray], y: np.ndarray, *, layers: int, heads: int, width: int
) -> Rival:
    """A BERT by Transformers, with the mean over its tokens."""
    return torch_loop(bert_classifier(layers, heads, width, y.shape[1]), x, y)


def bert_classifier(layers: int, heads: int, width: int, classes: int) -> Any:
    """A BERT by Transformers with a dense layer on the mean over its tokens, as a module."""
    import torch
    from transformers import BertConfig, BertModel

    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            config = BertConfig(
                num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads,
                intermediate_size=4 * width,
            )  # fmt: skip
            self.bert = BertModel(config, add_pooling_layer=False)
            self.classify = torch.nn.Linear(width, classes)

        def forward(self, x: Any) -> Any:
            hidden = self.bert(
                input_ids=x["token_ids"], attention_mask=x["padding_mask"]
            ).last_hidden_state
            return self.classify(hidden.mean(dim=1))

    return Classifier()


def torch_vit(x: np.ndarray, y: np.ndarray, *, layers: int, heads: int, width: int) -> Rival:
    """A vision transformer by Transformers, with the mean over its patches of 16 x 16."""
    import torch
    from transformers import ViTConfig, ViTModel

    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            config = ViTConfig(
                num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads,
                intermediate_size=4 * width, image_size=x.shape[1], patch_size=16,
            )  # fmt: skip
            self.vit = ViTModel(config, add_pooling_layer=False)
            self.classify = torch.nn.Linear(width, y.shape[1])

        def forward(self, x: Any) -> Any:
            return self.classify(self.vit(x).last_hidden_state.mean(dim=1))

    return torch_loop(Classifier(), x.transpose(0, 3, 1, 2).copy(), y)
