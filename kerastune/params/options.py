"""The options of `kerastune params`, read without starting a framework."""

import argparse
from pathlib import Path

from kerastune.batch_sizes import memory_size
from kerastune.errors import InputError
from kerastune.files import check_output

EPILOG = """\
A model is one of:
  lenet, mlp_784_128_10, bert_base, llama3_8b, …   a network known by name
  recipe:lenet, recipe:my_recipe.py:name           the model of a recipe; no sample is read
  applications:ResNet50, applications:all          of keras.applications
  keras_hub:bert_base_en_uncased                   a preset of KerasHub, its configuration only
  keras_hub:BertBackbone(num_layers=12, …)         a class of KerasHub with its arguments
  bert/config.json                                 a configuration from Hugging Face
  model.keras, model.json                          a Keras model, or its configuration
  model.weights.h5, model.safetensors              a file of weights, by its header
  runs/reviews                                     a run directory
  module:function, file.py:function                a function of yours that builds a model

A shape for the inputs may follow, for --flops, --memory, --fit and --batch_size:
  bert_base:128 applications:ResNet50:224,224,3    without the batch axis

examples:
  kerastune params applications:ResNet50 applications:VGG16 --html report.html
  kerastune params before.keras after.keras --by layer --diff
  kerastune params bert_base --plans 'full,head_only,last(2),lora(8)' --optimizer adamw
  kerastune params --layers dense,conv2d,lstm,transformer --inputs 64 --units 128
  kerastune params bert_base:128 --fit 24GiB --plans 'full,lora(8)' --optimizer adamw,sgd
  kerastune params model.keras --max_trainable 1_000_000
"""

LAYER_SIZES = {
    "inputs": "width that goes in",
    "units": "width that comes out",
    "kernel_size": "of convolutions (3)",
    "groups": "of convolutions (4)",
    "heads": "of attention (8)",
    "key_value_heads": "of grouped-query attention (2)",
    "sequence_lengths": "of one sample (64)",
    "image_sizes": "side of an image, in pixels (8)",
}
# The suffix keeps a slip of the hand from writing a table over a model.
_SUFFIXES = {
    "json": (".json",),
    "csv": (".csv",),
    "html": (".html", ".htm"),
    "markdown": (".md", ".markdown"),
}
# What an option is for; on its own it would be ignored.
_USED_BY = {
    **dict.fromkeys((*LAYER_SIZES, "no_bias"), ("layers",)),
    "optimizer": ("plans", "memory", "fit"),
    "precision": ("plans", "memory", "fit"),
    "batch_size": ("plans", "memory", "flops"),
    **dict.fromkeys(
        ("by", "diff", "plans", "flops", "memory", "fit", "max_trainable", "trust", "recipe"),
        ("models",),
    ),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `kerastune params`, whose parser may take hyphens for underscores."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("models", nargs="*", metavar="MODEL", help="what to count: see below")
    _add_tables(parser)
    _add_layers(parser)
    _add_cost(parser)
    files = parser.add_argument_group("output, beside the terminal")
    for name in _SUFFIXES:
        about = f"write the tables as {name}"
        files.add_argument(f"--{name}", type=Path, metavar="FILE", help=about)
    about = "exit with status 1 if more parameters train, in any model or plan"
    parser.add_argument("--max_trainable", type=_whole_number, metavar="N", help=about)
    about = (
        "build models whose configuration names Lambda layers or classes outside Keras; "
        "that runs code from the file"
    )
    parser.add_argument("--trust", action="store_true", help=about)
    about = "a Python file to import first, for classes of your own"
    parser.add_argument("--recipe", metavar="FILE", help=about)
    about = "jax, tensorflow or torch; the numbers are the same on each, and jax starts quickest"
    parser.add_argument("--backend", help=about)


def _add_tables(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("tables").add_argument
    add("--by", choices=("weight", "layer", "group", "depth"), help="split each model")
    about = "for --by depth: how many layers down to open"
    add("--depth", type=_positive, metavar="N", help=about)
    about = "what differs between two models, by --by (or by layer)"
    add("--diff", action="store_true", help=about)
    about = "what trains in tuning plans: names, patterns, YAML files, lora(RANK)"
    add("--plans", metavar="PLANS", help=about)
    add("--flops", action="store_true", help="MACs and FLOPs, forward and backward")
    add("--memory", action="store_true", help="the memory that training takes")
    about = (
        "the largest batches in so much memory: 80GiB, 16GB, or `auto` for what is free here; by "
        "--plans, --precision and --optimizer, each of which may be several: adamw,sgd"
    )
    add("--fit", metavar="MEMORY", help=about)


def _add_layers(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("kinds of layers").add_argument
    add("--layers", metavar="KINDS", help="compare kinds of layers, or `all`")
    for name, about in LAYER_SIZES.items():
        if name in ("sequence_lengths", "image_sizes"):
            add(f"--{name}", type=_positives, metavar="N,N", help=about)
        else:
            add(f"--{name}", type=_positive, metavar="N", help=about)
    add("--no_bias", action="store_true", help="layers without biases")


def _add_cost(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("what training costs").add_argument
    add("--optimizer", metavar="NAME", help="sgd, momentum, adamw, adafactor, …")
    add("--precision", metavar="NAME", help="float32, mixed_bfloat16, …")
    add("--batch_size", type=_positive, metavar="N", help="samples a step")
    about = "what a model leaves open: 128, or 224,224,3, or token_ids=128; without the batch"
    add("--input_shape", action="append", metavar="SHAPE", help=about)


def check_options(options: argparse.Namespace) -> None:
    """Refuse what cannot be done, or would be ignored, before anything is counted."""
    if bool(options.models) == bool(options.layers):
        received = "both" if options.layers else "neither"
        raise InputError(
            f"Expected models to count, or --layers. Received: {received}. "
            "See: kerastune params --help"
        )
    if options.diff and len(options.models) != 2:
        raise InputError(f"Expected two models for --diff. Received: {len(options.models)}")
    if options.layers and not (options.inputs and options.units):
        raise InputError(
            "Expected --inputs and --units with --layers. "
            f"Received: inputs={options.inputs}, units={options.units}"
        )
    _refuse_unused(options)
    if options.fit not in (None, "auto"):
        memory_size(options.fit)
    if options.fit and (options.max_trainable is not None):
        raise InputError(
            "Expected --fit or --max_trainable, which ask for other plans. Received: both"
        )
    for name, suffixes in _SUFFIXES.items():
        check_output(getattr(options, name), suffixes, f"--{name}")


def _refuse_unused(options: argparse.Namespace) -> None:
    """Refuse options that nothing asked for would use."""
    given = {name for name, value in vars(options).items() if value not in (None, False, [])}
    for option, wanted in _USED_BY.items():
        if option in given and not given.intersection(wanted):
            names = " or ".join("models" if name == "models" else f"--{name}" for name in wanted)
            raise InputError(f"Expected --{option} only with {names}. Received: it alone")
    # A function of one's own may wait for its input to make its weights.
    uses_shapes = given & {"flops", "memory", "fit", "batch_size"} or ":" in "".join(options.models)
    if options.input_shape and not uses_shapes:
        raise InputError(
            "Expected --input_shape only with --flops, --memory, --fit or --batch_size. "
            "Received: it alone"
        )
    if options.depth and options.by != "depth":
        raise InputError(f"Expected --depth only with --by depth. Received: --by {options.by}")


def _whole_number(text: str, lowest: int = 0) -> int:
    """A whole number that is not too low; underscores may group its digits."""
    try:
        number = int(text)
    except ValueError:
        number = lowest - 1
    if number < lowest:
        raise argparse.ArgumentTypeError(
            f"Expected a whole number of at least {lowest}. Received: {text!r}"
        )
    return number


def _positive(text: str) -> int:
    return _whole_number(text, 1)


def _positives(text: str) -> list[int]:
    return [_positive(part) for part in text.split(",")]
