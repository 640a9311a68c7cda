"""Training steps of adapters against PEFT's and Keras' own, step by step by turns; and memory.

Within one training by `fine_tune` with adapters on the query and the value of a BERT of MiniLM's
size, each step is followed by one of every rival, see `training_steps.py`. With `--memory`, each
contestant trains in a process of its own, of which the largest resident size is told. On PyTorch
it needs `pip install peft transformers`.

    KERAS_BACKEND=torch python tools/benchmarks/adapters.py --methods lora dora ia3
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


def built() -> tuple[keras.Model, Any]:
    """A new network with a head of ten classes, and the head."""
    keras.utils.set_random_seed(0)
    head = kt.heads.Classification(tuple("abcdefghij"))
    return kt.heads.attach(minilm().body(), head, pooling="mean"), head


def batch() -> tuple[Any, np.ndarray]:
    """32 texts of 64 tokens, with their classes."""
    classes = np.random.default_rng(1).integers(0, 10, 32)
    return minilm().inputs, np.eye(10, dtype="float32")[classes]


def by_keras() -> rivals.Rival:
    """A step by hand with the adapters that Keras itself makes."""
    model, head = built()
    for layer in kt.backends.nested_layers(model):
        if layer.name in ("query", "value"):
            layer.enable_lora(_RANK)
    kt.tuning.train_only(model, "adapters | head")
    return rivals.same_network(model, head.loss(), *batch())


def by_peft(method: str) -> rivals.Rival:
    """A step of PEFT's adapters in Transformers' network."""
    import peft

    targets = ["key", "value"] if method == "ia3" else ["query", "value"]
    settings: Any = (
        peft.IA3Config(target_modules=targets, feedforward_modules=[])
        if method == "ia3"
        else peft.LoraConfig(r=_RANK, target_modules=targets, use_dora=method == "dora")
    )
    x, y = batch()
    network = rivals.bert_classifier(6, 12, 384, 10)
    peft.inject_adapter_in_model(settings, network.bert)
    for name, parameter in network.named_parameters():
        parameter.requires_grad = name.startswith("classify") or "lora_" in name or "ia3_" in name
    return rivals.torch_loop(network, x, y)


def contestants(method: str) -> dict[str, Callable[[], rivals.Rival]]:
    """The rivals of a method on this backend, by name, each made when it is called."""
    found: dict[str, Callable[[], rivals.Rival]] = {}
    if method == "lora":
        found["Keras' own adapters by hand"] = by_keras
    if keras.config.backend() == "torch":
        found["PEFT"] = partial(by_peft, method)
    return found


def trained(method: str, steps: int, others: dict[str, rivals.Rival]) -> dict[str, list[float]]:
    """The seconds of each step of `fine_tune`, and of each rival's."""
    model, head = built()
    turns = Turns(others)
    x, y = keras.tree.map_structure(lambda one: np.concatenate([one] * steps), batch())
    model.compile(loss=head.loss())
    settings = {"epochs": 1, "learning_rate": 1e-4, "trainable": "adapters | head"}
    stage = kt.Stage("adapters", adapters=METHODS[method], **settings)
    kt.fine_tune(
        model,
        (x, y),
        plan=kt.Plan("adapters", [stage]),
        batch_size=32,
        callbacks=[turns],
        verbose=0,
    )
    return {told: values[_LEFT_OUT:] for told, values in turns.seconds.items()}


def largest(method: str, told: str, steps: int) -> float:
    """The largest resident size, in MiB, of a process in which one contestant trains."""
    arguments = ["--methods", method, "--steps", str(steps), "--alone", told]
    finished = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
    )
    return float(json.loads(finished.stdout.splitlines()[-1]))


def alone(method: str, told: str, steps: int) -> None:
    """Train one contestant, and print the largest resident size in MiB."""
    if told == "fine_tune":
        trained(method, steps, {})
    else:
        step = contestants(method)[told]()
        for _ in range(steps):
            step()
    # `getrusage` would count what the process that started this one held.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(json.dumps(int(status["VmHWM"].split()[0]) / 1024))


def main() -> None:
    """Measure, print, and write the rows of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["lora"])
    parser.add_argument("--steps", type=int, default=15, help="of each method (15)")
    parser.add_argument("--memory", action="store_true", help="too, in processes of their own")
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        alone(options.methods[0], options.alone, options.steps)
        return
    rows = []
    for method in options.methods:
        seconds = trained(
            method, options.steps, {told: make() for told, make in contestants(method).items()}
        )
        own = seconds.pop("fine_tune")
        ours = f"{largest(method, 'fine_tune', 4):.0f} MiB" if options.memory else "–"
        for told, values in seconds.items():
            theirs = f"{largest(method, told, 4):.0f} MiB" if options.memory else "–"
            ratio = spread([a / b for a, b in zip(own, values, strict=True)])
            times = (f"{1000 * median(own):.4g} ms", f"{1000 * median(values):.4g} ms", ratio)
            rows.append((method, keras.config.backend(), told, *times, ours, theirs))
    columns = ("adapters", "backend", "rival", "fine_tune", "rival's step", "ratio")
    columns += ("fine_tune, largest resident", "rival's")
    about = (
        "Time of a step of `fine_tune` with adapters of rank 8 on query and value (IA³: key and "
        "value) of a BERT of MiniLM's size, 32 texts of 64 tokens ÷ time of the rival's, median "
        "and quartiles over the steps."
    )
    publish(Measured("Adapters", about, columns, rows), keys=3, writes=options.write)


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "torch")
    main()
