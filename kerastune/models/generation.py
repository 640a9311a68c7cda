"""Text that goes on from prompts, one token after the other, with a cache of keys and values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerastune.backends.jit_compile import step_compilation
from kerastune.errors import InputError
from kerastune.models.packed_language_model import family_of
from kerastune.models.presets import import_keras_hub


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn from its probabilities.

    Args:
        temperature: float of at least 0, by which logits are divided; 0 takes the most probable
            token. Defaults to 1.
        top_k: int, how many of the most probable tokens are drawn from; None for all. Defaults
            to None.
        top_p: float above 0, at most 1: of the most probable tokens as many are drawn from as
            have this probability together, behind `top_k`; None for all. Defaults to None.
        seed: int, of the random numbers. They differ from backend to backend. Defaults to 0.

    Raises:
        InputError: if a value is out of its range.

    Reference:
        Holtzman et al., 2020, "The Curious Case of Neural Text Degeneration", for top-p,
        https://arxiv.org/abs/1904.09751;
        Fan et al., 2018, "Hierarchical Neural Story Generation", for top-k,
        https://arxiv.org/abs/1805.04833

    Example:

    >>> Sampling(temperature=0).temperature
    0
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        is_wrong = (
            not 0 <= self.temperature < float("inf")
            or (self.top_k is not None and self.top_k < 1)
            or (self.top_p is not None and not 0 < self.top_p <= 1)
        )
        if is_wrong:
            raise InputError(
                "Expected a temperature of at least 0, top_k of at least 1, and top_p above 0 and "
                f"at most 1. Received: temperature={self.temperature}, top_k={self.top_k}, "
                f"top_p={self.top_p}"
            )

    def sampler(self, vocabulary_size: int) -> Any:
        """Returns the sampler of KerasHub.

        Args:
            vocabulary_size: int, the number of tokens, which `top_k` may exceed.
        """
        samplers = import_keras_hub("Generating text").samplers
        if self.temperature == 0:
            return samplers.GreedySampler()
        settings = {"temperature": self.temperature, "seed": self.seed}
        top_k = None if self.top_k is None else min(self.top_k, vocabulary_size)
        if self.top_p is not None:
            return samplers.TopPSampler(p=self.top_p, k=top_k, **settings)
        if top_k is not None:
            return samplers.TopKSampler(k=top_k, **settings)
        return samplers.RandomSampler(**settings)


def generate(
    backbone: keras.Model,
    prompts: Sequence[Sequence[int]],
    *,
    end: int,
    most_tokens: int,
    sampling: Sampling,
    longest: int,
) -> list[list[int]]:
    """Returns how each prompt goes on, by KerasHub's generation.

    Args:
        backbone: a `GPT2Backbone` or `LlamaBackbone`, trained.
        prompts: sequence of sequences of int, tokens with the one that starts a text; computed
            in one batch.
        end: int, the token that ends a text.
        most_tokens: int, the most tokens to add.
        sampling: the `Sampling`.
        longest: int, the most tokens of a prompt and its continuation that the model takes.

    Returns:
        List of lists of int, the tokens behind each prompt, without the one that ends it.

    Raises:
        InputError: if a prompt leaves no room for a token.

    Example:

    >>> from kerastune.models import decoder
    >>> backbone = decoder("gpt2", vocabulary_size=9, layers=1, heads=1, width=4)
    >>> greedy = Sampling(temperature=0)
    >>> added = generate(backbone, [[2, 5]], end=3, most_tokens=4, sampling=greedy, longest=16)
    >>> len(added[0]) <= 4
    True
    """
    too_long = [len(prompt) for prompt in prompts if len(prompt) >= longest]
    if too_long:
        raise InputError(
            f"Expected prompts of at most {longest - 1} tokens, the one that starts a text "
            f"included. Received: one of {too_long[0]}. Give its last part"
        )
    rows = min(max(map(len, prompts)) + most_tokens, longest)
    # KerasHub would take the token that ends a text for an end also where it only fills a row.
    token_ids = np.full((len(prompts), rows), int(end == 0), "int32")
    is_given = np.zeros((len(prompts), rows), "bool")
    for row, prompt in enumerate(prompts):
        token_ids[row, : len(prompt)] = prompt
        is_given[row, : len(prompt)] = True
    task = _task(backbone, sampling)
    found = task.generate({"token_ids": token_ids, "padding_mask": is_given}, stop_token_ids=[end])
    added = []
    for row, prompt in zip(np.asarray(found["token_ids"]), prompts, strict=True):
        tokens = row[len(prompt) : len(prompt) + most_tokens].tolist()
        added.append(tokens[: tokens.index(end)] if end in tokens else tokens)
    return added


def _task(backbone: keras.Model, sampling: Sampling) -> Any:
    """Returns KerasHub's task around the backbone, whose layers have a cache."""
    models = import_keras_hub("Generating text").models
    task = getattr(models, f"{family_of(backbone)}CausalLM")(backbone, preprocessor=None)
    sampler = sampling.sampler(backbone.vocabulary_size)
    task.compile(sampler=sampler, jit_compile=step_compilation("auto"))
    return task
