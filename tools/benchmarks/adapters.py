"""Training steps of adapters against PEFT's and Keras' own, step by step by turns; and memory.

Within one training by `fine_tune` with adapters on queries and values, each step is followed by
one of every rival, see `training_steps.py`. With `--memory`, each contestant trains in a process of
its own, of which the largest resident size is told. On PyTorch it needs `pip install peft
transformers`.

    KERAS_BACKEND=torch python tools/benchmarks/adapters.py --methods lora dora ia3
    KERAS_BACKEND=torch python tools/benchmarks/adapters.py --network smollm2 --memory
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
import rivals
from pages import Measured, publish, spread
from training_steps import Turns, minilm

import kerastune as kt
from kerastune.tuning import Adapter

_LEFT_OUT = 3
_RANK = 8

METHODS: dict[str, Adapter] = {
    "lora": kt.LoRA(rank=_RANK),
    "dora": kt.DoRA(rank=_RANK),
    "ia3": kt.IA3(targets="key | value"),
}


class MiniLM:
    """A BERT of its size with a head of ten classes: 32 texts of 64 tokens."""

    told = "a BERT of MiniLM's size, 32 texts of 64 tokens"
    trainable = "adapters | head"
    sample_count = 32

    def built(self) -> tuple[keras.Model, Any]:
        keras.utils.set_random_seed(0)
        head = kt.heads.Classification(tuple("abcdefghij"))
        return kt.heads.attach(minilm().body(), head, pooling="mean"), head.loss()

    def batch(self) -> tuple[Any, np.ndarray]:
        classes = np.random.default_rng(1).integers(0, 10, 32)
        return minilm().inputs, np.eye(10, dtype="float32")[classes]

    def by_peft(self, method: str) -> rivals.Rival:
        import peft

        network = rivals.bert_classifier(6, 12, 384, 10)
        peft.inject_adapter_in_model(peft_settings(method, "query", "key", "value"), network.bert)
        trains(network, "classify")
        return rivals.torch_loop(network, *self.batch())


class SmolLM2:
    """SmolLM2-135M with random weights: 4 texts of 64 tokens."""

    told = "SmolLM2-135M, 4 texts of 64 tokens"
    trainable = "adapters"
    sample_count = 4

    def built(self) -> tuple[keras.Model, Any]:
        keras.utils.set_random_seed(0)
        model = kt.models.PackedLanguageModel(kt.models.smollm2(weights=None))
        # What the head of the recipe for language models has.
        return model, kt.heads.TokenCrossentropy()

    def batch(self) -> tuple[Any, np.ndarray]:
        # For each rival: where there is TensorFlow, this imports it, of some 640 MiB.
        import keras_hub  # noqa: F401

        tokens = np.random.default_rng(1).integers(1, 49152, (4, 65)).astype("int32")
        inputs = {"token_ids": tokens[:, :-1], "segment_ids": np.ones((4, 64), "int32")}
        return inputs, tokens[:, 1:]

    def by_peft(self, method: str) -> rivals.Rival:
        import peft
        from transformers import LlamaConfig, LlamaForCausalLM

        config = LlamaConfig(
            vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
            num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True,
        )  # fmt: skip
        network = LlamaForCausalLM(config)
        peft.inject_adapter_in_model(peft_settings(method, "q_proj", "k_proj", "v_proj"), network)
        trains(network)
        inputs, targets = self.batch()
        return rivals.torch_language_loop(network, inputs["token_ids"], targets)


NETWORKS = {"minilm": MiniLM(), "smollm2": SmolLM2()}


def peft_settings(method: str, query: str, key: str, value: str) -> Any:
    """PEFT's settings of a method, for projections of some names."""
    import peft

    if method == "ia3":
        return peft.IA3Config(target_modules=[key, value], feedforward_modules=[])
    use_dora = method == "dora"
    return peft.LoraConfig(r=_RANK, target_modules=[query, value], use_dora=use_dora)


def trains(network: Any, *heads: str) -> None:
    """Let adapters train, and heads by the beginning of their names."""
    for name, parameter in network.named_parameters():
        parameter.requires_grad = name.startswith(heads) or "lora_" in name or "ia3_" in name


def by_keras(network: Any) -> rivals.Rival:
    """A step by hand with the adapters that Keras itself makes."""
    model, loss = network.built()
    for layer in kt.backends.nested_layers(model):
        if layer.name in ("query", "value"):
            layer.enable_lora(_RANK)
    kt.tuning.train_only(model, network.trainable)
    return rivals.same_network(model, loss, *network.batch())


def contestants(network: Any, method: str) -> dict[str, Callable[[], rivals.Rival]]:
    """The rivals of a method on this backend, by name, each made when it is called."""
    found: dict[str, Callable[[], rivals.Rival]] = {}
    if method == "lora":
        found["Keras' own adapters by hand"] = partial(by_keras, network)
    if keras.config.backend() == "torch":
        found["PEFT"] = partial(network.by_peft, method)
    return found


def trained(
    network: Any, method: str, steps: int, others: dict[str, rivals.Rival]
) -> dict[str, list[float]]:
    """The seconds of each step of `fine_tune`, and of each rival's."""
    model, loss = network.built()
    turns = Turns(others)
    x, y = keras.tree.map_structure(lambda one: np.concatenate([one] * steps), network.batch())
    model.compile(loss=loss)
    settings = {"epochs": 1, "learning_rate": 1e-4, "trainable": network.trainable}
    stage = kt.Stage("adapters", adapters=METHODS[method], **settings)
    kt.fine_tune(
        model,
        (x, y),
        plan=kt.Plan("adapters", [stage]),
        batch_size=network.sample_count,
        callbacks=[turns],
        verbose=0,
    )
    return {told: values[_LEFT_OUT:] for told, values in turns.seconds.items()}


def largest(network: str, method: str, told: str, steps: int) -> float:
    """The largest resident size, in MiB, of a process in which one contestant trains."""
    arguments = ["--network", network, "--methods", method, "--steps", str(steps), "--alone", told]
    finished = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
    )
    return float(json.loads(finished.stdout.splitlines()[-1]))


def alone(network: Any, method: str, told: str, steps: int) -> None:
    """Train one contestant, and print the largest resident size in MiB."""
    if told == "fine_tune":
        trained(network, method, steps, {})
    else:
        step = contestants(network, method)[told]()
        for _ in range(steps):
            step()
    # `getrusage` would count what the process that started this one held.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(json.dumps(int(status["VmHWM"].split()[0]) / 1024))


def main() -> None:
    """Measure, print, and write the rows of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=NETWORKS, default="minilm")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["lora"])
    parser.add_argument("--steps", type=int, default=15, help="of each method (15)")
    parser.add_argument("--memory", action="store_true", help="too, in processes of their own")
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    options = parser.parse_args()
    name, network = options.network, NETWORKS[options.network]
    if options.alone:
        alone(network, options.methods[0], options.alone, options.steps)
        return
    rows = []
    for method in options.methods:
        others = {told: make() for told, make in contestants(network, method).items()}
        seconds = trained(network, method, options.steps, others)
        del others
        own = seconds.pop("fine_tune")
        ours = f"{largest(name, method, 'fine_tune', 4):.0f} MiB" if options.memory else "–"
        for told, values in seconds.items():
            theirs = f"{largest(name, method, told, 4):.0f} MiB" if options.memory else "–"
            ratio = spread([a / b for a, b in zip(own, values, strict=True)])
            times = (f"{1000 * median(own):.4g} ms", f"{1000 * median(values):.4g} ms", ratio)
            rows.append((name, method, keras.config.backend(), told, *times, ours, theirs))
    columns = ("network", "adapters", "backend", "rival", "fine_tune", "rival's step", "ratio")
    columns += ("fine_tune, largest resident", "rival's")
    networks = "; ".join(f"`{one}` is {held.told}" for one, held in NETWORKS.items())
    about = (
        "Time of a step of `fine_tune` with adapters of rank 8 on query and value (IA³: key and "
        f"value) ÷ time of the rival's, median and quartiles over the steps: {networks}."
    )
    publish(Measured("Adapters", about, columns, rows), keys=4, writes=options.write)


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "torch")
    main()
