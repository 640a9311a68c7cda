"""BERT-base and ViT-B/16 on an accelerator: time of a step, share of its peak, and loops by hand.

In `mixed_bfloat16`, on JAX or PyTorch, by turns with the same loops as `training_steps.py`. The
share of the peak counts three times the multiplications of the forward pass, two operations each
(Chowdhery et al., 2022, appendix B, https://arxiv.org/abs/2204.02311). Needs `pip install optax
transformers`. `--tiny` is for a machine without an accelerator.

    KERAS_BACKEND=torch python tools/benchmarks/gpu.py --write
    KERAS_BACKEND=jax python tools/benchmarks/gpu.py --tiny
"""

import argparse
from functools import partial
from statistics import median

import keras
import rivals
import training_steps
from pages import Measured, publish, spread

import kerastune as kt

# Dense bfloat16 operations a second that the makers give, in units of 10¹².
PEAKS = {"H200": 989.5, "H100": 989.5, "A100": 312, "L40S": 362, "L4": 121, "A10": 125}


def vit(*, layers: int, heads: int, width: int, samples: int, side: int) -> training_steps.Network:
    """A vision transformer with patches of 16 x 16 pixels."""
    import keras_hub

    def body() -> keras.Model:
        backbone = keras_hub.models.ViTBackbone(
            image_shape=(side, side, 3), patch_size=16, num_layers=layers, num_heads=heads,
            hidden_dim=width, mlp_dim=4 * width,
        )  # fmt: skip
        pooled = keras.layers.GlobalAveragePooling1D()(backbone.output)
        return keras.Model(backbone.input, pooled)

    images = training_steps.drawn_images(samples, side, 3)
    native = partial(rivals.torch_vit, layers=layers, heads=heads, width=width)
    return training_steps.Network(body, images, {"Transformers": native})


def networks(*, tiny: bool) -> dict[str, training_steps.Network]:
    """The networks by name: those of the papers, or some that any machine trains."""
    if tiny:
        sizes = {"layers": 2, "heads": 2, "width": 32, "samples": 4}
        return {
            "BERT, tiny": training_steps.bert(**sizes, tokens=16),
            "ViT, tiny": vit(**sizes, side=32),
        }
    sizes = {"layers": 12, "heads": 12, "width": 768}
    return {
        "BERT-base, 64 x 128 tokens": training_steps.bert(**sizes, samples=64, tokens=128),
        "ViT-B/16, 64 x 224 x 224": vit(**sizes, samples=64, side=224),
    }


def card() -> str:
    """The name of the accelerator, or that there is none."""
    if keras.config.backend() == "torch":
        import torch

        return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no accelerator"
    import jax

    device = jax.devices()[0]
    return "no accelerator" if device.platform == "cpu" else device.device_kind


def share_of_peak(network: training_steps.Network, seconds: float, name: str) -> str:
    """The operations of a step, as a share of what the card does at the most, or a dash."""
    peak = next((most for part, most in PEAKS.items() if part in name), None)
    if peak is None:
        return "–"
    shapes = keras.tree.map_structure(lambda one: one.shape[1:], network.inputs)
    macs = kt.counting.count_operations(network.body(), input_shapes=shapes).macs
    count = len(keras.tree.flatten(network.inputs)[0])
    return f"{100 * 6 * macs * count / seconds / (peak * 1e12):.1f} %"


def main() -> None:
    """Measure, print, and write the rows of this backend and card to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40, help="of each network (40)")
    parser.add_argument("--tiny", action="store_true", help="small networks, for any machine")
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    keras.config.set_dtype_policy("mixed_bfloat16")
    name = card()
    rows = []
    for network_name, network in networks(tiny=options.tiny).items():
        seconds = training_steps.compared(network, options.steps)
        own = seconds["fine_tune"]
        for told, values in seconds.items():
            ratio = spread([a / b for a, b in zip(own, values, strict=True)])
            rows.append(
                (
                    network_name,
                    keras.config.backend(),
                    name,
                    told,
                    f"{1000 * median(values):.4g} ms",
                    share_of_peak(network, median(values), name),
                    "–" if told == "fine_tune" else ratio,
                )
            )
    found = Measured(
        "Accelerators",
        "Steps in `mixed_bfloat16`; the ratio is the time of `fine_tune` ÷ that of the row.",
        ("network", "backend", "card", "loop", "step", "share of peak", "ratio"),
        rows,
    )
    publish(found, keys=4, writes=options.write)


if __name__ == "__main__":
    main()
