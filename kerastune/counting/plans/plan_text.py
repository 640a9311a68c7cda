"""The language of plans to compare: text in, what trains in each stage out."""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, closest
from kerastune.tuning import PLANS, named_plan
from kerastune.tuning.patterns.grammar import parse

if TYPE_CHECKING:
    import keras

_CALL = re.compile(r"\s*(?P<name>\w+)\s*\((?P<inside>.*)\)\s*", re.DOTALL)
_LORA = re.compile(r"\s*(?P<rank>[^,]*?)\s*(?:,(?P<layers>.*))?", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
# Enough for gradual unfreezing to show all of its stages. What a plan costs depends neither
# on its epochs nor on its rates.
_EPOCHS = 9
_RATE = 1e-3
# A stage's `sgd` has momentum, and so something to remember.
_OPTIMIZERS = {"sgd": "momentum"}


@dataclass(frozen=True)
class Choice:
    """What trains in one stage of a plan.

    Args:
        plan: str, the plan as it was asked for.
        stage: str, the stage's name, or None if it is the plan's only one.
        trainable: str, the pattern of what trains, or None for the head alone, beside
            adapters.
        rank: int, the rank of the adapters, or None without.
        layers: str, the pattern of the layers to adapt, or None for the usual ones.
        optimizer: what the plan trains with, a str or a Keras optimizer as
            `kerastune.counting.training_memory` has it, or None if it does not say.
        batch_norm: str, as for `kerastune.tuning.freeze`.
        dropout: str, as for `kerastune.tuning.freeze`.

    Example:

    >>> Choice("lora(8)", rank=8).name
    'lora(8)'
    """

    plan: str
    stage: str | None = None
    trainable: str | None = None
    rank: int | None = None
    layers: str | None = None
    optimizer: "str | keras.optimizers.Optimizer | None" = None
    batch_norm: str = "inference"
    dropout: str = "on"

    @property
    def name(self) -> str:
        """str, what to call it in a table."""
        return self.plan if self.stage is None else f"{self.plan}: {self.stage}"


def split_plans(text: str) -> list[str]:
    """The plans in a text, which has commas between them.

    Args:
        text: str. Commas within parentheses, brackets and quotes part nothing.

    Returns:
        List of str, at least one, without the spaces around them.

    Raises:
        InputError: if a plan is empty, or something is opened and not closed.

    Example:

    >>> split_plans('full, last(2), lora(8, "query, value")')
    ['full', 'last(2)', 'lora(8, "query, value")']
    """
    plans, start, expected = [], 0, ""
    for place, character in enumerate(text):
        if expected[-1:] in ("'", '"'):
            expected = expected.removesuffix(character)
        elif character in "\"'":
            expected += character
        elif character in "([":
            expected += {"(": ")", "[": "]"}[character]
        elif character in ")]":
            if not expected.endswith(character):
                raise InputError(
                    f"Expected plans in which what closes was opened. Received: {text!r}, with "
                    f"{character!r} at character {place + 1}"
                )
            expected = expected[:-1]
        elif character == "," and not expected:
            plans.append(text[start:place].strip())
            start = place + 1
    plans.append(text[start:].strip())
    if expected:
        raise InputError(
            f"Expected plans in which what opens is closed. Received: {text!r}, without "
            f"{expected[-1]!r} at its end"
        )
    if not all(plans):
        raise InputError(
            f"Expected plans with commas between them, as in `full,last(2),lora(8)`. "
            f"Received: {text!r}"
        )
    return plans


def read_plan(text: str) -> list[Choice]:
    """What trains in each stage of a plan.

    - `full`, `head_only` and all others of `kerastune.tuning.PLANS`;
    - `plan.yaml`: a plan in a file;
    - `lora(8)`: adapters of rank 8 beside the query and the value of every attention, and
      the head; `lora(8, "attention & kernels")`: beside what a pattern names;
    - everything else is a pattern of what trains, see `kerastune.tuning.match`.

    Args:
        text: str, one plan.

    Returns:
        List of `Choice`, one for each stage.

    Raises:
        InputError: if the text is none of these.

    Example:

    >>> [choice.trainable for choice in read_plan("linear_probe_then_fine_tune")]
    ['head', 'all']
    >>> read_plan('lora(4, "query|value")')[0].layers
    'query|value'
    """
    text = text.strip()
    if text in PLANS or text.endswith((".yaml", ".yml")):
        stages = named_plan(text, epochs=_EPOCHS, learning_rate=_RATE).stages
        return [
            Choice(
                text,
                stage.name if len(stages) > 1 else None,
                stage.trainable,
                optimizer=_counted(stage.optimizer),
                batch_norm=stage.batch_norm,
                dropout=stage.dropout,
            )
            for stage in stages
        ]
    call = _CALL.fullmatch(text)
    if re.match(r"lora\s*(\(|$)", text):
        return [_lora(text, call["inside"] if call else "")]
    if call and call["name"] not in ("first", "last"):
        known = [*PLANS, "lora", "first", "last"]
        raise InputError(
            f"Expected a plan out of {', '.join(PLANS)}, or `lora(8)`, a YAML file or a pattern "
            f"such as `last(2)`. Received: {text!r}.{closest(call['name'].lower(), known)}"
        )
    parse(text)
    return [Choice(text, trainable=text)]


def _counted(optimizer: "str | keras.optimizers.Optimizer") -> Any:
    """A stage's optimizer as counting has it."""
    return _OPTIMIZERS.get(optimizer, optimizer) if isinstance(optimizer, str) else optimizer


def _lora(text: str, inside: str) -> Choice:
    """The choice of adapters, from what is between the parentheses."""
    given = _LORA.fullmatch(inside)
    if given is None or not re.fullmatch(r"[0-9]+", given["rank"]) or not int(given["rank"]):
        raise InputError(
            "Expected `lora(rank)` or `lora(rank, layers)` with a rank that is a whole number "
            f"from 1, as in `lora(8)`. Received: {text!r}"
        )
    choice = Choice(text, rank=int(given["rank"]))
    if given["layers"] is None:
        return choice
    layers = given["layers"].strip()
    if _QUOTED.fullmatch(layers):
        layers = layers[1:-1]
    parse(layers)
    return replace(choice, layers=layers)
