"""The options of `kerastune params`, read without starting a framework."""

import argparse
from pathlib import Path

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

A shape for the inputs may follow, for --flops, --memory and --batch-size:
  bert_base:128 applications:ResNet50:224,224,3    without the batch axis

examples:
  kerastune params applications:ResNet50 applications:VGG16 --html report.html
  kerastune params before.keras after.keras --by layer --diff
  kerastune params bert_base --plans 'full,head_only,last(2),lora(8)' --optimizer adamw
  kerastune params --layers dense,conv2d,lstm,transformer --inputs 64 --units 128
  kerastune params model.keras --max-trainable 1_000_000
"""

LAYER_SIZES = (
    "inputs",
    "units",
    "kernel_size",
    "groups",
    "heads",
    "key_value_heads",
    "sequence_lengths",
    "image_sizes",
)
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
    "optimizer": ("plans", "memory"),
    "precision": ("plans", "memory"),
    "batch_size": ("plans", "memory", "flops"),
    "by": ("models",),
    "diff": ("models",),
    "plans": ("models",),
    "flops": ("models",),
    "memory": ("models",),
    "max_trainable": ("models",),
    "trust": ("models",),
    "recipe": ("models",),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `kerastune params`.

    Args:
        parser: the parser of the subcommand.

    Example:

    >>> parser = argparse.ArgumentParser()
    >>> add_options(parser)
    >>> parser.parse_args(["lenet", "--max-trainable", "1_000_000"]).max_trainable
    1000000
    """
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("models", nargs="*", metavar="MODEL", help="what to count: see below")
    _add_tables(parser)
    _add_layers(parser)
    _add_cost(parser)
    files = parser.add_argument_group("output, beside the terminal")
    for name in _SUFFIXES:
        files.add_argument(
            f"--{name}", type=Path, metavar="FILE", help=f"write the tables as {name}"
        )
    parser.add_argument(
        "--max-trainable",
        type=_whole_number,
        metavar="N",
        help="exit with status 1 if more parameters train, in any model or plan",
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="build models whose configuration names Lambda layers or classes outside Keras; "
        "that runs code from the file",
    )
    parser.add_argument(
        "--recipe", metavar="FILE", help="a Python file to import first, for classes of your own"
    )
    parser.add_argument(
        "--backend", help="tensorflow, jax or torch; the numbers are the same on each"
    )


def _add_tables(parser: argparse.ArgumentParser) -> None:
    """Which tables to make of the models."""
    tables = parser.add_argument_group("tables")
    tables.add_argument(
        "--by", choices=("weight", "layer", "group", "depth"), help="split each model"
    )
    tables.add_argument(
        "--depth", type=_positive, metavar="N", help="for --by depth: how many layers down to open"
    )
    tables.add_argument(
        "--diff", action="store_true", help="what differs between two models, by --by (or by layer)"
    )
    tables.add_argument(
        "--plans",
        metavar="PLANS",
        help="what trains in tuning plans: names, patterns, YAML files, lora(RANK)",
    )
    tables.add_argument("--flops", action="store_true", help="MACs and FLOPs, forward and backward")
    tables.add_argument("--memory", action="store_true", help="the memory that training takes")


def _add_layers(parser: argparse.ArgumentParser) -> None:
    """What to compare kinds of layers at."""
    layers = parser.add_argument_group("kinds of layers")
    layers.add_argument("--layers", metavar="KINDS", help="compare kinds of layers, or `all`")
    layers.add_argument("--inputs", type=_positive, metavar="N", help="width that goes in")
    layers.add_argument("--units", type=_positive, metavar="N", help="width that comes out")
    layers.add_argument("--kernel-size", type=_positive, metavar="N", help="of convolutions (3)")
    layers.add_argument("--groups", type=_positive, metavar="N", help="of convolutions (4)")
    layers.add_argument("--heads", type=_positive, metavar="N", help="of attention (8)")
    layers.add_argument(
        "--key-value-heads", type=_positive, metavar="N", help="of grouped-query attention (2)"
    )
    layers.add_argument("--no-bias", action="store_true", help="layers without biases")
    layers.add_argument(
        "--sequence-lengths", type=_positives, metavar="N,N", help="of one sample (64)"
    )
    layers.add_argument(
        "--image-sizes", type=_positives, metavar="N,N", help="side of an image, in pixels (8)"
    )


def _add_cost(parser: argparse.ArgumentParser) -> None:
    """What the cost of training depends on."""
    cost = parser.add_argument_group("what training costs")
    cost.add_argument("--optimizer", metavar="NAME", help="sgd, momentum, adamw, adafactor, …")
    cost.add_argument("--precision", metavar="NAME", help="float32, mixed_bfloat16, …")
    cost.add_argument("--batch-size", type=_positive, metavar="N", help="samples a step")
    cost.add_argument(
        "--input-shape",
        action="append",
        metavar="SHAPE",
        help="what a model leaves open: 128, or 224,224,3, or token_ids=128; without the batch",
    )


def check_options(options: argparse.Namespace) -> None:
    """Refuse what cannot be done, or would be ignored, before anything is counted.

    Args:
        options: what the parser read.

    Raises:
        InputError: in one line, with what to do.

    Example:

    >>> parser = argparse.ArgumentParser()
    >>> add_options(parser)
    >>> check_options(parser.parse_args([]))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected models to count, or --layers. Received: neither. ...
    """
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
    for name, suffixes in _SUFFIXES.items():
        check_output(getattr(options, name), suffixes, f"--{name}")


def _refuse_unused(options: argparse.Namespace) -> None:
    """Refuse options that nothing asked for would use."""
    for option, wanted in _USED_BY.items():
        if _is_given(options, option) and not any(_is_given(options, name) for name in wanted):
            names = " or ".join("models" if name == "models" else f"--{name}" for name in wanted)
            raise InputError(
                f"Expected --{option.replace('_', '-')} only with {names}. Received: it alone"
            )
    uses_shapes = any(_is_given(options, name) for name in ("flops", "memory", "batch_size"))
    # A function of one's own may wait for its input to make its weights.
    if options.input_shape and not uses_shapes and ":" not in "".join(options.models):
        raise InputError(
            "Expected --input-shape only with --flops, --memory or --batch-size. Received: it alone"
        )
    if options.depth and options.by != "depth":
        raise InputError(f"Expected --depth only with --by depth. Received: --by {options.by}")


def _is_given(options: argparse.Namespace, option: str) -> bool:
    """Whether an option is there, whatever its value."""
    return getattr(options, option) not in (None, False, [])


def _whole_number(text: str) -> int:
    """A number that is not negative; underscores may group its digits."""
    return _number(text, 0)


def _positive(text: str) -> int:
    """A number of at least one."""
    return _number(text, 1)


def _positives(text: str) -> list[int]:
    """Numbers of at least one, with commas between them."""
    return [_number(part, 1) for part in text.split(",")]


def _number(text: str, lowest: int) -> int:
    """A whole number that is not too low."""
    try:
        number = int(text)
    except ValueError:
        number = lowest - 1
    if number < lowest:
        raise argparse.ArgumentTypeError(
            f"Expected a whole number of at least {lowest}. Received: {text!r}"
        )
    return number
