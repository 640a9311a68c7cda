"""Which runs go into a greedy soup."""

import math
from collections.abc import Callable, Sequence


def ranked(scores: Sequence[float]) -> list[int]:
    """Returns the positions of scores, the highest first; of equal ones the earlier first.

    Args:
        scores: sequence of float. NaN comes last.

    Example:

    >>> ranked([0.5, math.nan, 0.9])
    [2, 0, 1]
    """
    return sorted(
        range(len(scores)),
        key=lambda place: math.inf if math.isnan(scores[place]) else -scores[place],
    )


def greedy_choice(
    scores: Sequence[float], score_of: Callable[[tuple[int, ...]], float]
) -> tuple[int, ...]:
    """Returns the members of a greedy soup, in the order in which they joined it.

    The best comes first; each of the others stays if the mean with it scores no worse than the
    mean without. So the score is never below the highest of a single member.

    Args:
        scores: sequence of float, that of each member alone, where more is better.
        score_of: function from the positions of two or more members to the score of their mean.

    Returns:
        Tuple of int, positions in `scores`.

    Source:
        Wortsman et al., 2022, "Model soups: averaging weights of multiple fine-tuned models
        improves accuracy without increasing inference time", recipe 1,
        https://arxiv.org/abs/2203.05482

    Example:

    >>> greedy_choice([0.7, 0.9, 0.8], lambda members: 0.95 if len(members) == 2 else 0.6)
    (1, 2)
    """
    first, *others = ranked(scores)
    members: tuple[int, ...] = (first,)
    reached = scores[first]
    for place in others:
        score = score_of((*members, place))
        if score >= reached:
            members, reached = (*members, place), score
    return members
