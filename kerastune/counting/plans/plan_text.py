"""The language of plans to compare: text in, what trains in each stage out."""

import re
from dataclasses import dataclass
from typing import Any

from kerastune.errors import InputError, closest
from kerastune.tuning import PLANS, LoRA, Stage, named_plan
from kerastune.tuning.patterns.grammar import parse
from kerastune.tuning.plans.named import TAKE_A_NUMBER
from kerastune.tuning.plans.with_adapters import TRAINABLE

_CALL = re.compile(r"\s*(?P<name>\w+)\s*\((?P<inside>.*)\)\s*", re.DOTALL)
_LORA = re.compile(r"\s*(?P<rank>[^,]*?)\s*(?:,(?P<layers>.*))?", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
# Enough for gradual unfreezing to show all of its stages. What a plan costs depends neither
# on its epochs nor on its rates.
_EPOCHS = 9
_RATE = 1e-3


@dataclass(frozen=True)
class PlanStage:
    """One stage of a plan and what to call it in a table."""

    plan: str
    name: str
    stage: Stage


def split_plans(text: str) -> list[str]:
    """The plans in a text, which has commas between them, and others in brackets and quotes."""
    plans, start, expected = [], 0, ""
    for place, character in enumerate(text):
        if expected[-1:] in ("'", '"'):
            expected = expected.removesuffix(character)
        elif character in "\"'([":
            expected += {"(": ")", "[": "]"}.get(character, character)
        elif character in ")]":
            if not expected.endswith(character):
                raise InputError(
                    f"Expected balanced brackets. Received: {text!r}, with an unbalanced "
                    f"{character!r} at character {place + 1}"
                )
            expected = expected[:-1]
        elif character == "," and not expected:
            plans.append(text[start:place].strip())
            start = place + 1
    plans.append(text[start:].strip())
    if expected:
        raise InputError(
            f"Expected balanced brackets and quotes. Received: {text!r}, without "
            f"{expected[-1]!r} at its end"
        )
    if not all(plans):
        raise InputError(
            f"Expected plans with commas between them, as in `full,last(2),lora(8)`. "
            f"Received: {text!r}"
        )
    return plans


def read_plan(text: str) -> list[PlanStage]:
    """What trains in each stage of a plan.

    It is a name of `kerastune.tuning.PLANS`, of some with a number, or a YAML file; adapters of a
    rank beside the query and the value of every attention, `lora(8)`, or beside what a pattern
    names, `lora(8, "attention & kernels")`, and the head; or what a pattern names.
    """
    text = text.strip()
    if text in PLANS or text.endswith((".yaml", ".yml")):
        return _stages(text)
    call = _CALL.fullmatch(text)
    if call and call["name"] in TAKE_A_NUMBER:
        return _stages(text)
    if re.match(r"lora\s*\(", text):
        return [_lora(text, call["inside"] if call else "")]
    if call and call["name"] not in ("first", "last"):
        known = [*PLANS, "lora", "first", "last"]
        raise InputError(
            f"Expected a plan out of {', '.join(PLANS)}, or `lora(8)`, a YAML file or a pattern "
            f"such as `last(2)`. Received: {text!r}.{closest(call['name'].lower(), known)}"
        )
    parse(text)
    return [PlanStage(text, text, _stage(text))]


def _stages(text: str) -> list[PlanStage]:
    """The stages of a plan with a name or in a file."""
    stages = named_plan(text, epochs=_EPOCHS, learning_rate=_RATE).stages
    names = [f"{text}: {stage.name}" for stage in stages] if len(stages) > 1 else [text]
    return [PlanStage(text, name, stage) for name, stage in zip(names, stages, strict=True)]


def _lora(text: str, inside: str) -> PlanStage:
    """The stage of adapters, from what is between the parentheses."""
    given = _LORA.fullmatch(inside)
    if given is None or not re.fullmatch(r"[0-9]+", given["rank"]) or not int(given["rank"]):
        raise InputError(
            "Expected `lora(rank)` or `lora(rank, layers)` with a rank that is a whole number "
            f"from 1, as in `lora(8)`. Received: {text!r}"
        )
    layers = given["layers"]
    if layers is not None:
        layers = layers.strip()
        layers = layers[1:-1] if _QUOTED.fullmatch(layers) else layers
        parse(layers)
    adapters = LoRA(rank=int(given["rank"]), targets=layers)
    return PlanStage(text, text, _stage(TRAINABLE, adapters=adapters))


def _stage(trainable: str, **settings: Any) -> Stage:
    return Stage("stage", _EPOCHS, _RATE, trainable, **settings)
